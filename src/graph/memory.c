/* Placing values in one block by their lives.
 *
 * A root lives from the first op that writes it or a part of it to the last that reads it or a part of it; inputs from
 * before the first step, kept values beyond the last, and always where a run may start in the middle. A group of steps
 * is gone through once for each slice of the batch: what it shares with other steps lives as long as the group. Roots
 * are placed largest first, each at the lowest offset where it meets no other root that lives at the same time (greedy
 * by size: Pisarchyk, Lee, Efficient memory management for deep neural net inference, 2020).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "graph/plan.h"

enum { ALIGN_BYTES = 64 };

static int larger_first(const void *a, const void *b) {
  const fv__life *x = a, *y = b;
  if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
  return (x->value > y->value) - (x->value < y->value);
}

void fv__life_extend(const fv__program *program, fv__life *lives, int32_t value, int32_t first, int32_t last) {
  if (value < 0) return;
  fv__life *of = &lives[fv__program_root(program, value)];
  if (first < of->first) of->first = first;
  if (last > of->last) of->last = last;
}

bool fv__memory_lives(const fv__program *program, fv__life *lives) {
  for (int32_t v = 0; v < program->value_count; v++) lives[v] = (fv__life){v, INT32_MAX, -1, 0, -1};
  for (int32_t start = 0, end; start < program->op_count; start = end + 1) {
    for (end = start; program->ops[end].goes_on || program->ops[end].by_rows;) end++;
    for (int32_t i = start, first = start, last = start; i <= end; i++) {
      if (i > last || i == start) /* ops that run by rows, from first to last */
        for (first = last = i; program->ops[last].by_rows;) last++;
      const fv__op *op = &program->ops[i].op;
      const int32_t used[] = {op->inputs[0], op->inputs[1], op->residual, op->output};
      for (int k = 0; k < 4; k++) {
        const bool own = used[k] >= 0 && program->values[fv__program_root(program, used[k])].held;
        fv__life_extend(program, lives, used[k], own ? first : start, own ? last : end);
      }
    }
  }
  for (int32_t v = 0; v < program->value_count; v++) {
    const fv__program_value *value = &program->values[v];
    fv__life *root = &lives[fv__program_root(program, v)];
    if (value->is_input) root->first = -1;
    if (!value->keep) continue;
    root->last = INT32_MAX;
    if (program->may_restart || root->first == INT32_MAX) root->first = -1;
  }
  for (int32_t v = 0; v < program->value_count; v++) {
    const fv__program_value *value = &program->values[v];
    if (value->parent >= 0 || value->by_rows || lives[v].first == INT32_MAX) continue;
    int64_t floats = 1;
    if (!fv__size_multiply(&floats, value->held ? value->held : value->n, value->h) ||
        !fv__size_multiply(&floats, floats, value->w) || !fv__size_multiply(&floats, floats, value->c) ||
        floats > INT64_MAX / 8)
      return false;
    lives[v].bytes = (floats * 4 + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (lives[v].bytes == 0) lives[v].bytes = ALIGN_BYTES;
  }
  return true;
}

static bool meet(const fv__life *a, const fv__life *b) { return a->first <= b->last && b->first <= a->last; }

/* The lowest gap among the placed lives (sorted by offset) that `one` meets. */
static int64_t lowest_gap(const fv__life *one, fv__life **placed, int32_t count) {
  int64_t at = 0;
  for (int32_t i = 0; i < count; i++) {
    if (!meet(one, placed[i])) continue;
    if (placed[i]->offset - at >= one->bytes) break;
    int64_t end = placed[i]->offset + placed[i]->bytes;
    if (end > at) at = end;
  }
  return at;
}

/* Keeps `placed` sorted by offset. */
static void insert(fv__life **placed, int32_t count, fv__life *one) {
  int32_t at = count;
  for (; at > 0 && placed[at - 1]->offset > one->offset; at--) placed[at] = placed[at - 1];
  placed[at] = one;
}

int64_t fv__memory_place(fv__life *lives, size_t count, int64_t *offsets, int32_t *buffers, bool *out_of_memory) {
  fv__life **placed = calloc(count + 1, sizeof *placed);
  *buffers = 0;
  *out_of_memory = !placed;
  int64_t total = 0;
  for (size_t v = 0; v < count; v++) offsets[v] = -1;
  if (placed) qsort(lives, count, sizeof *lives, larger_first);
  for (size_t i = 0; placed && i < count && lives[i].bytes; i++) {
    fv__life *one = &lives[i];
    one->offset = lowest_gap(one, placed, *buffers);
    offsets[one->value] = one->offset;
    insert(placed, (*buffers)++, one);
    int64_t end;
    if (total < 0 || !fv__size_add(&end, one->offset, one->bytes))
      total = -1;
    else if (end > total)
      total = end;
  }
  free(placed);
  return total;
}

/* A number at the start of a file, or behind `label` in it; -1 when it cannot be read ("max" is no number). */
static int64_t number_in(const char *path, const char *label) {
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  char line[256];
  long long number = -1;
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, label, strlen(label))) continue;
    if (sscanf(line + strlen(label), "%lld", &number) != 1) number = -1;
    break;
  }
  fclose(file);
  return number;
}

int64_t fv__memory_available(void) {
  int64_t available = INT64_MAX;
  int64_t kilobytes = number_in("/proc/meminfo", "MemAvailable:");
  if (kilobytes >= 0) available = kilobytes * 1024;
  int64_t limit = number_in("/sys/fs/cgroup/memory.max", ""), used = number_in("/sys/fs/cgroup/memory.current", "");
  if (limit < 0) {
    limit = number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", "");
    used = number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes", "");
  }
  if (limit >= 0 && used >= 0 && limit - used < available) available = limit > used ? limit - used : 0;
  return available;
}
