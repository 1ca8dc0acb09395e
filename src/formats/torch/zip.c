/* The zip form of torch.save: one folder with data.pkl, the object's pickle, and data/KEY, one member per storage. The
 * folder is called after the file that was written first, so any name is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/torch/file.h"

enum { NAME_MAX_BYTES = 1024 };

bool fv__torch_probe_zip(const void *bytes, size_t size) {
  static const char *const names[] = {"/data.pkl",           "/version", "/.format_version", "/byteorder",
                                      "/.storage_alignment", "/data/0"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (fv__zip_first_ends_with(bytes, size, names[i])) return true;
  return false;
}

/* data.pkl in a folder of its own; -1: none. */
static int32_t find_pickle(const fv__zip *zip) {
  for (int32_t i = 0; i < fv__zip_count(zip); i++) {
    const char *name = fv__zip_name(zip, i), *slash = strchr(name, '/');
    if (slash && !strcmp(slash, "/data.pkl")) return i;
  }
  return -1;
}

/* The name of another member of the folder. */
static bool member_name(char name[NAME_MAX_BYTES], const fv__torch *file, const char *folder, const char *key) {
  const char *pickle = fv__zip_name(file->zip, find_pickle(file->zip));
  int used = snprintf(name, NAME_MAX_BYTES, "%.*s/%s%s", (int)(strchr(pickle, '/') - pickle), pickle, folder, key);
  return used > 0 && used < NAME_MAX_BYTES;
}

static fv_status check_byte_order(fv__torch *file) {
  char name[NAME_MAX_BYTES], *text;
  int32_t index = member_name(name, file, "byteorder", "") ? fv__zip_find(file->zip, name) : -1;
  if (index < 0) return FV_OK; /* before torch 2.1 */
  TRY(fv__zip_read(file->zip, index, &text, 64));
  bool is_little = !strcmp(text, "little");
  free(text);
  return is_little ? FV_OK : fail(FV_ERROR_UNSUPPORTED, "a torch file of a big-endian machine");
}

fv_status fv__torch_place_member(const fv__torch *file, fv__pickle_value *storage) {
  char name[NAME_MAX_BYTES];
  int32_t index = member_name(name, file, "data/", storage->storage.key) ? fv__zip_find(file->zip, name) : -1;
  if (index < 0) return fail(FV_ERROR_FORMAT, "no member 'data/%.100s' in the zip", storage->storage.key);
  int64_t found = fv__zip_size(file->zip, index);
  int64_t expected = storage->storage.count * (int64_t)fv__element_size(storage->storage.element);
  if (found != expected)
    return fail(FV_ERROR_FORMAT, "member 'data/%.100s': expected %lld bytes, found %lld", storage->storage.key,
                (long long)expected, (long long)found);
  storage->storage.address = index;
  return FV_OK;
}

fv_status fv__torch_read_zip(fv__torch *file, const fv__pickle_value **root) {
  char name[NAME_MAX_BYTES];
  fv__source member;
  fv__pickle_value *object = NULL;
  TRY(fv__zip_open(&file->zip, file->source));
  int32_t index = find_pickle(file->zip);
  if (index < 0) return fail(FV_ERROR_FORMAT, "no member 'data.pkl' in the zip");
  if (member_name(name, file, "constants.pkl", "") && fv__zip_find(file->zip, name) >= 0)
    return fail(FV_ERROR_UNSUPPORTED, "a TorchScript archive, which is a program; save the network's state_dict()");
  TRY(check_byte_order(file));
  TRY(fv__zip_member(&member, file->zip, index));
  file->pickle.source = &member;
  fv_status status = fv__zip_check(&member);
  if (!status) status = fv__pickle_run(&file->pickle, &object);
  fv__source_close(&member);
  file->pickle.source = NULL;
  *root = object;
  return status ? note(status, "data.pkl") : FV_OK;
}
