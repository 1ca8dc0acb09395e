/* The page: files that are part of the program, made by web/'s build, or one plain page that says how to get them. The
 * build makes the table; see cmake/page.cmake. */
#ifndef FOVEA_SERVE_PAGE_H
#define FOVEA_SERVE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fv__page_file {
  const char *path; /* "/index.html", "/app-3F9A21BC.js" */
  const char *type; /* "text/html; charset=utf-8" */
  const unsigned char *bytes;
  size_t size;
  bool gzipped;     /* the bytes are compressed (RFC 1952) */
  const char *tag;  /* of their content: hexadecimal digits */
  bool is_constant; /* its name holds a checksum: never another content under this path */
} fv__page_file;

extern const fv__page_file fv__page_files[]; /* ended by one without path */

#endif
