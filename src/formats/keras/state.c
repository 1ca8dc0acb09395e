/* The tensors of Keras's files as they are stored: every dataset of an HDF5 file, called by its path. What the path
 * says twice is left out: "model_weights/conv1/conv1/kernel:0" is "conv1/kernel", unless that is another's name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/zip.h"
#include "formats/keras/keras.h"
#include "formats/state/state.h"

enum { DEPTH_MAX = 64, OBJECTS_MAX = 1 << 17, NAME_BYTES = 4096 };

/* What the elements are read from; of a .h5 the file alone. */
typedef struct owner {
  fv__zip *zip;
  fv__source member;
  fv__hdf5 *file;
} owner;

static fv_status read_floats(const fv_state *state, float *values, const fv__state_tensor *tensor) {
  const owner *from = state->owner;
  return fv__hdf5_read(from->file, values, tensor->count, tensor->place, NULL);
}

static void close_owner(fv_state *state) {
  owner *from = state->owner;
  if (from->file) fv__hdf5_close(from->file);
  fv__source_close(&from->member);
  fv__zip_close(from->zip);
  free(from);
}

static const fv__state_reader reader = {.floats = read_floats, .close = close_owner};

/* Names. */

static const char *without_repetition(const char *path) {
  static const char weights[] = "model_weights/";
  if (!strncmp(path, weights, sizeof weights - 1)) path += sizeof weights - 1;
  const char *slash = strchr(path, '/');
  const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
  return length && !strncmp(slash + 1, path, length) ? slash + 1 : path;
}

static fv_status add_dataset(fv_state *state, const char *path, const fv__hdf5_numbers *numbers, fv__hdf5_object object,
                             bool is_short) {
  char name[NAME_BYTES]; /* a path has this room too */
  const char *wanted = is_short ? without_repetition(path) : path;
  size_t length = strlen(wanted);
  if (is_short && fv__text_ends_with(wanted, ":0")) length -= 2;
  memcpy(name, wanted, length);
  name[length] = '\0';
  return fv__state_add(state, name, &numbers->shape, numbers->element, object);
}

/* The walk: one level per group that is open. Hard links may make the tree a graph, so all is counted. */
typedef struct level {
  fv__hdf5_list children;
  int32_t next;
  size_t length; /* of the group's path */
} level;

typedef struct walk {
  level levels[DEPTH_MAX];
  int32_t depth, objects;
  char path[NAME_BYTES];
} walk;

static fv_status open_group(walk *w, fv__hdf5 *file, fv__hdf5_object group) {
  if (w->depth == DEPTH_MAX) return fail(FV_ERROR_FORMAT, "HDF5 groups nested deeper than %d", DEPTH_MAX);
  level *deeper = &w->levels[w->depth];
  *deeper = (level){.length = strlen(w->path)};
  TRY(fv__hdf5_children(file, &deeper->children, group));
  w->depth++;
  return FV_OK;
}

/* "/name" behind the path of the newest group. */
static fv_status enter(walk *w, const char *name) {
  const level *top = &w->levels[w->depth - 1];
  const size_t slash = top->length > 0, length = strlen(name);
  if (top->length + slash + length >= NAME_BYTES) return fail(FV_ERROR_FORMAT, "an HDF5 path of %d bytes", NAME_BYTES);
  if (slash) w->path[top->length] = '/';
  memcpy(w->path + top->length + slash, name, length + 1);
  return FV_OK;
}

static fv_status list_datasets(fv_state *state, walk *w, fv__hdf5 *file, bool is_short) {
  *w->path = '\0';
  TRY(open_group(w, file, fv__hdf5_root(file)));
  while (w->depth > 0) {
    level *top = &w->levels[w->depth - 1];
    if (top->next == top->children.count) {
      w->depth--;
      continue;
    }
    if (++w->objects > OBJECTS_MAX) return fail(FV_ERROR_FORMAT, "more than %d HDF5 objects", OBJECTS_MAX);
    const fv__hdf5_object object = top->children.objects[top->next];
    TRY(enter(w, top->children.names[top->next++]));
    fv__hdf5_numbers numbers;
    fv_status status = fv__hdf5_numbers_of(file, &numbers, object);
    if (!status)
      TRY(add_dataset(state, w->path, &numbers, object, is_short));
    else if (status == FV_ERROR_NOT_FOUND)
      TRY(open_group(w, file, object));
    else
      return note(status, "%.200s", w->path);
  }
  return fv__state_finish(state);
}

/* Opening. */

static fv_status list_file(fv_state *state, bool is_short) {
  const owner *from = state->owner;
  walk *w = calloc(1, sizeof *w);
  if (!w) return fail(FV_ERROR_MEMORY, "no memory for a list of tensors");
  fv_status status = list_datasets(state, w, from->file, is_short);
  free(w);
  return status;
}

static fv_status open_zip(owner *from, const fv__source *source) {
  TRY(fv__zip_open(&from->zip, source));
  const int32_t index = fv__zip_find(from->zip, "model.weights.h5");
  if (index < 0) return fail(FV_ERROR_FORMAT, "no member 'model.weights.h5' in the zip");
  return fv__zip_member(&from->member, from->zip, index);
}

static fv_status open_owner(owner *from, const fv__source *source) {
  uint8_t first[8] = {0};
  const size_t size = source->size < 8 ? (size_t)source->size : 8;
  from->member.descriptor = -1;
  TRY(fv__source_read(source, 0, first, size));
  if (fv__hdf5_probe(first, size)) return fv__hdf5_open(&from->file, source);
  TRY(open_zip(from, source));
  return fv__hdf5_open(&from->file, &from->member);
}

static fv_status try_open(fv_state **state, const fv__source *source, bool is_short) {
  fv_state *fresh;
  TRY(fv__state_create(&fresh, &reader));
  owner *from = fresh->owner = calloc(1, sizeof *from);
  fv_status status = from ? open_owner(from, source) : fail(FV_ERROR_MEMORY, "no memory for a list of tensors");
  if (!status) status = list_file(fresh, is_short);
  if (status)
    fv_state_close(fresh);
  else
    *state = fresh;
  return status;
}

fv_status fv__keras_open_state(fv_state **state, const fv__source *source) {
  *state = NULL;
  fv_status status = try_open(state, source, true);
  return status == FV_ERROR_FORMAT ? try_open(state, source, false) : status; /* two tensors of one short name */
}
