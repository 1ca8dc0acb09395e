/* Opening a model file: the format is found by the first bytes. */
#include <fovea/file.h>

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "formats/format.h"
#include "model/flaws.h"

const fv_file_format *fv_file_format_at(int32_t index) {
  if (index < 0) return NULL;
  for (const fv__format *const *format = fv__format_table; *format; format++)
    if (index-- == 0) return &(*format)->facts;
  return NULL;
}

fv_status fv__format_find(const fv__format **found, const fv__source *source) {
  uint8_t first[FV__PROBE_BYTES];
  size_t size = source->size < FV__PROBE_BYTES ? (size_t)source->size : FV__PROBE_BYTES;
  *found = NULL;
  if (size == 0) return fail(FV_ERROR_FORMAT, "the file is empty");
  TRY(fv__source_read(source, 0, first, size));
  char known[200] = "";
  size_t used = 0;
  for (const fv__format *const *format = fv__format_table; *format; format++) {
    if ((*format)->probe(first, size)) {
      *found = *format;
      return FV_OK;
    }
    if (used < sizeof known && ((*format)->load || (*format)->load_weights || (*format)->load_weights_with))
      used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? " " : "", (*format)->facts.extensions);
  }
  return fail(FV_ERROR_FORMAT, "not a model file; %s are read, by their content", known);
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  const fv__format *format;
  TRY(fv__format_find(&format, source));
  if (!format->load)
    return fail(FV_ERROR_UNSUPPORTED,
                "the file holds weights and no network: name a network and give the file as its weights");
  return format->load(model, source, options);
}

fv_status fv_model_load(fv_model **model, const char *path, const fv_model_load_options *options) {
  static const fv_model_load_options defaults = {0};
  *model = NULL;
  if (options && options->unbuilt) *options->unbuilt = NULL;
  fv__source source;
  fv_status status = fv__source_open(&source, path);
  if (!status) status = load(model, &source, options ? options : &defaults);
  fv__source_close(&source);
  if (*model) fv__model_close_flaws(*model);
  /* The caller gave a path and nothing else: an option out of range is the file's fault. */
  if (status == FV_ERROR_INVALID) status = fv__error_raise(FV_ERROR_FORMAT, fv_error_message());
  return status ? note(status, "%s", path) : FV_OK;
}

static fv_status load_weights(fv_model *model, const fv__source *source, const fv_weights_options *options) {
  const fv__format *format;
  TRY(fv__format_find(&format, source));
  if (format->load_weights_with) return format->load_weights_with(model, source, options);
  if (options->by_name || options->skip_mismatch || options->backend)
    return fail(FV_ERROR_UNSUPPORTED, "weights of this format (%s) are loaded as they are: without options",
                format->facts.name);
  return format->load_weights(model, source);
}

/* Formats without options load every layer or fail. */
static void report_all(const fv_model *model, fv_weights_report *report) {
  if (report->loaded || report->missing || report->unused || report->mismatched) return;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) report->loaded += fv_model_layer(model, i).weight_count > 0;
}

fv_status fv_model_load_weights_with(fv_model *model, const char *path, const fv_weights_options *options) {
  static const fv_weights_options defaults = {.by_name = false};
  if (!options) options = &defaults;
  if (options->report) *options->report = (fv_weights_report){.loaded = 0};
  fv__source source;
  fv_status status = fv__source_open(&source, path);
  if (!status && options->as_it_is) status = fv__model_open_flaws(model);
  if (!status) status = load_weights(model, &source, options);
  fv__model_close_flaws(model);
  fv__source_close(&source);
  if (!status && options->report) report_all(model, options->report);
  fv_model_weights_changed(model); /* also after a failure: some weights may be new */
  return status ? note(status, "%s", path) : FV_OK;
}

fv_status fv_model_load_weights(fv_model *model, const char *path) {
  return fv_model_load_weights_with(model, path, NULL);
}
