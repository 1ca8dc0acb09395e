/* Learning curves: a panel for each number, training and validation in it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea-tools/figure.h>

#include "train_run.h"

enum { PANELS = 16 };

static int find_name(const fv_fit_history *h, const char *name) {
  for (int32_t i = 0; i < h->name_count; i++)
    if (!strcmp(h->names[i], name)) return i;
  return -1;
}

/* All epochs of all parts, from epoch 1 on; NaN where an epoch is not known. To be freed. */
static double *collect(const train_run *run, const char *name, int32_t epochs) {
  double *values = malloc((size_t)(epochs ? epochs : 1) * sizeof *values);
  if (!values) return NULL;
  for (int32_t i = 0; i < epochs; i++) values[i] = NAN;
  for (int part = 0; part < TRAIN_PARTS; part++) {
    const fv_fit_history *h = &run->histories[part];
    const int at = find_name(h, name);
    for (int32_t i = 0; at >= 0 && i < h->epoch_count; i++)
      values[h->first_epoch + i] = h->values[(int64_t)i * h->name_count + at];
  }
  return values;
}

static int32_t count_epochs(const train_run *run) {
  int32_t epochs = 0;
  for (int part = 0; part < TRAIN_PARTS; part++) {
    const fv_fit_history *h = &run->histories[part];
    if (h->epoch_count && h->first_epoch + h->epoch_count > epochs) epochs = h->first_epoch + h->epoch_count;
  }
  return epochs;
}

double train_history_last(const train_run *run, const char *name) {
  const int32_t epochs = count_epochs(run);
  double *values = epochs ? collect(run, name, epochs) : NULL;
  const double last = values ? values[epochs - 1] : NAN;
  free(values);
  return last;
}

/* The best epoch by a loss or a score. */
static int32_t best_of(const double *values, int32_t count, bool smallest) {
  int32_t best = -1;
  for (int32_t i = 0; i < count; i++)
    if (!isnan(values[i]) && (best < 0 || (smallest ? values[i] < values[best] : values[i] > values[best]))) best = i;
  return best + 1;
}

static bool is_loss(const char *name) { return strstr(name, "loss") || strstr(name, "error"); }

static bool add_panel(fv_figure_panel *panel, const train_run *run, const char *name, int32_t epochs) {
  char validation[128];
  snprintf(validation, sizeof validation, "val_%s", name);
  *panel = (fv_figure_panel){.title = name, .line_count = 1};
  panel->lines[0] = (fv_figure_line){"training", collect(run, name, epochs), epochs};
  if (!panel->lines[0].values) return false;
  if (find_name(&run->histories[0], validation) < 0 && find_name(&run->histories[1], validation) < 0) return true;
  double *values = collect(run, validation, epochs);
  panel->lines[panel->line_count++] = (fv_figure_line){"validation", values, epochs};
  if (values) panel->best_epoch = best_of(values, epochs, is_loss(name));
  return values != NULL;
}

int train_plot_draw(const train_run *run) {
  const int32_t epochs = count_epochs(run);
  const fv_fit_history *h = &run->histories[run->part];
  fv_figure_panel panels[PANELS] = {{.title = NULL}};
  int32_t count = 0;
  bool complete = true;
  if (!run->o.plot || !epochs) return COMMAND_OK;
  for (int32_t i = 0; i < h->name_count && count < PANELS && complete; i++)
    if (strncmp(h->names[i], "val_", 4) != 0) complete = add_panel(&panels[count++], run, h->names[i], epochs);
  const fv_status failed = complete ? fv_figure_curves(run->o.plot, run->network.what, panels, count) : FV_OK;
  for (int32_t i = 0; i < count; i++)
    for (int32_t k = 0; k < panels[i].line_count; k++) free((void *)(uintptr_t)panels[i].lines[k].values);
  if (!complete) return command_error(COMMAND_RESOURCES, "no memory for learning curves");
  return failed ? command_fail_output(failed) : COMMAND_OK;
}
