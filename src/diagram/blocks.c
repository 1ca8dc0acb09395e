/* Blocks: repeated parts of a network, recognised by names and by shape.
 *
 * Names. "conv3_block2_1_conv" may belong to "conv3", "conv3_block2" or "conv3_block2_1": beginnings that end in a word
 * with a digit. The shortest that says enough is the longest one, seen from the layer, whose layers hold a merging (Add,
 * Concatenate), else the longest whose layers hold two convolutions; else there is no block. Layers of a nested model
 * ("encoder/conv1") belong to it.
 *
 * Shape. Networks that leave names to the library (InceptionV3's "conv2d_42") are cut where branches that come out of
 * one call meet again: all between, with the merging, is a block named after the merging ("mixed3"), unless more than
 * one block by name or a large part of the network is in it.
 *
 * A group that would make lines run in a circle is dissolved.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "diagram/layout.h"

enum { SMALL = 12, PART = 5 }; /* blocks by shape: so many calls are always few; so many parts of the network are many */

/* What layers whose names have a beginning in common hold together. */
typedef struct beginning {
  const char *name; /* the first of them, which begins with it */
  size_t length;
  int32_t calls, merges, heavy, first;
} beginning;

typedef struct folder {
  const fv__calls *calls;
  fv__arena *arena;
  int32_t *group;
  const char **names;
  bool *whole; /* of a group's number: a block, by name or by shape */
  beginning *beginnings;
  size_t slots;
} folder;

static const char *name_of(const folder *f, int32_t call) {
  return fv_model_layer(f->calls->model, f->calls->layer[call]).name;
}

/* ---- by name */

static beginning *find(const folder *f, const char *name, size_t length) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
  size_t slot = hash & (f->slots - 1);
  while (f->beginnings[slot].name &&
         (f->beginnings[slot].length != length || memcmp(f->beginnings[slot].name, name, length) != 0))
    slot = (slot + 1) & (f->slots - 1);
  return &f->beginnings[slot];
}

/* The next shorter beginning of a name that may be a block, 0 when there is none. */
static size_t shorten(const char *name, size_t length) {
  while (length > 0) {
    bool digit = false;
    length--;
    if (name[length] != '_' && name[length] != '/') continue;
    for (size_t i = length; i > 0 && name[i - 1] != '_' && name[i - 1] != '/'; i--)
      digit = digit || isdigit((unsigned char)name[i - 1]);
    if (digit) return length;
  }
  return 0;
}

enum { BEGINNINGS = 8, LONGEST = 4096 }; /* looked at of one name; longer names are nobody's block */

static fv_status count_beginnings(folder *f) {
  f->slots = 16;
  while (f->slots < (size_t)f->calls->count * 2 * BEGINNINGS) f->slots *= 2;
  f->beginnings = FV__TAKE(f->arena, f->slots, beginning);
  if (!f->beginnings) return fv__diagram_no_memory();
  for (int32_t c = 0; c < f->calls->count; c++) {
    const char *name = name_of(f, c);
    size_t length = strlen(name);
    if (length > LONGEST) continue;
    for (int i = 0; i < BEGINNINGS && length; i++) {
      beginning *b = find(f, name, length);
      if (!b->name) *b = (beginning){.name = name, .length = length, .first = c};
      b->calls++;
      b->merges += f->calls->sources.start[c + 1] - f->calls->sources.start[c] > 1;
      b->heavy += f->calls->family[c] == FV_FAMILY_CONVOLUTION || f->calls->family[c] == FV_FAMILY_DENSE;
      length = shorten(name, length);
    }
  }
  return FV_OK;
}

/* The beginning of a call's name that is its block, or NULL. */
static const beginning *choose(const folder *f, int32_t call) {
  const char *name = name_of(f, call);
  size_t length = strlen(name);
  if (length > LONGEST) return NULL;
  const beginning *two = NULL;
  for (int i = 0; i < BEGINNINGS && length; i++) {
    const beginning *b = find(f, name, length);
    if (b->calls > 1 && b->merges) return b;
    if (b->calls > 1 && b->heavy > 1 && !two) two = b;
    length = shorten(name, length);
  }
  return two;
}

static const char *copy_name(folder *f, const char *name, size_t length) {
  char *copy = FV__TAKE(f->arena, length + 1, char);
  if (copy) memcpy(copy, name, length);
  return copy;
}

static fv_status fold_names(folder *f) {
  TRY(count_beginnings(f));
  for (int32_t c = 0; c < f->calls->count; c++) {
    const beginning *b = choose(f, c);
    if (!b) continue;
    f->group[c] = b->first;
    f->names[c] = f->names[b->first] && b->first != c ? f->names[b->first] : copy_name(f, b->name, b->length);
    if (!f->names[c]) return fv__diagram_no_memory();
    f->whole[b->first] = true;
  }
  return FV_OK;
}

fv_status fv__fold_blocks(int32_t *group, const char **names, const fv__calls *calls, fv__arena *arena) {
  folder f = {.calls = calls,
              .arena = arena,
              .group = group,
              .names = names,
              .whole = FV__TAKE(arena, calls->count, bool)};
  if (!f.whole) return fv__diagram_no_memory();
  return fold_names(&f);
}
