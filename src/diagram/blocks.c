/* Blocks: repeated parts of a network, recognised by names and by shape.
 *
 * Names. "conv3_block2_1_conv" may belong to "conv3_block2_1", "conv3_block2" or "conv3": beginnings whose last word
 * has a digit. Its block is the longest of them whose layers hold a merging (Add, Concatenate), else the longest whose
 * layers hold two convolutions; names that Keras gave ("conv2d_42") say nothing. A nested model ("encoder/conv1") is
 * one block.
 *
 * Shape. Where branches that come out of one call meet again, all between, with the merging, is a block too, unless it
 * holds unlike blocks by name or a large part of the network. It is called as the block by name in it, else as
 * the merging ("mixed3").
 *
 * Blocks that would make lines run in a circle are taken apart again.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "diagram/layout.h"

enum {
  SMALL = 12,
  PART = 5
}; /* blocks by shape: so many calls are always few; so many parts of the network are many */

/* What layers whose names have a beginning in common hold together. */
typedef struct beginning {
  const char *name; /* the first of them, which begins with it */
  size_t length;
  int32_t call; /* of a layer called several times: a model inside that is called twice is two blocks */
  int32_t calls, merges, heavy, first;
} beginning;

typedef struct folder {
  const fv__calls *calls;
  fv__arena *arena;
  int32_t *group;       /* as asked for: a call of the same box */
  const int32_t *chain; /* the same before there were blocks */
  int32_t *block;       /* of a call: the first call of its block, -1 */
  bool *by_name;        /* of a block's first call */
  int32_t *size;        /* the same: how many calls, of blocks by name only */
  const char **names;
  beginning *beginnings;
  size_t slots;
} folder;

static const char *name_of(const folder *f, int32_t call) {
  return fv_model_layer(f->calls->model, f->calls->layer[call]).name;
}

/* ---- by name */

static beginning *find(const folder *f, const char *name, size_t length, int32_t call) {
  uint64_t hash = 14695981039346656037u + (uint64_t)call;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
  size_t slot = hash & (f->slots - 1);
  for (const beginning *b; (b = &f->beginnings[slot])->name; slot = (slot + 1) & (f->slots - 1))
    if (b->call == call && b->length == length && memcmp(b->name, name, length) == 0) break;
  return &f->beginnings[slot];
}

/* The next shorter beginning of a name that may be a block, 0 when there is none. */
static size_t shorten(const char *name, size_t length) {
  while (length > 0) {
    bool digit = false;
    length--;
    if (name[length] != '_') continue;
    for (size_t i = length; i > 0 && name[i - 1] != '_'; i--) digit = digit || isdigit((unsigned char)name[i - 1]);
    if (digit) return length;
  }
  return 0;
}

enum { BEGINNINGS = 8, LONGEST = 4096 }; /* looked at of one name; longer names are nobody's block */

/* Within a nested model nothing but the model counts. */
static size_t next_beginning(const char *name, size_t length) {
  const char *inside = memchr(name, '/', length);
  return inside ? (size_t)(inside - name) : strchr(name, '/') ? 0 : shorten(name, length);
}

static fv_status count_beginnings(folder *f) {
  f->slots = 16;
  while (f->slots < (size_t)f->calls->count * 2 * BEGINNINGS) f->slots *= 2;
  f->beginnings = FV__TAKE(f->arena, f->slots, beginning);
  if (!f->beginnings) return fv__diagram_no_memory();
  for (int32_t c = 0; c < f->calls->count; c++) {
    const char *name = name_of(f, c);
    size_t length = strlen(name);
    int32_t call = fv__call_number(f->calls, c);
    if (length > LONGEST) continue;
    for (int i = 0; i < BEGINNINGS && length; i++) {
      beginning *b = find(f, name, length, call);
      if (!b->name) *b = (beginning){.name = name, .length = length, .call = call, .first = c};
      b->calls++;
      b->merges += f->calls->sources.start[c + 1] - f->calls->sources.start[c] > 1;
      b->heavy += f->calls->family[c] == FV_FAMILY_CONVOLUTION || f->calls->family[c] == FV_FAMILY_DENSE;
      length = next_beginning(name, length);
    }
  }
  return FV_OK;
}

