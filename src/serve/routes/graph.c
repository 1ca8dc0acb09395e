/* GET /models/{model}/graph: the network as cards and lines with their places (fovea/diagram.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fovea/diagram.h>

#include "serve/want.h"

enum { CARD_HEIGHT = 48, LEAST_WIDTH = 112, MOST_WIDTH = 280, LETTER = 7, NODE_NAME = 256 };

/* As wide as its texts, in letters of the page's font. */
static double width_of(const fv_diagram_box *box) {
  const size_t name = strlen(box->name) + (box->calls > 1 ? 4 : 0), detail = strlen(box->detail);
  const double width = LETTER * (double)(name > detail ? name : detail) + 24;
  return width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : 4 * ceil(width / 4);
}

/* A card's name, by which lines and the page speak of it: the layer's, with "@2" for its second call. */
static const char *name_of(char name[NODE_NAME], const fv_diagram_box *box) {
  if (box->calls > 1 && box->call > 1)
    snprintf(name, NODE_NAME, "%.240s@%d", box->name, (int)box->call);
  else
    snprintf(name, NODE_NAME, "%.250s", box->name);
  return name;
}

static void write_members(fv__writer *json, const fv_model *model, const fv_diagram_box *box) {
  fv__writer_begin(json, "members", '[');
  for (int32_t i = 0; i < box->node_count; i++)
    fv__writer_text(json, NULL, fv_model_layer(model, fv_model_node(model, box->nodes[i]).layer).name);
  fv__writer_end(json);
}

static void write_place(fv__writer *json, const fv_diagram_box *box) {
  fv__writer_number(json, "x", round(box->x));
  fv__writer_number(json, "y", round(box->y));
  fv__writer_number(json, "w", box->width);
  fv__writer_number(json, "h", box->height);
}

static bool holds(const fv_model *model, const fv_diagram_box *box, const char *layer) {
  for (int32_t i = 0; i < box->node_count; i++)
    if (!strcmp(fv_model_layer(model, fv_model_node(model, box->nodes[i]).layer).name, layer)) return true;
  return false;
}

/* A layer that could not be made: its card holds nothing but the reason. */
static void write_missing(fv__writer *json, const fv_model *model, const fv_diagram_box *box) {
  fv_flaw flaw = {0};
  for (int32_t i = 0; i < fv_model_flaw_count(model) && !flaw.kind; i++) {
    flaw = fv_model_flaw(model, i);
    if (flaw.kind && strcmp(flaw.layer, box->name) != 0) flaw.kind = NULL;
  }
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "id", box->name);
  fv__writer_text(json, "kind", "missing");
  fv__writer_text(json, "class", flaw.kind);
  fv__writer_text(json, "layer", box->name);
  fv__writer_text(json, "k", box->detail);
  fv__writer_text(json, "flaw", fv__answer_flaw_code(&flaw));
  fv__writer_text(json, "reason", flaw.sentence);
  fv__writer_begin(json, "members", '[');
  fv__writer_end(json);
  fv__writer_begin(json, "out", '[');
  fv__writer_end(json);
  fv__writer_whole(json, "params", 0);
  fv__writer_whole(json, "macs", 0);
  write_place(json, box);
  fv__writer_end(json);
}

/* Of a card whose layers lack weights, or have some that are no numbers. */
static void write_flaw(fv__writer *json, const fv_model *model, const fv_diagram_box *box) {
  for (int32_t i = 0; i < fv_model_flaw_count(model); i++) {
    const fv_flaw flaw = fv_model_flaw(model, i);
    if (flaw.kind || (flaw.layer && !holds(model, box, flaw.layer))) continue;
    fv__writer_text(json, "flaw", fv__answer_flaw_code(&flaw));
    fv__writer_text(json, "reason", flaw.sentence);
    return;
  }
}

static void write_node(fv__writer *json, const fv_model *model, const fv_diagram_box *box) {
  char name[NODE_NAME];
  if (box->layer < 0) {
    write_missing(json, model, box);
    return;
  }
  const fv_layer_info layer = fv_model_layer(model, box->layer);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "id", name_of(name, box));
  fv__writer_text(json, "kind", fv_diagram_family_name(box->family));
  fv__writer_text(json, "class", layer.kind);
  fv__writer_text(json, "layer", layer.name);
  fv__writer_text(json, "k", box->detail);
  write_members(json, model, box);
  fv__writer_shape(json, "out", &box->output);
  fv__writer_whole(json, "params", box->parameters);
  fv__writer_whole(json, "macs", box->multiply_adds);
  if (box->block) fv__writer_text(json, "group", box->block);
  if (layer.frozen) fv__writer_bool(json, "frozen", true);
  write_flaw(json, model, box);
  write_place(json, box);
  fv__writer_end(json);
}

static void write_edge(fv__writer *json, const fv_diagram *diagram, const fv_diagram_edge *edge) {
  char name[NODE_NAME];
  const fv_diagram_box *from = fv_diagram_box_at(diagram, edge->from);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "from", name_of(name, from));
  fv__writer_text(json, "to", name_of(name, fv_diagram_box_at(diagram, edge->to)));
  fv__writer_shape(json, "shape", &from->output);
  fv__writer_begin(json, "pts", '[');
  for (int32_t i = 0; i < edge->point_count; i++) {
    fv__writer_begin(json, NULL, '[');
    fv__writer_number(json, NULL, round(edge->points[i].x));
    fv__writer_number(json, NULL, round(edge->points[i].y));
    fv__writer_end(json);
  }
  fv__writer_end(json);
  if (edge->skip) fv__writer_bool(json, "skip", true);
  fv__writer_end(json);
}

