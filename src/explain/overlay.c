/* Overlays: which channels of which layers are changed, and running with them.
 *
 * The changes are kept sorted by layer and channel, one for each channel, so that equal overlays are equal arrays. A
 * change of a node is a stretch of that array.
 */
#include "explain/overlay.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "model/model.h"
#include "ops/way.h"

typedef struct entry {
  int64_t channel;
  double by; /* the factor, or the number; else 0 */
  int32_t layer;
  fv_overlay_kind kind;
} entry;

/* The entries of one layer, as the context of its changes. */
typedef struct stretch {
  const entry *entries;
  int64_t count;
} stretch;

struct fv_overlay {
  const fv_model *model;
  entry *entries;
  int64_t count, room;
};

fv_status fv_overlay_create(fv_overlay **out, const fv_model *model) {
  fv_overlay *overlay = calloc(1, sizeof *overlay);
  *out = overlay;
  if (!overlay) return fail(FV_ERROR_MEMORY, "no memory for an overlay");
  overlay->model = model;
  return FV_OK;
}

void fv_overlay_destroy(fv_overlay *overlay) {
  if (!overlay) return;
  free(overlay->entries);
  free(overlay);
}

const fv_model *fv__overlay_model(const fv_overlay *overlay) { return overlay->model; }

int64_t fv_overlay_count(const fv_overlay *overlay) { return overlay->count; }

fv_overlay_item fv_overlay_at(const fv_overlay *overlay, int64_t index) {
  const entry *e = &overlay->entries[index];
  return (fv_overlay_item){e->layer, e->channel, e->kind, e->by};
}