/* The beginning of a call's name that is its block, or NULL. */
static const beginning *choose(const folder *f, int32_t call) {
  const char *name = name_of(f, call);
  size_t length = strlen(name);
  if (length > LONGEST) return NULL;
  char given[100]; /* by Keras: "conv2d" */
  fv__snake_case(given, sizeof given, fv_model_layer(f->calls->model, f->calls->layer[call]).kind);
  int32_t number = fv__call_number(f->calls, call);
  const beginning *two = NULL;
  for (int i = 0; i < BEGINNINGS && length; i++) {
    const beginning *b = find(f, name, length, number);
    bool says = strlen(given) != length || memcmp(given, name, length) != 0;
    if (says && b->calls > 1 && b->merges) return b;
    if (says && b->calls > 1 && b->heavy > 1 && !two) two = b;
    length = next_beginning(name, length);
  }
  return two;
}

static const char *copy_name(folder *f, const char *name, size_t length) {
  char *copy = FV__TAKE(f->arena, length + 1, char);
  if (copy) memcpy(copy, name, length);
  return copy;
}

static void put_in(const folder *f, int32_t call, int32_t block, const char *name) {
  f->block[call] = f->group[call] = block;
  f->names[call] = name;
}

static fv_status fold_names(folder *f) {
  TRY(count_beginnings(f));
  for (int32_t c = 0; c < f->calls->count; c++) {
    const beginning *b = choose(f, c);
    if (!b) continue;
    const char *name = f->names[b->first];
    if (!name) name = copy_name(f, b->name, b->length);
    if (!name) return fv__diagram_no_memory();
    put_in(f, c, b->first, name);
    f->names[b->first] = name;
  }
  /* what goes with a call in its chain goes with it into its block; a first call that chose another block is renamed */
  for (int32_t c = 0; c < f->calls->count; c++) {
    int32_t head = f->chain[c];
    if (f->block[c] < 0 && f->block[head] >= 0) put_in(f, c, f->block[head], f->names[head]);
    if (f->block[c] < 0) f->names[c] = NULL;
  }
  return FV_OK;
}

static void take_apart(const folder *f, int32_t block) {
  for (int32_t c = 0; c < f->calls->count; c++) {
    if (f->block[c] != block) continue;
    f->group[c] = f->chain[c];
    f->names[c] = NULL;
    f->block[c] = -1;
  }
}

static int32_t piece_of(int32_t *parent, int32_t call) {
  while (parent[call] != call) call = parent[call] = parent[parent[call]];
  return call;
}

static void count_calls(const folder *f) {
  memset(f->size, 0, (size_t)f->calls->count * sizeof *f->size);
  for (int32_t c = 0; c < f->calls->count; c++)
    if (f->block[c] >= 0 && f->by_name[f->block[c]]) f->size[f->block[c]]++;
}

/* Names alone may agree by chance: calls of a block must hang together. */
static fv_status drop_scattered(folder *f) {
  const fv__calls *calls = f->calls;
  int32_t *parent = FV__TAKE(f->arena, calls->count, int32_t), *pieces = FV__TAKE(f->arena, calls->count, int32_t);
  if (!parent || !pieces) return fv__diagram_no_memory();
  for (int32_t c = 0; c < calls->count; c++) parent[c] = c;
  for (int32_t c = 0; c < calls->count; c++)
    for (int32_t i = calls->sources.start[c]; f->block[c] >= 0 && i < calls->sources.start[c + 1]; i++)
      if (f->block[calls->sources.list[i]] == f->block[c])
        parent[piece_of(parent, calls->sources.list[i])] = piece_of(parent, c);
  for (int32_t c = 0; c < calls->count; c++)
    if (f->block[c] >= 0) pieces[f->block[c]] += parent[c] == c;
  for (int32_t b = 0; b < calls->count; b++)
    if (pieces[b] > 1) take_apart(f, b);
  for (int32_t c = 0; c < calls->count; c++)
    if (f->block[c] >= 0) f->by_name[f->block[c]] = true;
  count_calls(f);
  return FV_OK;
}

/* ---- by shape */

