/* What a family of routes is: one file src/serve/routes/NAME.c that ends in one constant `fv__routes_NAME`. The build
 * collects them by name; nothing else is edited.
 *
 *   static void show(fv__request *request, fv__answer *answer) { ... request->captures[0] ... }
 *   static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/models/{model}", .handle = show}, {0}};
 *   const fv__route_family fv__routes_models = {.routes = routes};
 *
 * Within a family the first route that fits is taken; "{layer}.npy" stands before "{layer}".
 */
#ifndef FOVEA_SERVE_ROUTE_H
#define FOVEA_SERVE_ROUTE_H

#include "serve/answer.h"
#include "serve/request.h"

typedef struct fv__route {
  const char *method; /* "GET" (HEAD comes with it), "POST", "DELETE" */
  const char *path;
  const char *takes; /* of a body: "application/json", or "image/" for any image */
  bool slow;         /* runs on one of the server's workers: whatever decodes, resizes, waits or reads more than some
                        thousand numbers. Others answer at once and must not wait */
  bool is_constant;  /* the answer follows from the address for ever: runs, pictures and models go by their content */
  void (*handle)(fv__request *request, fv__answer *answer);
} fv__route;

typedef struct fv__route_family {
  const fv__route *routes; /* ended by one without path */
} fv__route_family;

extern const fv__route_family *const fv__routes_table[]; /* made by the build, ended by NULL */

#endif
