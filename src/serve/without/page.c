/* Stands for the page where it was left out when fovea was built. */
#include "serve/page.h"

static const unsigned char text[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>fovea</title>\n"
    "<h1>The explorer's page is left out</h1>\n"
    "<p>This fovea was built without npm, which makes the page. Install it (tools/setup) and build again.</p>\n"
    "<p>The server itself works: <a href=\"/api/v1/hello\">/api/v1/hello</a>.</p>\n</html>\n";

const fv__page_file fv__page_files[] = {
    {"/index.html", "text/html; charset=utf-8", text, sizeof text - 1, false, "0", false}, {0}};
