/* Receptive fields from the inputs on: every node's from those that it reads (fovea/receptive_field.h). */
#include <fovea/receptive_field.h>

#include <math.h>

#include "model/model.h"

static const double ROUNDING = 1e-6;

/* Whether all numbers of a value stand in one place. */
static bool is_one_place(const fv_shape *shape, const fv_receptive_field *f) {
  for (int32_t axis = 1; axis < shape->rank - 1; axis++)
    if (shape->dims[axis] != 1) return false;
  return f->step_height > 0;
}

static fv_receptive_field whole_input(void) { return (fv_receptive_field){.known = true, .whole = true}; }

/* Of two branches that meet. */
static fv_receptive_field larger(const fv_receptive_field *a, const fv_receptive_field *b) {
  if (!a->known || b->whole) return *b;
  if (!b->known || a->whole) return *a;
  const bool scattered = a->step_height == 0 || b->step_height == 0;
  return (fv_receptive_field){.known = true,
                              .height = fmax(a->height, b->height),
                              .width = fmax(a->width, b->width),
                              .step_height = scattered ? 0 : fmax(a->step_height, b->step_height),
                              .step_width = scattered ? 0 : fmax(a->step_width, b->step_width)};
}

/* A window that reads so many pixels, in steps of so many. */
static fv_receptive_field widened(const fv_receptive_field *f, double reads_h, double reads_w, double step_h,
                                  double step_w) {
  if (f->step_height == 0) return whole_input(); /* of numbers that come from everywhere */
  return (fv_receptive_field){.known = step_h > 0 && step_w > 0,
                              .height = f->height + (reads_h - 1) * f->step_height,
                              .width = f->width + (reads_w - 1) * f->step_width,
                              .step_height = f->step_height * step_h,
                              .step_width = f->step_width * step_w};
}

static fv_receptive_field through_window(const fv_receptive_field *f, const fv__layer *layer, const fv_shape *input) {
  fv__window w;
  layer->type->geometry(layer->options, input, &w);
  if (input->rank == 3) { /* a line lies along the width */
    w.kernel_h = w.kernel_w;
    w.stride_h = w.stride_w;
    w.dilation_h = w.dilation_w;
  }
  return widened(f, ((double)w.kernel_h - 1) * w.dilation_h + 1, ((double)w.kernel_w - 1) * w.dilation_w + 1,
                 w.stride_h, w.stride_w);
}

/* What a layer makes of the field of its inputs. */
static fv_receptive_field through(fv_receptive_field f, const fv__layer *layer, const fv_shape *input,
                                  const fv_shape *output) {
  fv__sight sight = {.whole = false};
  if (layer->type->sight) layer->type->sight(layer->options, input, output, &sight);
  const bool one_place = is_one_place(input, &f);
  if (!f.known || f.whole) return f;
  if (sight.whole || (sight.mixes && f.step_height == 0)) return one_place ? f : whole_input();
  if (sight.resamples) return widened(&f, sight.reads_h, sight.reads_w, sight.step_h, sight.step_w);
  if (sight.exchanges) return (fv_receptive_field){f.known, f.whole, f.width, f.height, f.step_width, f.step_height};
  if (sight.scatters && !one_place) f.step_height = f.step_width = 0;
  return layer->type->geometry && !one_place ? through_window(&f, layer, input) : f;
}

static fv_receptive_field of_node(const fv_receptive_field *fields, const fv_graph *graph, const fv__node *node) {
  fv_receptive_field f = {.known = false};
  if (node->input_count == 0 && node->output.rank > 2) return (fv_receptive_field){true, false, 1, 1, 1, 1};
  if (node->input_count == 0) return f;
  for (int32_t i = 0; i < node->input_count; i++) f = larger(&f, &fields[node->inputs[i].node - 1]);
  const fv_shape *input = &graph->nodes[node->inputs[0].node - 1].output;
  return through(f, &graph->layers[node->layer - 1], input, &node->output);
}

void fv_model_receptive_fields(fv_receptive_field *fields, const fv_model *model) {
  const fv_graph *graph = model->core->graph;
  for (int32_t i = 0; i < graph->node_count; i++)
    fields[i] = graph->nodes[i].used ? of_node(fields, graph, &graph->nodes[i]) : (fv_receptive_field){.known = false};
  for (int32_t i = 0; i < graph->node_count; i++) {
    fv_receptive_field *f = &fields[i];
    if (!f->known) *f = (fv_receptive_field){.known = false};
    f->height = ceil(f->height - ROUNDING); /* a part of a pixel is a pixel */
    f->width = ceil(f->width - ROUNDING);
  }
}
