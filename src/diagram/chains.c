/* Chains: which calls stand in one box with a convolution.
 *
 * A line of calls, each the only reader of the one before, is cut into boxes. Each box has one head (a convolution, a
 * pooling, a merging ...); what is light (normalization, activation, dropout) goes with the head before it, as in
 * convolution, normalization, activation; in lines that begin with normalization (ResNet V2, DenseNet), with the head
 * after it. Padding goes with what it pads for.
 */
#include <string.h>

#include "base/fail.h"
#include "diagram/diagram.h"

static bool is_light(fv_diagram_family family) {
  return family == FV_FAMILY_NORMALIZATION || family == FV_FAMILY_ACTIVATION || family == FV_FAMILY_DROPOUT;
}

static bool has_weights(fv_diagram_family family) {
  return family == FV_FAMILY_CONVOLUTION || family == FV_FAMILY_DENSE;
}

static bool has_window(fv_diagram_family family) {
  return family == FV_FAMILY_CONVOLUTION || family == FV_FAMILY_POOLING;
}

static bool only_reader(const fv__calls *calls, int32_t call) {
  return calls->readers.start[call + 1] - calls->readers.start[call] == 1;
}

static bool only_source(const fv__calls *calls, int32_t call) {
  return calls->sources.start[call + 1] - calls->sources.start[call] == 1;
}

/* The next call of a line, -1 at its end. */
static int32_t next_in_line(const fv__calls *calls, int32_t call) {
  if (!only_reader(calls, call)) return -1;
  int32_t next = calls->readers.list[calls->readers.start[call]];
  return only_source(calls, next) ? next : -1;
}

static bool begins_line(const fv__calls *calls, int32_t call) {
  return !only_source(calls, call) || !only_reader(calls, calls->sources.list[calls->sources.start[call]]);
}

static bool pads(const fv__calls *calls, int32_t call, int32_t next) {
  const char *kind = fv_model_layer(calls->model, calls->layer[call]).kind;
  return next >= 0 && has_window(calls->family[next]) && !strncmp(kind, "ZeroPadding", 11);
}

/* LocalResponseNormalization ends what it follows. */
static bool is_response(const fv__calls *calls, int32_t call) {
  return strstr(fv_model_layer(calls->model, calls->layer[call]).kind, "Response") != NULL;
}

/* Whether a run of light calls goes with the head after it rather than with the one before it. */
static bool goes_forward(const fv__calls *calls, int32_t head, int32_t first, int32_t next, bool *before) {
  if (next < 0 || !has_weights(calls->family[next])) return false;
  if (head < 0) return *before = true;
  bool normalizes = calls->family[first] == FV_FAMILY_NORMALIZATION && !is_response(calls, first);
  if (has_weights(calls->family[head])) return *before && normalizes;
  if (!normalizes && calls->family[head] != FV_FAMILY_INPUT) return false;
  return *before = true;
}

/* Whether a run that does not go forward may join the head before it. */
static bool goes_back(const fv__calls *calls, int32_t head, int32_t first) {
  if (head < 0 || calls->family[head] == FV_FAMILY_INPUT) return false;
  return has_weights(calls->family[head]) || calls->family[first] != FV_FAMILY_NORMALIZATION ||
         is_response(calls, first);
}

static void cut_line(int32_t *group, const fv__calls *calls, int32_t first) {
  int32_t head = -1;
  bool before = false; /* light calls stand before what they go with */
  for (int32_t c = first; c >= 0;) {
    int32_t run = c, after = c;
    while (after >= 0 && is_light(calls->family[after])) after = next_in_line(calls, after);
    int32_t next = after;
    while (next >= 0 && pads(calls, next, next_in_line(calls, next))) next = next_in_line(calls, next);
    int32_t joins = run;
    if (run != after) {
      if (goes_forward(calls, head, run, next, &before))
        joins = next;
      else if (goes_back(calls, head, run))
        joins = head;
      for (int32_t k = run; k != after; k = next_in_line(calls, k)) group[k] = joins;
    }
    for (int32_t k = after; k != next; k = next_in_line(calls, k)) group[k] = next;
    if (next < 0) return;
    group[next] = head = next;
    c = next_in_line(calls, next);
  }
}

void fv__fold_chains(int32_t *group, const fv__calls *calls) {
  for (int32_t c = 0; c < calls->count; c++)
    if (begins_line(calls, c)) cut_line(group, calls, c);
}

int32_t fv__chain_head(const fv__calls *calls, const int32_t *members, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (has_weights(calls->family[members[i]])) return members[i];
  for (int32_t i = 0; i < count; i++)
    if (!is_light(calls->family[members[i]]) && calls->family[members[i]] != FV_FAMILY_SHAPE) return members[i];
  return members[0];
}
