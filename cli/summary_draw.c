/* `fovea summary --draw`: the network as a figure. */
#include "summary_draw.h"

#include <fovea-tools/figure.h>

#include "command.h"

int summary_draw_check(const char *path) {
  fv_status status = fv_figure_check_name(path);
  return status ? command_fail(status) : COMMAND_OK;
}

int summary_draw(const char *path, const fv_model *model, int32_t fold, int32_t columns) {
  fv_status status =
      fv_figure_network(path, model, &(fv_figure_network_options){.fold = (fv_fold)fold, .columns = columns});
  return status ? command_fail_output(status) : COMMAND_OK;
}
