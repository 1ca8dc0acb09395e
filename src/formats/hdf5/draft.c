/* The tree of an HDF5 file that is being made. See draft.h; write.c writes it. */
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/hdf5/node.h"

/* Keras's limit for what one object header holds: longer lists are split. */
enum { ATTRIBUTE_BYTES_MAX = 64512 };

static void stick(fv__hdf5_draft *draft, fv_status status) {
  if (draft->status) return;
  draft->status = status;
  fv__error_save(draft->message);
}

static void *take(fv__hdf5_draft *draft, size_t bytes) {
  void *taken = draft->status ? NULL : fv__arena_take(&draft->arena, bytes);
  if (!taken && !draft->status) stick(draft, fail(FV_ERROR_MEMORY, "no memory for an HDF5 file"));
  return taken;
}

static char *take_text(fv__hdf5_draft *draft, const char *text, size_t length) {
  char *copy = take(draft, length + 1);
  if (copy) memcpy(copy, text, length);
  return copy;
}

fv_status fv__hdf5_draft_create(fv__hdf5_draft **out) {
  fv__hdf5_draft *draft = calloc(1, sizeof *draft);
  *out = NULL;
  if (!draft) return fail(FV_ERROR_MEMORY, "no memory for an HDF5 file");
  draft->root = take(draft, sizeof *draft->root);
  if (draft->root) *draft->root = (fv__hdf5_node){.name = "", .is_group = true};
  *out = draft;
  return FV_OK;
}

void fv__hdf5_draft_destroy(fv__hdf5_draft *draft) {
  if (!draft) return;
  fv__arena_clear(&draft->arena);
  free(draft);
}

fv__hdf5_node *fv__hdf5_draft_root(fv__hdf5_draft *draft) { return draft->root; }

static fv__hdf5_node *add_child(fv__hdf5_draft *draft, fv__hdf5_node *parent, const char *name, size_t length) {
  fv__hdf5_node *child = take(draft, sizeof *child);
  char *copy = take_text(draft, name, length);
  if (!child || !copy) return NULL;
  child->name = copy;
  *(parent->last ? &parent->last->next : &parent->children) = child;
  parent->last = child;
  parent->count++;
  return child;
}

static bool is_called(const fv__hdf5_node *node, const char *name, size_t length) {
  return node->is_group && !strncmp(node->name, name, length) && node->name[length] == '\0';
}

/* A group's child group of this name, made when there is none. Most often it is the one that was added last. */
static fv__hdf5_node *enter(fv__hdf5_draft *draft, fv__hdf5_node *group, const char *name, size_t length) {
  if (group->last && is_called(group->last, name, length)) return group->last;
  for (fv__hdf5_node *child = group->children; child; child = child->next)
    if (is_called(child, name, length)) return child;
  fv__hdf5_node *made = add_child(draft, group, name, length);
  if (made) made->is_group = true;
  return made;
}

/* The group before the last part of a path, which *path becomes. */
static fv__hdf5_node *descend(fv__hdf5_draft *draft, fv__hdf5_node *group, const char **path) {
  for (const char *slash; group && (slash = strchr(*path, '/')) != NULL; *path = slash + 1)
    if (slash != *path) group = enter(draft, group, *path, (size_t)(slash - *path));
  return group;
}

fv__hdf5_node *fv__hdf5_add_group(fv__hdf5_draft *draft, fv__hdf5_node *parent, const char *path) {
  if (draft->status) return NULL;
  parent = descend(draft, parent, &path);
  return parent && *path ? enter(draft, parent, path, strlen(path)) : parent;
}

void fv__hdf5_add_numbers(fv__hdf5_draft *draft, fv__hdf5_node *parent, const char *path, const fv_shape *shape,
                          fv__element element, const void *numbers) {
  int64_t count;
  if (draft->status) return;
  parent = descend(draft, parent, &path);
  fv__hdf5_node *dataset = parent ? add_child(draft, parent, path, strlen(path)) : NULL;
  if (!dataset) return;
  fv_status status = fv_shape_elements(&count, shape);
  if (!status && !fv__size_bytes(&dataset->bytes, count, fv__element_size(element)))
    status = fail(FV_ERROR_SHAPE, "a tensor too large for a file");
  if (status) stick(draft, note(status, "%s", path));
  dataset->shape = *shape;
  dataset->element = element;
  dataset->numbers = numbers;
}