/* The nearest call that all ways from inputs to a call pass, -1 for none; depth counts such calls. */
static void find_gates(int32_t *gate, int32_t *depth, const fv__calls *calls) {
  for (int32_t c = 0; c < calls->count; c++) {
    const int32_t *list = calls->sources.list;
    int32_t first = calls->sources.start[c], end = calls->sources.start[c + 1];
    int32_t here = first < end ? list[first] : -1;
    for (int32_t i = first + 1; i < end && here >= 0; i++)
      for (int32_t other = list[i]; here >= 0 && here != other;)
        if (other < 0)
          here = -1;
        else if (depth[here] >= depth[other])
          here = gate[here];
        else
          other = gate[other];
    gate[c] = here;
    depth[c] = here >= 0 ? depth[here] + 1 : 0;
  }
}

/* Calls between `gate` and `merge`, with `merge`, into `region`; 0 when there are more than `most` of them. */
static int32_t gather_region(int32_t *region, int32_t *mark, const fv__calls *calls, int32_t gate, int32_t merge,
                             int32_t most) {
  int32_t count = 1;
  region[0] = merge;
  mark[merge] = merge;
  for (int32_t i = 0; i < count; i++)
    for (int32_t k = calls->sources.start[region[i]]; k < calls->sources.start[region[i] + 1]; k++) {
      int32_t source = calls->sources.list[k];
      if (source == gate || mark[source] == merge) continue;
      if (count == most) return 0;
      mark[source] = merge;
      region[count++] = source;
    }
  return count;
}

/* Whether only the merging, which is first, is read from outside. */
static bool is_closed(const int32_t *region, int32_t count, const int32_t *mark, const fv__calls *calls) {
  for (int32_t i = 1; i < count; i++)
    for (int32_t k = calls->readers.start[region[i]]; k < calls->readers.start[region[i] + 1]; k++)
      if (mark[calls->readers.list[k]] != region[0]) return false;
  return true;
}

/* Whether a name is another one or belongs to it: "Mixed_7b_branch3x3" to "Mixed_7b". */
static bool belongs(const char *name, const char *to) {
  size_t length = strlen(to);
  return !strncmp(name, to, length) && (name[length] == '\0' || name[length] == '_');
}

/* The block by name in a region that all others in it belong to, -1: none, -2: they are several, or not all of one. */
static int32_t block_inside(const folder *f, const int32_t *region, int32_t count) {
  int32_t found = -1, calls = 0, expected = 0;
  for (int32_t i = 0; i < count; i++) {
    int32_t block = f->block[region[i]];
    if (block < 0 || !f->size[block]) continue;
    calls++;
    if (region[i] == block) expected += f->size[block];
    if (found < 0 || belongs(f->names[found], f->names[block])) found = block;
    if (!belongs(f->names[block], f->names[found])) return -2;
  }
  return calls == expected ? found : -2;
}

/* Whether a call's name is one that Keras gave: its class in small letters, maybe with a number. */
static bool is_given(const folder *f, int32_t call) {
  char given[100];
  fv__snake_case(given, sizeof given, fv_model_layer(f->calls->model, f->calls->layer[call]).kind);
  const char *name = name_of(f, call);
  size_t length = strlen(given);
  return !strncmp(name, given, length) && strspn(name + length, "_0123456789") == strlen(name + length);
}

/* The merging's name; if Keras gave it, the beginning of a name in the region that somebody chose. NULL: no memory. */
static const char *region_name(folder *f, const int32_t *region, int32_t count) {
  for (int32_t i = is_given(f, region[0]) ? 0 : count; i < count; i++) {
    const char *name = name_of(f, region[i]);
    size_t length = strlen(name);
    if (is_given(f, region[i]) || length > LONGEST) continue;
    size_t shorter = next_beginning(name, length);
    return copy_name(f, name, shorter ? shorter : length);
  }
  return name_of(f, region[0]);
}