/* Where the entry of a channel is, or would be. */
static int64_t place_of(const fv_overlay *overlay, int32_t layer, int64_t channel) {
  int64_t low = 0, high = overlay->count;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    const entry *e = &overlay->entries[middle];
    if (e->layer < layer || (e->layer == layer && e->channel < channel))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool is_there(const fv_overlay *overlay, int64_t at, int32_t layer, int64_t channel) {
  return at < overlay->count && overlay->entries[at].layer == layer && overlay->entries[at].channel == channel;
}

static void remove_at(fv_overlay *overlay, int64_t at) {
  overlay->count--;
  memmove(overlay->entries + at, overlay->entries + at + 1, (size_t)(overlay->count - at) * sizeof *overlay->entries);
}

static fv_status insert_at(fv_overlay *overlay, int64_t at, const entry *e) {
  if (overlay->count == overlay->room) {
    const int64_t room = overlay->room ? 2 * overlay->room : 16;
    entry *moved = reallocarray(overlay->entries, (size_t)room, sizeof *moved);
    if (!moved) return fail(FV_ERROR_MEMORY, "no memory for an overlay of %" PRId64 " channels", room);
    overlay->entries = moved;
    overlay->room = room;
  }
  memmove(overlay->entries + at + 1, overlay->entries + at, (size_t)(overlay->count - at) * sizeof *overlay->entries);
  overlay->entries[at] = *e;
  overlay->count++;
  return FV_OK;
}

static fv_status put(fv_overlay *overlay, const entry *e) {
  const int64_t at = place_of(overlay, e->layer, e->channel);
  if (!is_there(overlay, at, e->layer, e->channel))
    return e->kind == FV_OVERLAY_SCALE && e->by == 1 ? FV_OK : insert_at(overlay, at, e);
  entry *old = &overlay->entries[at];
  if (e->kind != FV_OVERLAY_SCALE) {
    *old = *e;
  } else if (old->kind == FV_OVERLAY_SCALE) {
    if (!isfinite(old->by * e->by)) return fail(FV_ERROR_INVALID, "scales that multiply to no number");
    old->by *= e->by;
    if (old->by == 0) old->kind = FV_OVERLAY_ZERO;
    if (old->by == 1) remove_at(overlay, at);
  }
  return FV_OK;
}

fv_status fv_overlay_add(fv_overlay *overlay, int32_t layer, int64_t channel, fv_overlay_kind kind, double by) {
  if (layer < 0 || layer >= fv_model_layer_count(overlay->model))
    return fail(FV_ERROR_INVALID, "the model has no layer %" PRId32, layer);
  const fv_layer_info info = fv_model_layer(overlay->model, layer);
  if (fv_model_node(overlay->model, info.nodes[0]).input_count == 0)
    return fail(FV_ERROR_UNSUPPORTED, "'%s' is an input of the model: change the picture instead", info.name);
  if (kind < FV_OVERLAY_ZERO || kind > FV_OVERLAY_SET) return fail(FV_ERROR_INVALID, "no change of kind %d", (int)kind);
  const bool has_number = kind >= FV_OVERLAY_SCALE;
  if (has_number && !isfinite(by)) return fail(FV_ERROR_INVALID, "a change by what is no number");
  const int64_t channels = info.output.rank ? info.output.dims[info.output.rank - 1] : 0;
  if (channel < -1 || channel >= channels)
    return fail(FV_ERROR_INVALID, "'%s' has channels 0 to %" PRId64 ", not %" PRId64, info.name, channels - 1, channel);
  entry e = {channel, has_number ? by : 0, layer, kind};
  if (has_number && by == 0) e.kind = FV_OVERLAY_ZERO;
  if (channel >= 0) return put(overlay, &e);
  for (e.channel = 0; e.channel < channels; e.channel++) TRY(put(overlay, &e));
  return FV_OK;
}

/* ---- what it does to values */

static double mean_of(const fv__view *value, int64_t image, int64_t channel) {
  double sum = 0;
  for (int64_t h = 0; h < value->h; h++)
    for (int64_t w = 0; w < value->w; w++) sum += (double)fv__view_at(value, image, h, w)[channel];
  return sum / (double)(value->h * value->w);
}

static void set_channel(const fv__view *value, int64_t image, int64_t channel, float number) {
  for (int64_t h = 0; h < value->h; h++)
    for (int64_t w = 0; w < value->w; w++) fv__view_at(value, image, h, w)[channel] = number;
}

static void scale_channel(const fv__view *value, int64_t image, int64_t channel, float by) {
  for (int64_t h = 0; h < value->h; h++)
    for (int64_t w = 0; w < value->w; w++) fv__view_at(value, image, h, w)[channel] *= by;
}

void fv__overlay_change(const fv__view *value, int64_t image, int64_t channel, fv_overlay_kind kind, double by) {
  if (kind == FV_OVERLAY_SCALE)
    scale_channel(value, image, channel, (float)by);
  else if (kind == FV_OVERLAY_MEAN)
    set_channel(value, image, channel, (float)mean_of(value, image, channel));
  else
    set_channel(value, image, channel, (float)by);
}

static void change(void *context, const fv__view *value) {
  const stretch *s = context;
  for (int64_t i = 0; i < s->count; i++)
    for (int64_t image = 0; image < value->n; image++)
      fv__overlay_change(value, image, s->entries[i].channel, s->entries[i].kind, s->entries[i].by);
}

/* Of gradients: the mean spreads what it receives evenly over the pixels it was made of, a number receives nothing. */
static void change_gradient(void *context, const fv__view *value) {
  const stretch *s = context;
  for (int64_t i = 0; i < s->count; i++) {
    const fv_overlay_kind kind = s->entries[i].kind == FV_OVERLAY_SET ? FV_OVERLAY_ZERO : s->entries[i].kind;
    const double by = kind == FV_OVERLAY_SCALE ? s->entries[i].by : 0;
    for (int64_t image = 0; image < value->n; image++)
      fv__overlay_change(value, image, s->entries[i].channel, kind, by);
  }
}

/* Calls of changed layers. */
static int32_t count_calls(const fv_overlay *overlay) {
  int32_t calls = 0;
  for (int64_t i = 0; i < overlay->count; i++)
    if (i == 0 || overlay->entries[i].layer != overlay->entries[i - 1].layer)
      calls += fv_model_layer(overlay->model, overlay->entries[i].layer).node_count;
  return calls;
}

fv_status fv__overlay_changes(fv__change **out, int32_t *count, const fv_overlay *overlay) {
  *out = NULL;
  *count = 0;
  if (!overlay || overlay->count == 0) return FV_OK;
  typedef struct pair { /* as many of the one as of the other: changes in front, stretches behind */
    fv__change change;
    stretch of_layer;
  } pair;
  const int32_t calls = count_calls(overlay);
  fv__change *changes = calloc((size_t)calls, sizeof(pair));
  if (!changes) return fail(FV_ERROR_MEMORY, "no memory for the changes of an overlay");
  stretch *of_layer = (stretch *)(void *)(changes + calls);
  for (int64_t i = 0, end; i < overlay->count; i = end, of_layer++) {
    for (end = i; end < overlay->count && overlay->entries[end].layer == overlay->entries[i].layer;) end++;
    *of_layer = (stretch){overlay->entries + i, end - i};
    const fv_layer_info info = fv_model_layer(overlay->model, overlay->entries[i].layer);
    for (int32_t n = 0; n < info.node_count; n++)
      changes[(*count)++] = (fv__change){info.nodes[n], change, change_gradient, of_layer};
  }
  *out = changes;
  return FV_OK;
}

fv_status fv_overlay_run(fv_plan *plan, const fv_overlay *overlay, const fv_run_options *options) {
  if (overlay && overlay->model->core != plan->core)
    return fail(FV_ERROR_INVALID, "the overlay is of another model than the plan");
  fv_run_options rest = options ? *options : (fv_run_options){.until = {0, 0}};
  rest.from = (fv_value){0, 0};
  rest.from_data = NULL;
  fv__change *changes;
  int32_t count;
  TRY(fv__overlay_changes(&changes, &count, overlay));
  const fv_status status = fv__run_changed(plan, changes, count, &rest);
  free(changes);
  return status;
}
