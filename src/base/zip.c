/* Zip archives through libzip, which reads from one of our sources by a callback, so that the file is opened once and
 * archives in memory work the same. */
#include "base/zip.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/fail.h"

enum { MEMBERS_MAX = 1 << 20, PIECE = 256 << 10, SHORTEST = 22 /* bytes of an archive without members */ };
static const int64_t BOMB_BYTES = 64 << 20, BOMB_RATIO = 1000;
static const int64_t UNPACKED_BYTES = 64 << 20; /* one member in memory: this and four times the file */

struct fv__zip {
  const fv__source *source;
  int64_t position; /* of libzip's reading */
  zip_error_t error;
  zip_t *archive;
  int32_t count;
  zip_stat_t *members;
  int32_t *by_name; /* members sorted by name */
};

/* libzip's view of our source: a file that is only read. */
static zip_int64_t serve(void *context, void *data, zip_uint64_t length, zip_source_cmd_t command) {
  fv__zip *zip = context;
  int64_t left = zip->source->size - zip->position;
  switch (command) {
  case ZIP_SOURCE_OPEN: zip->position = 0; return 0;
  case ZIP_SOURCE_READ:
    if (length > (zip_uint64_t)left) length = (zip_uint64_t)left;
    if (fv__source_read(zip->source, zip->position, data, (size_t)length)) {
      zip_error_set(&zip->error, ZIP_ER_READ, 0);
      return -1;
    }
    zip->position += (int64_t)length;
    return (zip_int64_t)length;
  case ZIP_SOURCE_SEEK: {
    zip_int64_t position = zip_source_seek_compute_offset((zip_uint64_t)zip->position, (zip_uint64_t)zip->source->size,
                                                          data, length, &zip->error);
    if (position < 0) return -1;
    zip->position = position;
    return 0;
  }
  case ZIP_SOURCE_TELL: return zip->position;
  case ZIP_SOURCE_STAT: {
    zip_stat_t *facts = data;
    zip_stat_init(facts);
    facts->valid = ZIP_STAT_SIZE;
    facts->size = (zip_uint64_t)zip->source->size;
    return sizeof *facts;
  }
  case ZIP_SOURCE_ERROR: return zip_error_to_data(&zip->error, data, length);
  case ZIP_SOURCE_CLOSE:
  case ZIP_SOURCE_FREE: return 0;
  case ZIP_SOURCE_SUPPORTS:
    return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                          ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                                          ZIP_SOURCE_SUPPORTS, -1);
  default: zip_error_set(&zip->error, ZIP_ER_OPNOTSUPP, 0); return -1;
  }
}

/* A local header: 30 bytes, of which 26 and 27 are the length of the name behind it. */
bool fv__zip_first_ends_with(const void *bytes, size_t size, const char *ending) {
  const uint8_t *first = bytes;
  if (size < 30 || memcmp(first, "PK\3\4", 4)) return false;
  size_t length = (size_t)first[26] | (size_t)first[27] << 8, tail = strlen(ending);
  return length >= tail && length <= size - 30 && !memcmp(first + 30 + length - tail, ending, tail);
}

bool fv__zip_name_is_honest(const char *name) {
  if (name[0] == '\0' || name[0] == '/' || (name[0] && name[1] == ':')) return false;
  for (const char *part = name; part; part = strchr(part, '/')) {
    if (*part == '/') part++;
    if (!strncmp(part, "..", 2) && (part[2] == '/' || part[2] == '\0')) return false;
  }
  for (const unsigned char *c = (const unsigned char *)name; *c; c++)
    if (*c < 0x20 || *c == '\\' || *c == 0x7f) return false;
  return true;
}

static bool is_symbolic_link(zip_t *archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes)) return false;
  return system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

