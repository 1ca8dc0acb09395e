/* .npz archives: names come from the zip directory, arrays from the .npy reader. Members that are not .npy are left out
 * of sight. */
#include <fovea/tensor.h>

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/zip.h"
#include "tensor/npy.h"

typedef struct member {
  char *name;    /* without ".npy" */
  int32_t index; /* in the zip */
} member;

struct fv_npz {
  fv__source source;
  fv__zip *zip;
  char *path;
  member *members;
  int32_t count;
};

void fv_npz_close(fv_npz *archive) {
  if (!archive) return;
  for (int32_t i = 0; i < archive->count; i++) free(archive->members[i].name);
  free(archive->members);
  free(archive->path);
  fv__zip_close(archive->zip);
  fv__source_close(&archive->source);
  free(archive);
}

static fv_status list_members(fv_npz *archive) {
  int32_t entries = fv__zip_count(archive->zip);
  archive->members = calloc((size_t)entries + 1, sizeof *archive->members);
  if (!archive->members) return fail(FV_ERROR_MEMORY, "no memory for %d names", entries);
  for (int32_t i = 0; i < entries; i++) {
    const char *name = fv__zip_name(archive->zip, i);
    if (!fv__text_ends_with(name, ".npy")) continue;
    char *copy = strndup(name, strlen(name) - 4);
    if (!copy) return fail(FV_ERROR_MEMORY, "no memory for %d names", entries);
    archive->members[archive->count++] = (member){copy, i};
  }
  return FV_OK;
}

static fv_status open_archive(fv_npz *archive, const char *path) {
  archive->path = strdup(path);
  if (!archive->path) return fail(FV_ERROR_MEMORY, "no memory to open an archive");
  TRY(fv__source_open(&archive->source, path));
  if (archive->source.size == 0) return fail(FV_ERROR_FORMAT, "is empty, not an archive");
  TRY(fv__zip_open(&archive->zip, &archive->source));
  return list_members(archive);
}

fv_status fv_npz_open(fv_npz **archive, const char *path) {
  *archive = NULL;
  fv_npz *opened = calloc(1, sizeof *opened);
  if (!opened) return fail(FV_ERROR_MEMORY, "%s: no memory to open an archive", path);
  fv_status status = open_archive(opened, path);
  if (status) {
    fv_npz_close(opened);
    return note(status, "%s", path);
  }
  *archive = opened;
  return FV_OK;
}

const char *fv_npz_name(const fv_npz *archive, int32_t index) {
  return index >= 0 && index < archive->count ? archive->members[index].name : NULL;
}

static fv_status read_member(fv_tensor *tensor, fv_npz *archive, int32_t index) {
  char *bytes;
  int64_t size = fv__zip_size(archive->zip, index);
  TRY(fv__zip_read(archive->zip, index, &bytes, INT64_C(1) << 40));
  fv_status status = fv__npy_decode(tensor, (const uint8_t *)bytes, (size_t)size);
  free(bytes);
  return status;
}

fv_status fv_npz_read(fv_tensor *tensor, fv_npz *archive, const char *name) {
  *tensor = (fv_tensor){0};
  for (int32_t i = 0; i < archive->count; i++) {
    if (strcmp(archive->members[i].name, name)) continue;
    fv_status status = read_member(tensor, archive, archive->members[i].index);
    return status ? note(status, "%s: %s", archive->path, name) : FV_OK;
  }
  return fail(FV_ERROR_NOT_FOUND, "%s: no array is named '%s'", archive->path, name);
}
