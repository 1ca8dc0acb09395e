/* Layer names come from files of strangers: '/' and control characters are replaced, long names are cut, ".npy" stands
 * behind, so "../../x" becomes the plain name ".._.._x.npy" and nothing is written outside the folder.
 */
#include "layer_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea/tensor.h>

#include "command.h"

enum { NAME_SIZE = 208, PATH_SIZE = 4096 };

/* Names already used, as an open hash table of their texts. */
typedef struct name_set {
  char (*names)[NAME_SIZE];
  size_t slots; /* a power of two, more than twice the names that come */
} name_set;

static size_t first_slot(const name_set *set, const char *name) {
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char *c = (const unsigned char *)name; *c; c++) hash = (hash ^ *c) * 1099511628211u;
  return (size_t)(hash ^ hash >> 32) & (set->slots - 1);
}

/* False when the name was there already. */
static bool name_set_add(name_set *set, const char *name) {
  size_t slot = first_slot(set, name);
  while (set->names[slot][0]) {
    if (!strcmp(set->names[slot], name)) return false;
    slot = (slot + 1) & (set->slots - 1);
  }
  snprintf(set->names[slot], NAME_SIZE, "%s", name);
  return true;
}

static bool name_set_create(name_set *set, size_t names) {
  set->slots = 16;
  while (set->slots < 2 * names + 2) set->slots *= 2;
  set->names = calloc(set->slots, sizeof *set->names);
  return set->names != NULL;
}

/* A layer's name as a file name without ending, at most 180 bytes, unused so far. */
static void file_name(char name[NAME_SIZE], name_set *set, const char *layer) {
  char base[181];
  size_t length = strnlen(layer, sizeof base - 1);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)layer[i];
    base[i] = c == '/' || c == '\\' || c < 0x20 || c == 0x7f ? '_' : (char)c;
  }
  base[length] = '\0';
  snprintf(name, NAME_SIZE, "%s", length ? base : "_");
  for (int again = 2; !name_set_add(set, name); again++) snprintf(name, NAME_SIZE, "%s@%d", base, again);
}

static int write_value(const char *folder, const char *name, const fv_plan *plan, int32_t node) {
  char path[PATH_SIZE];
  if (snprintf(path, sizeof path, "%s/%s.npy", folder, name) >= (int)sizeof path) {
    return command_error(COMMAND_FAILURE, "%s: the name of the folder is too long", folder);
  }
  fv_value value = {node, 0};
  fv_shape shape = fv_plan_shape(plan, value);
  fv_tensor numbers;
  fv_status status = fv_tensor_create(&numbers, &shape);
  if (!status) status = fv_plan_read(plan, value, numbers.data);
  if (!status) status = fv_npy_write(path, &numbers);
  int exit_status = status ? command_fail_output(status) : COMMAND_OK;
  fv_tensor_destroy(&numbers);
  return exit_status;
}

static int make_folder(const char *folder) {
  struct stat about;
  if (!mkdir(folder, 0777)) return COMMAND_OK;
  int problem = errno;
  if (problem == EEXIST && !stat(folder, &about) && S_ISDIR(about.st_mode)) return COMMAND_OK;
  return command_error(problem == ENOSPC || problem == EDQUOT ? COMMAND_RESOURCES : COMMAND_FAILURE, "%s: %s", folder,
                       problem == EEXIST ? "exists and is no folder" : strerror(problem));
}

int layer_files_write(const char *folder, const fv_model *model, const fv_plan *plan) {
  int status = make_folder(folder);
  if (status) return status;
  name_set set;
  if (!name_set_create(&set, (size_t)fv_model_node_count(model))) {
    return command_error(COMMAND_RESOURCES, "no memory for the names of layers");
  }
  for (int32_t i = 0; i < fv_model_layer_count(model) && status == COMMAND_OK; i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    for (int32_t k = 0; k < layer.node_count && status == COMMAND_OK; k++) {
      char name[NAME_SIZE];
      file_name(name, &set, layer.name);
      status = write_value(folder, name, plan, layer.nodes[k]);
    }
  }
  free(set.names);
  return status;
}