/* Cards of one block, and the rectangle around them. */
static void write_groups(fv__writer *json, const fv_diagram *diagram) {
  const int32_t count = fv_diagram_box_count(diagram);
  bool *done = calloc((size_t)count + 1, sizeof *done);
  fv__writer_begin(json, "groups", '[');
  for (int32_t i = 0; done && i < count; i++) {
    const fv_diagram_box *box = fv_diagram_box_at(diagram, i);
    if (done[i] || !box->block) continue;
    double left = box->x, top = box->y, right = left, bottom = top;
    int32_t children = 0;
    for (int32_t k = i; k < count; k++) {
      const fv_diagram_box *other = fv_diagram_box_at(diagram, k);
      if (!other->block || strcmp(other->block, box->block) != 0) continue;
      done[k] = true;
      children++;
      left = fmin(left, other->x);
      top = fmin(top, other->y);
      right = fmax(right, other->x + other->width);
      bottom = fmax(bottom, other->y + other->height);
    }
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "id", box->block);
    fv__writer_text(json, "label", box->block);
    fv__writer_number(json, "x", round(left));
    fv__writer_number(json, "y", round(top));
    fv__writer_number(json, "w", round(right - left));
    fv__writer_number(json, "h", round(bottom - top));
    fv__writer_whole(json, "children", children);
    fv__writer_end(json);
  }
  fv__writer_end(json);
  free(done);
}

static void write_graph(fv__writer *json, const fv__shown *shown, const fv_diagram *diagram, const char *fold,
                        int64_t microseconds) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "model", shown->id);
  fv__writer_text(json, "fold", fold);
  fv__writer_number(json, "w", ceil(fv_diagram_width(diagram)));
  fv__writer_number(json, "h", ceil(fv_diagram_height(diagram)));
  fv__writer_whole(json, "columns", fv_diagram_columns(diagram));
  fv__writer_whole(json, "layout_us", microseconds);
  fv__writer_begin(json, "nodes", '[');
  for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++)
    write_node(json, shown->model, fv_diagram_box_at(diagram, i));
  fv__writer_end(json);
  fv__writer_begin(json, "edges", '[');
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++)
    write_edge(json, diagram, fv_diagram_edge_at(diagram, i));
  fv__writer_end(json);
  write_groups(json, diagram);
  fv__writer_end(json);
}

/* Layers that could not be made, below the cards that hold what they read. */
static fv_status add_missing(fv_diagram *diagram, const fv_model *model) {
  const int32_t cards = fv_diagram_box_count(diagram);
  int32_t *reads = calloc((size_t)cards + 1, sizeof *reads);
  fv_status status = reads ? FV_OK : fv_error_set(FV_ERROR_MEMORY, "no memory for a graph");
  for (int32_t i = 0; i < fv_model_flaw_count(model) && !status; i++) {
    const fv_flaw flaw = fv_model_flaw(model, i);
    int32_t count = 0;
    if (!flaw.kind) continue;
    for (int32_t c = 0; c < cards; c++) {
      bool is_read = false;
      for (int32_t k = 0; k < flaw.source_count; k++)
        is_read |= holds(model, fv_diagram_box_at(diagram, c), flaw.sources[k]);
      if (is_read) reads[count++] = c;
    }
    status = fv_diagram_add_box(diagram, flaw.layer, flaw.kind, reads, count);
  }
  free(reads);
  return status;
}

static int64_t microseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void show(fv__request *request, fv__answer *answer) {
  static const char *const folds[] = {"block", "module", "none", NULL};
  static const char *const wraps[] = {"1", "0", NULL};
  static const fv_fold kinds[] = {FV_FOLD_CHAINS, FV_FOLD_BLOCKS, FV_FOLD_NONE};
  int fold, wrap;
  if (!fv__want_word(request, answer, "fold", folds, &fold) || !fv__want_word(request, answer, "wrap", wraps, &wrap))
    return;
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (!shown) return;
  const int64_t start = microseconds_now();
  fv_diagram *diagram;
  fv_status status = fv_diagram_create(&diagram, shown->model, kinds[fold]);
  if (!status) status = add_missing(diagram, shown->model);
  for (int32_t i = 0; !status && i < fv_diagram_box_count(diagram); i++)
    fv_diagram_set_size(diagram, i, width_of(fv_diagram_box_at(diagram, i)), CARD_HEIGHT);
  if (!status) status = fv_diagram_lay_out(diagram, &(fv_diagram_options){.columns = wrap ? 1 : 0});
  if (status) {
    fv__answer_failure(answer, status, NULL);
  } else {
    fv__writer json = {0};
    write_graph(&json, shown, diagram, folds[fold], microseconds_now() - start);
    fv__answer_json(answer, 200, &json);
  }
  fv_diagram_destroy(diagram);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/models/{model}/graph", .slow = true, .is_constant = true, .handle = show}, {0}};

const fv__route_family fv__routes_graph = {.routes = routes};
