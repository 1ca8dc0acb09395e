/* Files of pictures: the list, the check when a set is opened, reading one.
 *
 * The quick check reads the first and the last bytes of a file. The first tell its kind. A file whose end shows that it
 * is whole (JPEG's end marker, PNG's last chunk, the length that WebP declares) is believed; any other is decoded, so
 * that a file cut off is found at once and a sound one is not refused for a few bytes that a camera has put behind it.
 */
#include "data/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/source.h"
#include "base/workers.h"
#include "image/codec.h"

fv_status fv__files_add(fv__files *files, fv__file_entry entry) {
  if (files->count == files->capacity) {
    const int64_t capacity = files->capacity ? 2 * files->capacity : 256;
    size_t bytes;
    if (!fv__size_bytes(&bytes, capacity, sizeof *files->entries))
      return fail(FV_ERROR_MEMORY, "no memory for a list of files");
    fv__file_entry *more = realloc(files->entries, bytes);
    if (!more) return fail(FV_ERROR_MEMORY, "no memory for a list of %lld files", (long long)capacity);
    files->entries = more;
    files->capacity = capacity;
  }
  files->entries[files->count++] = entry;
  return FV_OK;
}

void fv__files_clear(fv__files *files) {
  free(files->entries);
  *files = (fv__files){0};
}

/* ---- the check */

enum { END_BYTES = 32 };

static bool contains(const uint8_t *bytes, size_t size, const char *word, size_t length) {
  for (size_t i = 0; i + length <= size; i++)
    if (!memcmp(bytes + i, word, length)) return true;
  return false;
}

static bool ends_whole(const fv__codec *codec, const uint8_t *head, const uint8_t *end, size_t end_bytes,
                       int64_t size) {
  if (codec == &fv__codec_jpeg) return contains(end, end_bytes, "\xff\xd9", 2);
  if (codec == &fv__codec_png) return contains(end, end_bytes, "IEND", 4);
  if (codec != &fv__codec_webp || size < 12) return false;
  const int64_t declared = head[4] | head[5] << 8 | head[6] << 16 | (int64_t)head[7] << 24;
  return declared + 8 <= size;
}

static fv_status decode(const char *path) {
  fv_image image;
  TRY(fv_image_read(&image, path));
  fv_image_destroy(&image);
  return FV_OK;
}

/* Whether the file must be decoded to be believed. */
static fv_status look(bool *in_doubt, const fv__source *source) {
  uint8_t head[64] = {0}, end[END_BYTES];
  const size_t head_bytes = source->size < (int64_t)sizeof head ? (size_t)source->size : sizeof head;
  const size_t end_bytes = source->size < END_BYTES ? (size_t)source->size : END_BYTES;
  TRY(fv__source_read(source, 0, head, head_bytes));
  const fv__codec *codec;
  TRY(fv__image_sniff(&codec, head, head_bytes));
  TRY(fv__source_read(source, source->size - (int64_t)end_bytes, end, end_bytes));
  *in_doubt = !ends_whole(codec, head, end, end_bytes, source->size);
  return FV_OK;
}

static fv_status check_file(const char *path, fv_dataset_check level) {
  if (level == FV_DATASET_CHECK_FULL) return decode(path);
  fv__source source;
  bool in_doubt = false;
  fv_status status = fv__source_open(&source, path);
  if (status) return note(status, "%s", path);
  if (source.size == 0)
    status = fail(FV_ERROR_FORMAT, "is empty, not an image");
  else if (level == FV_DATASET_CHECK_QUICK)
    status = look(&in_doubt, &source);
  fv__source_close(&source);
  if (status) return note(status, "%s", path);
  return in_doubt ? decode(path) : FV_OK;
}

typedef struct verdict {
  fv_status status;
  char *message; /* NULL also without memory */
} verdict;

typedef struct check_work {
  const fv__files *files;
  fv_dataset_check level;
  verdict *verdicts;
} check_work;

static void check_one(void *context, int64_t index, int thread) {
  (void)thread;
  const check_work *work = context;
  verdict *v = &work->verdicts[index];
  v->status = check_file(work->files->entries[index].path, work->level);
  if (v->status) v->message = strdup(fv_error_message());
}

/* Whether the failure lies with the file and not with the machine. */
static bool is_files_fault(fv_status status) { return status != FV_ERROR_MEMORY; }

static fv_status sort_out(fv__files *files, fv__store *store, const verdict *verdicts, bool refuse_broken) {
  int64_t kept = 0, broken = 0;
  for (int64_t i = 0; i < files->count; i++) {
    if (!verdicts[i].status) continue;
    if (!verdicts[i].message) return fail(FV_ERROR_MEMORY, "no memory to check %s", files->entries[i].path);
    if (refuse_broken || !is_files_fault(verdicts[i].status))
      return fail(verdicts[i].status, "%s", verdicts[i].message);
    broken++;
  }
  if (broken && !(store->broken = calloc((size_t)broken, sizeof *store->broken)))
    return fail(FV_ERROR_MEMORY, "no memory for a list of %lld broken files", (long long)broken);
  for (int64_t i = 0; i < files->count; i++) {
    if (!verdicts[i].status) {
      files->entries[kept++] = files->entries[i];
      continue;
    }
    const char *message = fv__arena_text(&store->arena, verdicts[i].message);
    if (!message) return fail(FV_ERROR_MEMORY, "no memory for a list of broken files");
    store->broken[store->broken_count++] = (fv_broken_file){files->entries[i].path, message};
  }
  files->count = kept;
  return FV_OK;
}

fv_status fv__files_check(fv__files *files, fv__store *store, const fv_dataset_options *options) {
  verdict *verdicts = calloc((size_t)files->count + 1, sizeof *verdicts);
  if (!verdicts) return fail(FV_ERROR_MEMORY, "no memory to check %lld files", (long long)files->count);
  check_work work = {files, options->check, verdicts};
  fv__parallel_for(fv__workers_pool(options->workers), files->count, check_one, &work);
  const int64_t count = files->count;
  fv_status status = sort_out(files, store, verdicts, options->refuse_broken);
  for (int64_t i = 0; i < count; i++) free(verdicts[i].message);
  free(verdicts);
  return status;
}

/* ---- as samples */

fv_status fv__files_give(fv__store *store, fv__files *files) {
  fv__files *own = fv__arena_copy(&store->arena, files, sizeof *files);
  if (!own) return fail(FV_ERROR_MEMORY, "no memory for a list of files");
  *files = (fv__files){0};
  store->own = own;
  return FV_OK;
}

fv_status fv__files_read(fv_sample *sample, const fv__store *store, int64_t index) {
  const fv__files *files = store->own;
  TRY(fv_image_read(&sample->image, files->entries[index].path));
  return store->upright ? fv_image_upright(&sample->image) : FV_OK;
}

void fv__files_name(char *text, size_t size, const fv__store *store, int64_t index) {
  const fv__files *files = store->own;
  snprintf(text, size, "%s", files->entries[index].path);
}

void fv__files_close(fv__store *store) { fv__files_clear(store->own); }
