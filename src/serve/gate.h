/* Who may ask: the checks that come before a request is looked at.
 *
 * A page of another site that the user's browser shows must not reach this server, whatever it tries: a form, a script,
 * a frame, a name of its own that leads to 127.0.0.1 (DNS rebinding). The order is: the request's form and size, Host,
 * Origin and Sec-Fetch-Site, the token. No header that would allow other origins is ever sent.
 */
#ifndef FOVEA_SERVE_GATE_H
#define FOVEA_SERVE_GATE_H

#include "serve/answer.h"
#include "serve/server.h"

/* What the checks look at; texts are lent, NULL where the header is not there. */
typedef struct fv__visitor {
  const char *method, *target;
  const char *host, *origin, *fetch_site, *fetch_mode, *token, *cookie;
  const char *content_length, *transfer_encoding;
  int hosts, lengths; /* how often Host and Content-Length were sent */
  int headers;
  size_t header_bytes;
} fv__visitor;

/* Whether the request may go on to a route. Otherwise the answer is filled in. A token in the target's query lets in
 * as well, and `*greets` then says that a cookie should be set. */
bool fv__gate_passes(const fv__server *server, const fv__visitor *visitor, const char *query_token, fv__answer *answer,
                     bool *greets);

/* Whether a name in Host is one of this server's. */
bool fv__gate_knows_host(const fv__server *server, const char *host);

/* Whether two texts are equal, in a time that does not tell where they differ. */
bool fv__gate_same(const char *a, const char *b);

#endif
