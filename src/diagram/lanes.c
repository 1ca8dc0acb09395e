/* Which net runs above which between two rows.
 *
 * A net that falls where another one rises must run below it, or both would stand on the same upright. Among nets that
 * are free to be next the one comes first that crosses the others least. When each waits for another (two that swap
 * places), one is cut in two: it runs sideways on two levels, with an upright of its own between them.
 *
 *     |    |               |      |
 *     |    |               +--+   |        first part
 *     ?----?       becomes |  +---|--...   the other net
 *     |    |                  +---+        second part
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

typedef struct chooser {
  fv__lanes *lanes;
  int32_t room;
  int32_t *order;   /* nets from above */
  int32_t *waits;   /* how many nets that are not in order yet must run above a net; -1: in order */
  int32_t *crosses; /* crossings with those when it runs above them, less when below */
} chooser;

static bool meet(const fv__net *a, const fv__net *b) {
  return a->left < b->right + FV__LANE && b->left < a->right + FV__LANE;
}

static bool has(const double *list, int32_t count, double x) {
  for (int32_t i = 0; i < count; i++)
    if (list[i] == x) return true;
  return false;
}

/* Whether `b` must run above `a`: `a` falls where `b` rises. */
static bool must_wait(const fv__net *a, const fv__net *b) {
  if (b->rest >= 0 && a->part_of == b->part_of) return true;
  if (a->rest >= 0 && a->part_of == b->part_of) return false;
  for (int32_t i = 0; i < a->fall_count; i++)
    if (has(b->rises, b->rise_count, a->falls[i])) return true;
  return false;
}

static int32_t inside(const double *list, int32_t count, const fv__net *net) {
  int32_t found = 0;
  for (int32_t i = 0; i < count; i++) found += list[i] > net->left && list[i] < net->right;
  return found;
}

/* Crossings when `a` runs above `b`. */
static int32_t crossings(const fv__net *a, const fv__net *b) {
  return inside(a->falls, a->fall_count, b) + inside(b->rises, b->rise_count, a);
}

/* Counts or discounts what `b` means for `a`. */
static void weigh(const chooser *c, int32_t a, int32_t b, int32_t sign) {
  const fv__net *one = &c->lanes->nets[a], *other = &c->lanes->nets[b];
  if (a == b || c->waits[a] < 0 || !meet(one, other)) return;
  c->waits[a] += sign * must_wait(one, other);
  c->crosses[a] += sign * (crossings(one, other) - crossings(other, one));
}

/* An x near the middle of a net where no cell and no other upright is. */
static double free_upright(const fv__lanes *lanes, const fv__net *net) {
  double middle = floor((net->left + net->right) / 2);
  for (int32_t step = 0;; step++) {
    double x = middle + (step % 2 ? (step + 1) / 2 : -step / 2) * 3;
    bool taken = false;
    for (int32_t i = 0; i < lanes->upright_count && !taken; i++) taken = fabs(lanes->uprights[i] - x) < 3;
    if (!taken) return x;
  }
}

/* Cuts a net in two; the second part is a new net. */
static void cut(chooser *c, int32_t index) {
  fv__lanes *lanes = c->lanes;
  fv__net *first = &lanes->nets[index], *second = &lanes->nets[lanes->count];
  double x = free_upright(lanes, first);
  for (int32_t i = 0; i < lanes->count; i++) weigh(c, i, index, -1);
  *second = *first;
  first->turn = x;
  first->falls = second->rises = &first->turn;
  first->fall_count = second->rise_count = 1;
  first->rest = lanes->count;
  first->left = first->right = second->left = second->right = x;
  for (int32_t i = 0; i < first->rise_count; i++) {
    first->left = fmin(first->left, first->rises[i]);
    first->right = fmax(first->right, first->rises[i]);
  }
  for (int32_t i = 0; i < second->fall_count; i++) {
    second->left = fmin(second->left, second->falls[i]);
    second->right = fmax(second->right, second->falls[i]);
  }
  lanes->uprights[lanes->upright_count++] = x;
  lanes->count++;
  int32_t parts[2] = {index, lanes->count - 1};
  for (int p = 0; p < 2; p++) {
    c->waits[parts[p]] = c->crosses[parts[p]] = 0;
    for (int32_t i = 0; i < lanes->count; i++) {
      if (c->waits[i] >= 0) weigh(c, parts[p], i, 1);
      if (i != parts[0] && i != parts[1]) weigh(c, i, parts[p], 1);
    }
  }
}

/* The net to come next: waiting for none, crossing least; -1 when all wait. */
static int32_t next_net(const chooser *c) {
  int32_t best = -1;
  for (int32_t i = 0; i < c->lanes->count; i++)
    if (c->waits[i] == 0 && (best < 0 || c->crosses[i] < c->crosses[best])) best = i;
  return best;
}

/* A waiting net that is still whole; every circle of waiting nets has one. */
static int32_t whole_net(const chooser *c) {
  int32_t best = -1;
  for (int32_t i = 0; i < c->lanes->count; i++)
    if (c->waits[i] > 0 && c->lanes->nets[i].part_of == i && c->lanes->nets[i].rest < 0 &&
        (best < 0 || c->waits[i] < c->waits[best]))
      best = i;
  return best;
}

static void put_in_order(chooser *c) {
  for (int32_t placed = 0; placed < c->lanes->count; placed++) {
    int32_t next = next_net(c);
    while (next < 0) {
      int32_t whole = whole_net(c);
      if (whole < 0) break;
      cut(c, whole);
      next = next_net(c);
    }
    for (int32_t i = 0; next < 0; i++) /* cannot be, but would not hang */
      if (c->waits[i] >= 0) next = i;
    c->order[placed] = next;
    c->waits[next] = -1;
    for (int32_t i = 0; i < c->lanes->count; i++) weigh(c, i, next, -1);
  }
}

fv_status fv__lanes_choose(fv__lanes *lanes, fv__arena *arena) {
  int32_t most = 2 * lanes->count;
  chooser c = {.lanes = lanes,
               .order = FV__TAKE(arena, most, int32_t),
               .waits = FV__TAKE(arena, most, int32_t),
               .crosses = FV__TAKE(arena, most, int32_t)};
  if (!c.order || !c.waits || !c.crosses) return fv__diagram_no_memory();
  for (int32_t i = 0; i < lanes->count; i++)
    for (int32_t k = 0; k < lanes->count; k++) weigh(&c, i, k, 1);
  put_in_order(&c);
  lanes->used = 0;
  for (int32_t i = 0; i < lanes->count; i++) {
    fv__net *net = &lanes->nets[c.order[i]];
    net->lane = 0;
    for (int32_t k = 0; k < i; k++) {
      const fv__net *above = &lanes->nets[c.order[k]];
      if (meet(net, above) && above->lane >= net->lane) net->lane = above->lane + 1;
    }
    if (net->lane >= lanes->used) lanes->used = net->lane + 1;
  }
  return FV_OK;
}
