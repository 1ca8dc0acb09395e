/* What the fuzz targets share. A target is one function; it must answer every bytes with 0 and leave nothing behind.
 *
 * What is accepted must be whole: each target uses what a reader gave it, so that the sanitizers see it.
 */
#ifndef FOVEA_FUZZ_H
#define FOVEA_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/image.h>
#include <fovea/model.h>
#include <fovea/plan.h>

#include "base/source.h"
#include "formats/format.h"
#include "formats/state/state.h"
#include "image/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A failure is an answer; it must have a sentence. */
static inline void expect_sentence(fv_status status) {
  if (status && !fv_error_message()[0]) abort();
}

/* Every float is read. */
static inline void touch(const float *values, int64_t count) {
  volatile float sum = 0;
  for (int64_t i = 0; i < count; i++) sum += values[i];
}

/* A model that loaded is planned for one picture within 16 MiB; weights are asked for, not read: they may be as large
 * as the configuration says, on pages nobody has touched. */
static inline void use_model(fv_model *model) {
  fv_plan *plan = NULL;
  expect_sentence(fv_plan_create(&plan, model, &(fv_plan_options){.threads = 1, .memory_limit = 16 << 20}));
  fv_plan_destroy(plan);
}

static inline int load_model(const fv__format *format, const uint8_t *bytes, size_t size, const char *path) {
  fv__source source;
  fv_model *model = NULL;
  fv_model_load_options options = {.without_weights = false};
  fv__source_memory(&source, bytes, size);
  source.path = path;
  fv_status status = format->load(&model, &source, &options);
  expect_sentence(status);
  if (status ? model != NULL : model == NULL) abort();
  if (!status) use_model(model);
  fv_model_destroy(model);
  return 0;
}

/* Every small tensor of a state is read, as floats and as it is stored; names lead back to their tensors. */
static inline int list_state(fv_status (*open)(fv_state **, const fv__source *), const uint8_t *bytes, size_t size) {
  enum { NUMBERS_MAX = 1 << 18 };
  fv__source source;
  fv_state *state;
  fv__source_memory(&source, bytes, size);
  fv_status status = open(&state, &source);
  expect_sentence(status);
  if (status ? state != NULL : state == NULL) abort();
  for (int32_t i = 0; !status && i < fv__state_count(state); i++) {
    const fv__state_tensor *tensor = fv__state_tensor_at(state, i);
    if (fv__state_find(state, tensor->name) != tensor) abort();
    if (tensor->count > NUMBERS_MAX) continue;
    float *values = malloc((size_t)tensor->count * 8 + 1); /* doubles too */
    if (values && !fv__state_read(state, values, tensor)) touch(values, tensor->count);
    if (values) expect_sentence(fv__state_bytes(state, values, tensor));
    free(values);
  }
  fv_state_close(state);
  return 0;
}

static inline int decode_picture(const fv__codec *codec, const uint8_t *bytes, size_t size) {
  fv_image image = {0};
  if (!codec->matches(bytes, size)) return -1; /* such inputs are not kept */
  fv_status status = codec->decode(&image, bytes, size);
  expect_sentence(status);
  volatile unsigned sum = 0;
  size_t count = status ? 0 : (size_t)image.height * (size_t)image.width * (size_t)image.channels;
  for (size_t i = 0; i < count; i++) sum += image.pixels[i];
  fv_image_destroy(&image);
  return 0;
}

#endif
