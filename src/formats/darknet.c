/* Darknet's models: NAME.cfg, and NAME.weights beside it (darknet/darknet.h). */
#include <stdio.h>
#include <string.h>

#include "formats/darknet/darknet.h"
#include "formats/format.h"

enum { NAME_BYTES = 256 };

static bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

/* "[net]" behind comments. */
static bool probe_text(const uint8_t *bytes, size_t size) {
  static const char *const words[] = {"[net]", "[network]"};
  size_t i = 0;
  while (i < size && (is_blank(bytes[i]) || bytes[i] == '#' || bytes[i] == ';')) {
    const bool is_comment = !is_blank(bytes[i]);
    while (is_comment && i < size && bytes[i] != '\n') i++;
    if (i < size) i++;
  }
  for (int k = 0; k < 2; k++)
    if (size - i >= strlen(words[k]) && !memcmp(bytes + i, words[k], strlen(words[k]))) return true;
  return false;
}

static bool probe(const uint8_t *bytes, size_t size) {
  return probe_text(bytes, size) || fv__darknet_probe_weights(bytes, size);
}

static fv_status has_text(bool *has, const fv__source *source) {
  uint8_t first[FV__PROBE_BYTES];
  const size_t size = source->size < FV__PROBE_BYTES ? (size_t)source->size : FV__PROBE_BYTES;
  TRY(fv__source_read(source, 0, first, size));
  *has = !fv__darknet_probe_weights(first, size);
  return FV_OK;
}

/* "tiny.weights" for "photos/tiny.cfg". */
static fv_status name_weights(char name[NAME_BYTES], const fv__source *source) {
  const char *path = source->path ? source->path : "", *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
  const char *dot = strrchr(file, '.');
  const int length = dot && dot > file ? (int)(dot - file) : (int)strlen(file);
  if (snprintf(name, NAME_BYTES, "%.*s.weights", length, file) < NAME_BYTES) return FV_OK;
  return fail(FV_ERROR_UNSUPPORTED, "a file name of more than %d bytes", NAME_BYTES - 9);
}

static fv_status read_weights_beside(fv_model *model, const fv__source *source) {
  char name[NAME_BYTES];
  fv__source weights = {.descriptor = -1};
  TRY(name_weights(name, source));
  fv_status status = fv__source_open_beside(&weights, source, name);
  if (!status) status = fv__darknet_read_weights(model, &weights);
  fv__source_close(&weights);
  return status ? note(status, "%s", name) : FV_OK;
}

static fv_status load(fv_model **model, const fv__source *source, const fv_model_load_options *options) {
  fv__darknet_text text;
  bool is_text;
  *model = NULL;
  TRY(has_text(&is_text, source));
  if (!is_text) return fail(FV_ERROR_UNSUPPORTED, "the file holds weights and no network: open the .cfg beside it");
  TRY(fv__darknet_read_text(&text, source));
  fv_status status = fv__darknet_build(model, &text);
  fv__darknet_text_free(&text);
  if (!status && !options->without_weights) status = read_weights_beside(*model, source);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source) {
  bool is_text;
  TRY(has_text(&is_text, source));
  if (is_text) return fail(FV_ERROR_UNSUPPORTED, "the file holds a network and no weights: give the .weights");
  return fv__darknet_read_weights(model, source);
}

const fv__format fv__format_darknet = {
    .facts = {"darknet", ".cfg .weights", "models of Darknet: NAME.cfg with NAME.weights beside it"},
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
};
