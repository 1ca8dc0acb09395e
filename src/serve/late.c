/* Loading libmicrohttpd: once, for good, whichever thread asks first. */
#include "serve/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static fv__mhd mhd;
static bool has_mhd;

static void load(void) {
  const struct {
    const char *name;
    void *place;
  } symbols[] = {{"MHD_start_daemon", &mhd.start_daemon},
                 {"MHD_stop_daemon", &mhd.stop_daemon},
                 {"MHD_create_response_from_buffer_with_free_callback_cls", &mhd.response_from_buffer},
                 {"MHD_create_response_from_callback", &mhd.response_from_callback},
                 {"MHD_add_response_header", &mhd.add_response_header},
                 {"MHD_queue_response", &mhd.queue_response},
                 {"MHD_destroy_response", &mhd.destroy_response},
                 {"MHD_suspend_connection", &mhd.suspend_connection},
                 {"MHD_resume_connection", &mhd.resume_connection},
                 {"MHD_get_connection_values", &mhd.get_connection_values},
                 {"MHD_get_connection_info", &mhd.get_connection_info}};
  void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libmicrohttpd.so", RTLD_NOW | RTLD_LOCAL);
  has_mhd = library != NULL;
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0] && has_mhd; i++) {
    void *address = dlsym(library, symbols[i].name);
    memcpy(symbols[i].place, &address, sizeof address); /* ISO C has no cast from an object's address to a function's */
    has_mhd = address != NULL;
  }
}

fv_status fv__mhd_load(const fv__mhd **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  *out = &mhd;
  if (has_mhd) return FV_OK;
  return fv_error_set(FV_ERROR_UNSUPPORTED, "the explorer needs libmicrohttpd 0.9.73 or newer: not found");
}
