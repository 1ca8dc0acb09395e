/* The explorer: a page in the browser that shows what every layer of a model sees. Part of libfovea-tools, which the
 * command uses.
 *
 *   fv_explore(model, &(fv_explore_options){.input_folder = "."});
 *
 * The server is for this machine alone: it listens on loopback addresses, and answers only pages of its own. Nothing is
 * sent anywhere, nothing is written. docs/explorer.md describes what it answers.
 */
#ifndef FOVEA_TOOLS_EXPLORE_H
#define FOVEA_TOOLS_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* A port that is free, chosen by the system. */
enum { FV_EXPLORE_ANY_PORT = -1 };

/* Zero is the default. Texts are copied. */
typedef struct fv_explore_options {
  const char *input_folder; /* pictures to choose from, with its subfolders; NULL: "." */
  int32_t port;             /* 0: 5000; FV_EXPLORE_ANY_PORT */
  const char *host;         /* address to listen on beside loopback, "0.0.0.0" for all; needs `token`. NULL: none */
  const char *token;        /* who does not know it gets nothing; NULL: none needed */
  bool upright;             /* turn pictures as their Exif orientation says; the network then sees them so, too */
  bool no_browser;          /* do not open the page */
  const char *watch;        /* log of a training (JSON lines, as `fovea train --log-file` writes it) to show; NULL */
  int64_t activation_limit; /* bytes of layers' outputs that are kept; 0: 512 MiB */
  int32_t threads;          /* that compute; 0: one per processor */
  const char *loading;      /* name of a model that will come with fv_explorer_give; NULL: none */
  void (*started)(void *context, const char *address); /* called once when it listens; NULL */
  bool (*keep_on)(void *context); /* fv_explore: asked several times a second; false ends it. NULL: never ends */
  void *context;
} fv_explore_options;

typedef struct fv_explorer fv_explorer;

/* Starts the server and returns. `model` may be NULL; it is lent and must outlive the explorer, and its weights do not
 * change meanwhile. Errors: FV_ERROR_IO when the port is taken or the folder cannot be read; FV_ERROR_INVALID for a
 * host without token; FV_ERROR_UNSUPPORTED when built without libmicrohttpd or where it is not installed;
 * FV_ERROR_MEMORY. `options` may be NULL. */
FV_API FV_CHECK fv_status fv_explorer_start(fv_explorer **explorer, fv_model *model, const fv_explore_options *options);

/* Ends it: clients are disconnected, work is stopped. NULL is fine. */
FV_API void fv_explorer_stop(fv_explorer *explorer);

/* "http://127.0.0.1:5000/", with the token where there is one. Lent. */
FV_API const char *fv_explorer_address(const fv_explorer *explorer);

/* Opens the page in the user's browser, where there is a screen to show it on. */
FV_API void fv_explorer_open(const fv_explorer *explorer);

/* Shows another model, first of all, or says why the one that was announced by `loading` does not come (`model` NULL:
 * fv_error_message() is shown). The model is lent as above. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_explorer_give(fv_explorer *explorer, fv_model *model, const char *name);

/* Start, open the page in the browser, serve until `keep_on` says no. Errors: as fv_explorer_start. */
FV_API FV_CHECK fv_status fv_explore(fv_model *model, const fv_explore_options *options);

FV_END_DECLARATIONS

#endif