static fv_status fold_shapes(folder *f) {
  const fv__calls *calls = f->calls;
  int32_t most = calls->count / PART > SMALL ? calls->count / PART : SMALL;
  int32_t *gate = FV__TAKE(f->arena, calls->count, int32_t), *depth = FV__TAKE(f->arena, calls->count, int32_t);
  int32_t *region = FV__TAKE(f->arena, calls->count, int32_t), *mark = FV__TAKE(f->arena, calls->count, int32_t);
  if (!gate || !depth || !region || !mark) return fv__diagram_no_memory();
  for (int32_t c = 0; c < calls->count; c++) mark[c] = -1;
  find_gates(gate, depth, calls);
  for (int32_t c = 0; c < calls->count; c++) {
    if (calls->sources.start[c + 1] - calls->sources.start[c] < 2 || gate[c] < 0) continue;
    int32_t count = gather_region(region, mark, calls, gate[c], c, most);
    if (count < 2 || !is_closed(region, count, mark, calls)) continue;
    int32_t named = block_inside(f, region, count);
    if (named == -2) continue;
    const char *name = named >= 0 ? f->names[named] : region_name(f, region, count);
    if (!name) return fv__diagram_no_memory();
    int32_t block = named >= 0 ? named : region[count - 1];
    for (int32_t i = 0; i < count; i++) put_in(f, region[i], block, name);
    for (int32_t k = c; k < calls->count && k < c + SMALL; k++) /* what follows the merging in its chain */
      if (f->block[k] < 0 && f->chain[k] == f->chain[c]) put_in(f, k, block, name);
    count_calls(f);
  }
  return FV_OK;
}

/* ---- circles */

/* Lines between groups. Answers false when they make a circle; then `open` tells the groups in or behind it. */
static fv_status sort_groups(const folder *f, bool *sorted, int32_t *open) {
  const fv__calls *calls = f->calls;
  int32_t links = calls->sources.start[calls->count], count = 0;
  fv__arena scratch = {0};
  fv_diagram_edge *edges = FV__TAKE(&scratch, links, fv_diagram_edge);
  int32_t *order = FV__TAKE(&scratch, calls->count, int32_t), *first = FV__TAKE(&scratch, calls->count, int32_t);
  int32_t *next = FV__TAKE(&scratch, links, int32_t);
  bool good = edges && order && first && next;
  for (int32_t c = 0; good && c < calls->count; c++)
    for (int32_t i = calls->sources.start[c]; i < calls->sources.start[c + 1]; i++) {
      int32_t from = f->group[calls->sources.list[i]];
      if (from != f->group[c]) edges[count++] = (fv_diagram_edge){.from = from, .to = f->group[c]};
    }
  if (good) *sorted = fv__sort_boxes(order, calls->count, edges, count, open, first, next);
  fv__arena_clear(&scratch);
  return good ? FV_OK : fv__diagram_no_memory();
}

static fv_status break_circles(folder *f) {
  int32_t *open = FV__TAKE(f->arena, f->calls->count, int32_t);
  if (!open) return fv__diagram_no_memory();
  for (;;) {
    bool sorted = true;
    TRY(sort_groups(f, &sorted, open));
    if (sorted) return FV_OK;
    int32_t c = 0; /* the first block in the way; those behind it may be innocent */
    while (c < f->calls->count && (f->block[c] < 0 || open[f->block[c]] <= 0)) c++;
    if (c == f->calls->count) return fail(FV_ERROR_STATE, "the boxes of a diagram make a circle");
    take_apart(f, f->block[c]);
  }
}

fv_status fv__fold_blocks(int32_t *group, const char **names, const int32_t *chain, const fv__calls *calls,
                          fv__arena *arena) {
  size_t count = (size_t)calls->count;
  folder f = {.calls = calls,
              .arena = arena,
              .group = group,
              .chain = chain,
              .block = FV__TAKE(arena, count, int32_t),
              .by_name = FV__TAKE(arena, count, bool),
              .size = FV__TAKE(arena, count, int32_t),
              .names = names};
  if (!f.block || !f.by_name || !f.size) return fv__diagram_no_memory();
  memcpy(group, chain, count * sizeof *group);
  for (size_t c = 0; c < count; c++) f.block[c] = -1;
  TRY(fold_names(&f));
  TRY(drop_scattered(&f));
  TRY(fold_shapes(&f));
  return break_circles(&f);
}
