/* Stands for the explorer where libmicrohttpd was not there when fovea was built. */
#include <stddef.h>

#include <fovea-tools/explore.h>

static fv_status left_out(void) {
  return fv_error_set(FV_ERROR_UNSUPPORTED, "this fovea was built without libmicrohttpd, which the explorer needs");
}

fv_status fv_explorer_start(fv_explorer **explorer, fv_model *model, const fv_explore_options *options) {
  *explorer = NULL;
  (void)model;
  (void)options;
  return left_out();
}

void fv_explorer_stop(fv_explorer *explorer) { (void)explorer; }

const char *fv_explorer_address(const fv_explorer *explorer) {
  (void)explorer;
  return "";
}

void fv_explorer_open(const fv_explorer *explorer) { (void)explorer; }

fv_status fv_explorer_give(fv_explorer *explorer, fv_model *model, const char *name) {
  (void)explorer;
  (void)model;
  (void)name;
  return left_out();
}

fv_status fv_explore(fv_model *model, const fv_explore_options *options) {
  (void)model;
  (void)options;
  return left_out();
}