static fv__hdf5_draft_attribute *add_attribute(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name) {
  fv__hdf5_draft_attribute *attribute = take(draft, sizeof *attribute);
  char *copy = take_text(draft, name, strlen(name));
  if (!attribute || !copy) return NULL;
  attribute->name = copy;
  *(node->last_attribute ? &node->last_attribute->next : &node->attributes) = attribute;
  node->last_attribute = attribute;
  return attribute;
}

void fv__hdf5_add_text(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name, const char *text) {
  if (draft->status) return;
  char *copy = take_text(draft, text, strlen(text));
  fv__hdf5_draft_attribute *attribute = copy ? add_attribute(draft, node, name) : NULL;
  if (!attribute) return;
  attribute->text = copy;
  if (*copy) attribute->heap_index = ++draft->text_count;
  if (draft->text_count > UINT16_MAX) stick(draft, fail(FV_ERROR_UNSUPPORTED, "more than %d texts", UINT16_MAX));
}

static void add_list(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name, const char *const *texts,
                     int32_t count, size_t width) {
  fv__hdf5_draft_attribute *attribute = add_attribute(draft, node, name);
  const char **list = take(draft, ((size_t)count + 1) * sizeof *list);
  if (!attribute || !list) return;
  for (int32_t i = 0; i < count; i++) list[i] = take_text(draft, texts[i], strlen(texts[i]));
  attribute->list = list;
  attribute->count = count;
  attribute->width = width;
}

/* Keras splits as numpy.array_split does: the smallest number of pieces that all fit, the first ones longer by one. */
void fv__hdf5_add_texts(fv__hdf5_draft *draft, fv__hdf5_node *node, const char *name, const char *const *texts,
                        int32_t count) {
  size_t width = count ? 1 : 0;
  if (draft->status) return;
  for (int32_t i = 0; i < count; i++)
    if (strlen(texts[i]) > width) width = strlen(texts[i]);
  if (width > ATTRIBUTE_BYTES_MAX) {
    stick(draft, fail(FV_ERROR_UNSUPPORTED, "a name of %zu bytes, the limit is %d", width, ATTRIBUTE_BYTES_MAX));
    return;
  }
  int32_t pieces = 1;
  while ((size_t)((count + pieces - 1) / pieces) * width > ATTRIBUTE_BYTES_MAX) pieces++;
  if (pieces == 1) {
    add_list(draft, node, name, texts, count, width);
    return;
  }
  for (int32_t i = 0, start = 0; i < pieces; i++) {
    char numbered[300];
    int32_t rows = count / pieces + (i < count % pieces);
    snprintf(numbered, sizeof numbered, "%s%d", name, (int)i);
    add_list(draft, node, numbered, texts + start, rows, width); /* as wide as the whole list, as numpy's pieces are */
    start += rows;
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(fv__hdf5_node *const *)a)->name, (*(fv__hdf5_node *const *)b)->name);
}

static void sort(fv__hdf5_draft *draft, fv__hdf5_node *group) {
  group->sorted = take(draft, ((size_t)group->count + 1) * sizeof(fv__hdf5_node *));
  if (!group->sorted) return;
  int32_t count = 0;
  for (fv__hdf5_node *child = group->children; child; child = child->next) {
    group->sorted[count++] = child;
    if (child->is_group) sort(draft, child);
  }
  qsort(group->sorted, (size_t)count, sizeof *group->sorted, by_name);
  for (int32_t i = 1; i < count; i++)
    if (!strcmp(group->sorted[i - 1]->name, group->sorted[i]->name))
      stick(draft, fail(FV_ERROR_UNSUPPORTED, "two things called '%.100s' in one HDF5 group", group->sorted[i]->name));
}

fv_status fv__hdf5_draft_finish(fv__hdf5_draft *draft) {
  if (!draft->status) sort(draft, draft->root);
  if (!draft->status) fv__hdf5_draft_place(draft);
  return draft->status ? fv__error_raise(draft->status, draft->message) : FV_OK;
}