static fv_status check_member(fv__zip *zip, int32_t index) {
  zip_stat_t *member = &zip->members[index];
  zip_stat_init(member);
  const zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(zip->archive, (zip_uint64_t)index, 0, member) || (member->valid & needed) != needed)
    return fail(FV_ERROR_FORMAT, "zip member %d cannot be looked up", index);
  const char *name = member->name;
  if (!fv__zip_name_is_honest(name))
    return fail(FV_ERROR_FORMAT, "zip member '%.100s': its name leads elsewhere", name);
  if (is_symbolic_link(zip->archive, (zip_uint64_t)index))
    return fail(FV_ERROR_FORMAT, "zip member '%.100s' is a symbolic link", name);
  if (member->encryption_method != ZIP_EM_NONE)
    return fail(FV_ERROR_UNSUPPORTED, "zip member '%.100s' is encrypted", name);
  if (member->comp_method != ZIP_CM_STORE && member->comp_method != ZIP_CM_DEFLATE)
    return fail(FV_ERROR_UNSUPPORTED, "zip member '%.100s' has compression method %d; stored and deflate are read",
                name, member->comp_method);
  if (member->size > INT64_MAX || member->comp_size > (zip_uint64_t)zip->source->size)
    return fail(FV_ERROR_FORMAT, "zip member '%.100s' is larger than the file", name);
  if (member->comp_method == ZIP_CM_STORE && member->size != member->comp_size)
    return fail(FV_ERROR_FORMAT, "zip member '%.100s' is stored, but its two sizes differ", name);
  if ((int64_t)member->size > BOMB_BYTES && (int64_t)member->size / BOMB_RATIO > (int64_t)member->comp_size)
    return fail(FV_ERROR_FORMAT, "zip member '%.100s' says it unpacks to %llu bytes from %llu", name,
                (unsigned long long)member->size, (unsigned long long)member->comp_size);
  return FV_OK;
}

static int compare_names(const void *a, const void *b, void *context) {
  const fv__zip *zip = context;
  return strcmp(zip->members[*(const int32_t *)a].name, zip->members[*(const int32_t *)b].name);
}

static fv_status check_members(fv__zip *zip) {
  zip_int64_t count = zip_get_num_entries(zip->archive, 0);
  if (count < 0 || count > MEMBERS_MAX) return fail(FV_ERROR_FORMAT, "%lld zip members", (long long)count);
  zip->members = calloc((size_t)count + 1, sizeof *zip->members);
  zip->by_name = calloc((size_t)count + 1, sizeof *zip->by_name);
  if (!zip->members || !zip->by_name) return fail(FV_ERROR_MEMORY, "no memory for the zip directory");
  zip->count = (int32_t)count;
  for (int32_t i = 0; i < zip->count; i++) {
    TRY(check_member(zip, i));
    zip->by_name[i] = i;
  }
  qsort_r(zip->by_name, (size_t)count, sizeof *zip->by_name, compare_names, zip);
  for (int32_t i = 1; i < zip->count; i++)
    if (!compare_names(&zip->by_name[i - 1], &zip->by_name[i], zip))
      return fail(FV_ERROR_FORMAT, "two zip members are called '%.100s'", zip->members[zip->by_name[i]].name);
  return FV_OK;
}

static fv_status code_of(const zip_error_t *error) {
  return zip_error_code_zip(error) == ZIP_ER_MEMORY ? FV_ERROR_MEMORY : FV_ERROR_FORMAT;
}

static fv_status open_archive(fv__zip *zip) {
  if (zip->source->size < SHORTEST) /* libzip calls an empty file an archive */
    return fail(FV_ERROR_FORMAT, "not a whole zip archive: %lld bytes", (long long)zip->source->size);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source = zip_source_function_create(serve, zip, &error);
  if (source) {
    zip->archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (!zip->archive) zip_source_free(source);
  }
  fv_status status = FV_OK;
  if (!zip->archive) status = fail(code_of(&error), "not a whole zip archive: %s", zip_error_strerror(&error));
  zip_error_fini(&error);
  return status;
}

fv_status fv__zip_open(fv__zip **archive, const fv__source *source) {
  *archive = NULL;
  fv__zip *zip = calloc(1, sizeof *zip);
  if (!zip) return fail(FV_ERROR_MEMORY, "no memory for a zip archive");
  zip->source = source;
  zip_error_init(&zip->error);
  fv_status status = open_archive(zip);
  if (!status) status = check_members(zip);
  if (status) {
    fv__zip_close(zip);
    return status;
  }
  *archive = zip;
  return FV_OK;
}

void fv__zip_close(fv__zip *archive) {
  if (!archive) return;
  if (archive->archive) zip_discard(archive->archive);
  zip_error_fini(&archive->error);
  free(archive->members);
  free(archive->by_name);
  free(archive);
}

