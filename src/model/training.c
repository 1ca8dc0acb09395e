/* What a model knows of its training: kept as it is, for whoever trains on or writes a file. */
#include "model/training.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/size.h"
#include "model/model.h"

void fv__training_destroy(fv__training *training) {
  if (!training) return;
  fv__arena_clear(&training->arena);
  free(training);
}

void fv__model_take_training(fv_model *model, fv__training *training) {
  fv__training_destroy(model->training);
  model->training = training;
}

const fv_training *fv_model_training(const fv_model *model) { return model->training ? &model->training->facts : NULL; }

/* A text that may be NULL; false without memory. */
static bool copy_text(fv__arena *arena, const char **copy, const char *text) {
  *copy = fv__arena_text(arena, text);
  return *copy || !text;
}

static fv_status copy_array(fv__arena *arena, fv_training_array *copy, const fv_training_array *array) {
  int64_t count;
  size_t bytes;
  if (!array->name || (array->numbers == NULL) == (array->integers == NULL))
    return fail(FV_ERROR_INVALID, "an optimizer's array needs a name and one kind of numbers");
  TRY(fv_shape_elements(&count, &array->shape));
  bool fits = fv__size_bytes(&bytes, count, array->numbers ? sizeof(float) : sizeof(int64_t));
  copy->shape = array->shape;
  if (fits && array->numbers) copy->numbers = fv__arena_copy(arena, array->numbers, bytes);
  if (fits && array->integers) copy->integers = fv__arena_copy(arena, array->integers, bytes);
  if (!copy_text(arena, &copy->name, array->name) || (!copy->numbers && !copy->integers))
    return fail(FV_ERROR_MEMORY, "no memory for an optimizer's array of %lld numbers", (long long)count);
  return FV_OK;
}

static fv_status copy_training(fv__training *copy, const fv_training *training) {
  fv_training *facts = &copy->facts;
  if (training->array_count < 0) return fail(FV_ERROR_INVALID, "an optimizer of %d arrays", (int)training->array_count);
  fv_training_array *arrays =
      fv__arena_take(&copy->arena, ((size_t)training->array_count + 1) * sizeof(fv_training_array));
  facts->keras = training->keras;
  facts->arrays = arrays;
  facts->array_count = training->array_count;
  if (!arrays || !copy_text(&copy->arena, &facts->optimizer, training->optimizer) ||
      !copy_text(&copy->arena, &facts->optimizer_config, training->optimizer_config) ||
      !copy_text(&copy->arena, &facts->compile, training->compile))
    return fail(FV_ERROR_MEMORY, "no memory for the state of an optimizer");
  for (int32_t i = 0; i < training->array_count; i++) TRY(copy_array(&copy->arena, &arrays[i], &training->arrays[i]));
  return FV_OK;
}

fv_status fv_model_set_training(fv_model *model, const fv_training *training) {
  fv__training *copy = NULL;
  if (training) {
    copy = calloc(1, sizeof *copy);
    if (!copy) return fail(FV_ERROR_MEMORY, "no memory for the state of an optimizer");
    fv_status status = copy_training(copy, training);
    if (status) {
      fv__training_destroy(copy);
      return status;
    }
  }
  fv__model_take_training(model, copy);
  return FV_OK;
}
