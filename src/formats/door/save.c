/* Writing a model file: the format is found by its name or by the path's ending; the bytes go through the one writer
 * that replaces files as a whole. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "base/file.h"
#include "formats/format.h"

/* The length of the longest of a format's endings (".h5 .hdf5") that fits the text; 0 when none does. */
static size_t longest_ending(const fv__format *format, const char *text,
                             bool (*accepts)(const char *, const char *, size_t)) {
  size_t longest = 0;
  for (const char *at = format->facts.extensions; *at;) {
    size_t length = strcspn(at, " ");
    if (length > longest && accepts(text, at, length)) longest = length;
    at += length + strspn(at + length, " ");
  }
  return longest;
}

static bool path_ends(const char *path, const char *ending, size_t length) {
  size_t size = strlen(path);
  return size > length && !strncasecmp(path + size - length, ending, length);
}

/* "h5" and ".h5" both name the ending. */
static bool is_ending(const char *word, const char *ending, size_t length) {
  if (*word != '.') ending++, length--;
  return strlen(word) == length && !strncasecmp(word, ending, length);
}

bool fv_file_format_is_written(int32_t index) {
  for (const fv__format *const *format = fv__format_table; *format && index >= 0; format++)
    if (index-- == 0) return (*format)->save != NULL;
  return false;
}

static fv_status unknown(const char *what, const char *word) {
  char known[200] = "";
  size_t used = 0;
  for (const fv__format *const *format = fv__format_table; *format; format++)
    if ((*format)->save && used < sizeof known)
      used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? " " : "", (*format)->facts.extensions);
  return fail(FV_ERROR_INVALID, "%s '%.100s' is not one that is written; %s are", what, word, known);
}

static fv_status find_by_name(const fv__format **found, const char *word) {
  for (const fv__format *const *format = fv__format_table; *format; format++)
    if ((*format)->save && (!strcmp((*format)->facts.name, word) || longest_ending(*format, word, is_ending))) {
      *found = *format;
      return FV_OK;
    }
  return unknown("the format", word);
}

static fv_status find_by_path(const fv__format **found, const char *path) {
  size_t longest = 0;
  for (const fv__format *const *format = fv__format_table; *format; format++) {
    size_t length = longest_ending(*format, path, path_ends);
    if (!(*format)->save || length <= longest) continue;
    longest = length;
    *found = *format;
  }
  if (longest) return FV_OK;
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  return unknown("the ending", dot ? dot : "");
}

static fv_status save_to(const fv__format *format, const fv__save *save) {
  fv__file_writer writer;
  fv_status status = fv__file_write_begin(&writer, save->path);
  if (status) return status;
  status = format->save(save, writer.stream);
  if (!status) return fv__file_write_commit(&writer);
  fv__file_write_cancel(&writer);
  return note(status, "%s", save->path);
}

fv_status fv_model_save(const fv_model *model, const char *path, const fv_model_save_options *options) {
  static const fv_model_save_options defaults = {.format = NULL};
  fv_save_report unwanted;
  if (!options) options = &defaults;
  fv_save_report *report = options->report ? options->report : &unwanted;
  report->count = 0;
  report->texts[0] = '\0';
  const fv__format *format = NULL;
  fv_status status = options->format ? find_by_name(&format, options->format) : find_by_path(&format, path);
  if (status) return note(status, "%s", path);
  const fv__save save = {
      .model = model, .path = path, .dtype = options->dtype ? options->dtype : "float32", .report = report};
  return save_to(format, &save);
}

fv_status fv__model_save_with(const fv_model *model, const char *path, fv__save_addition *add, void *context) {
  const fv__format *format;
  fv_save_report unwanted = {.count = 0};
  TRY(find_by_name(&format, "keras_h5"));
  const fv__save save = {
      .model = model, .path = path, .dtype = "float32", .report = &unwanted, .add = add, .context = context};
  return save_to(format, &save);
}

const float *fv__save_weight(const fv__save *save, int32_t index) {
  return fv_model_weight_data((fv_model *)save->model, index); /* which only lends; nothing is written */
}

fv_status fv__save_float32(const fv__save *save) {
  if (!strcmp(save->dtype, "float32")) return FV_OK;
  return fail(FV_ERROR_INVALID, "dtype: this format has float32 alone, not '%.40s'", save->dtype);
}

/* Whether the report has this line already. */
static bool has_line(const char *texts, const char *line) {
  size_t length = strlen(line);
  for (const char *at = texts; *at;) {
    size_t here = strcspn(at, "\n");
    if (here == length && !memcmp(at, line, length)) return true;
    at += here + (at[here] == '\n');
  }
  return false;
}

void fv__save_remark(const fv__save *save, const char *format, ...) {
  fv_save_report *report = save->report;
  char line[400];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (has_line(report->texts, line)) return;
  size_t used = strlen(report->texts), room = sizeof report->texts - used;
  report->count++;
  if (strlen(line) + 8 < room)
    snprintf(report->texts + used, room, "%s%s", used ? "\n" : "", line);
  else if (!has_line(report->texts, "..."))
    snprintf(report->texts + used, room, "\n...");
}
