/* GET / and /FILE: the page, which is part of the program. */
#include <string.h>

#include "serve/page.h"
#include "serve/route.h"

static const fv__page_file *find(const char *name) {
  for (const fv__page_file *file = fv__page_files; file->path; file++)
    if (!strcmp(file->path + 1, name)) return file;
  return NULL;
}

static void show_file(fv__answer *answer, const char *name) {
  const fv__page_file *file = find(name);
  if (!file) {
    fv__answer_problem(answer, 404, "not_found", NULL, "there is nothing under this address");
    return;
  }
  fv__answer_lend(answer, file->type, file->bytes, file->size, NULL, NULL);
  answer->gzipped = file->gzipped;
  answer->cache = file->is_constant ? "public, max-age=31536000, immutable" : "no-cache";
}

static void front(fv__request *request, fv__answer *answer) {
  (void)request;
  show_file(answer, "index.html");
}

static void file(fv__request *request, fv__answer *answer) { show_file(answer, request->captures[0]); }

static const fv__route routes[] = {
    {.method = "GET", .path = "/", .handle = front}, {.method = "GET", .path = "/{file}", .handle = file}, {0}};

const fv__route_family fv__routes_page = {.routes = routes};