int32_t fv__zip_count(const fv__zip *archive) { return archive->count; }
const char *fv__zip_name(const fv__zip *archive, int32_t index) { return archive->members[index].name; }
int64_t fv__zip_size(const fv__zip *archive, int32_t index) { return (int64_t)archive->members[index].size; }

int32_t fv__zip_find(const fv__zip *archive, const char *name) {
  int32_t low = 0, high = archive->count;
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    int order = strcmp(archive->members[archive->by_name[middle]].name, name);
    if (order == 0) return archive->by_name[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}

static fv_status open_member(zip_file_t **file, fv__zip *zip, int32_t index) {
  *file = zip_fopen_index(zip->archive, (zip_uint64_t)index, 0);
  if (*file) return FV_OK;
  return fail(code_of(zip_get_error(zip->archive)), "zip member '%.100s': %s", zip->members[index].name,
              zip_strerror(zip->archive));
}

fv_status fv__zip_read(fv__zip *archive, int32_t index, char **bytes, int64_t limit) {
  *bytes = NULL;
  const zip_stat_t *member = &archive->members[index];
  if ((int64_t)member->size > limit)
    return fail(FV_ERROR_MEMORY, "zip member '%.100s' has %llu bytes, the limit is %lld", member->name,
                (unsigned long long)member->size, (long long)limit);
  zip_file_t *file;
  TRY(open_member(&file, archive, index));
  char *all = malloc((size_t)member->size + 1);
  if (!all) {
    zip_fclose(file);
    return fail(FV_ERROR_MEMORY, "no memory for zip member '%.100s', %llu bytes", member->name,
                (unsigned long long)member->size);
  }
  /* libzip reports a wrong checksum, or more bytes than there should be, to who asks for one more byte. */
  char more;
  zip_int64_t got = zip_fread(file, all, member->size);
  bool whole = got == (zip_int64_t)member->size && zip_fread(file, &more, 1) == 0;
  zip_fclose(file);
  if (!whole) {
    free(all);
    return fail(FV_ERROR_FORMAT, "zip member '%.100s' is damaged", member->name);
  }
  all[got] = '\0';
  *bytes = all;
  return FV_OK;
}

static fv_status read_stored(const fv__source *source, int64_t offset, void *buffer, size_t bytes) {
  zip_file_t *file = source->owner;
  if (zip_fseek(file, offset, SEEK_SET) || zip_fread(file, buffer, bytes) != (zip_int64_t)bytes)
    return fail(FV_ERROR_IO, "cannot read %zu bytes at byte %lld of a zip member", bytes, (long long)offset);
  char end;
  if (offset + (int64_t)bytes == source->size && zip_fread(file, &end, 1) != 0)
    return fail(FV_ERROR_FORMAT, "a zip member is damaged: its checksum differs");
  return FV_OK;
}

static void close_stored(fv__source *source) { zip_fclose(source->owner); }
static void free_unpacked(fv__source *source) { free(source->owner); }

fv_status fv__zip_member(fv__source *member, fv__zip *archive, int32_t index) {
  *member = (fv__source){.descriptor = -1};
  const zip_stat_t *facts = &archive->members[index];
  if (facts->comp_method == ZIP_CM_STORE) {
    zip_file_t *file;
    TRY(open_member(&file, archive, index));
    *member = (fv__source){
        .size = (int64_t)facts->size, .descriptor = -1, .owner = file, .read = read_stored, .close = close_stored};
    return FV_OK;
  }
  char *bytes;
  TRY(fv__zip_read(archive, index, &bytes, UNPACKED_BYTES + 4 * archive->source->size));
  fv__source_memory(member, bytes, (size_t)facts->size);
  member->owner = bytes;
  member->close = free_unpacked;
  return FV_OK;
}

fv_status fv__zip_check(const fv__source *member) {
  if (member->read != read_stored) return FV_OK; /* unpacked, and checked then */
  uint8_t *piece = malloc(PIECE);
  if (!piece) return fail(FV_ERROR_MEMORY, "no memory to check a zip member");
  fv_status status = FV_OK;
  for (int64_t at = 0; !status && at < member->size; at += PIECE)
    status = fv__source_read(member, at, piece, (size_t)(member->size - at < PIECE ? member->size - at : PIECE));
  free(piece);
  return status;
}
