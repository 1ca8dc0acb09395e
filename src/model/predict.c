/* Prediction: pictures in batches through a plan, the likeliest classes out.
 *
 * Pictures of a batch are prepared side by side on the threads, each into its place in the plan's input; what is wrong
 * with one is kept in its result and its place is left as zeros. Plans are made when a batch size is first met and the
 * last two are kept: the full batch and the rest.
 */
#include <fovea/predict.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/plan.h>

#include "base/parallel.h"
#include "model/feeding.h"
#include "model/model.h"

enum { PLANS = 2, AUTOMATIC_BATCH = 8, DEFAULT_TOP = 5 };

struct fv_predictor {
  unsigned version; /* of the weights the plans were made with */
  fv_model *model;
  fv_predict_options options; /* top and batch explicit */
  bool batch_may_shrink;
  fv_preprocessing preprocessing;
  fv_plan *plans[PLANS]; /* the one used last comes first */
  fv__pool *pool;        /* prepares pictures; NULL until there are several at once */
};

/* One batch being prepared. */
typedef struct preparation {
  const fv_predictor *predictor;
  const fv_picture *pictures;
  fv_prediction *results;
  float *numbers;
  int64_t stride; /* numbers of one picture */
} preparation;

/* Keeps this thread's error sentence in the result. */
static void keep_failure(fv_prediction *result, fv_status status) {
  char message[FV__MESSAGE_SIZE];
  fv__error_save(message);
  result->status = status;
  free(result->message);
  result->message = strdup(message);
}

static void prepare(void *context, int64_t piece, int thread) {
  (void)thread;
  preparation *batch = context;
  float *numbers = batch->numbers + piece * batch->stride;
  fv_status status = fv_preprocess(numbers, &batch->pictures[piece], &batch->predictor->preprocessing);
  if (!status) return;
  keep_failure(&batch->results[piece], status);
  memset(numbers, 0, (size_t)batch->stride * sizeof *numbers);
}

static fv_status check_model(const fv_model *model) {
  char text[100];
  if (fv_model_input_count(model) != 1)
    return fail(FV_ERROR_SHAPE, "expected a model with one input, found %d", fv_model_input_count(model));
  fv_shape input = fv_model_input_shape(model, 0);
  if (input.rank != 4 || (input.dims[3] != 1 && input.dims[3] != 3))
    return fail(FV_ERROR_SHAPE, "expected a model of pictures, input (?, height, width, 1 or 3), found %s",
                fv_shape_text(text, sizeof text, &input));
  return FV_OK;
}

static fv_status check_classifier(const fv_model *model) {
  char text[100];
  fv_shape output = fv_model_output_shape(model, 0);
  if (output.rank == 2) return FV_OK;
  return fail(FV_ERROR_SHAPE, "expected a classifier, output (?, classes), found %s",
              fv_shape_text(text, sizeof text, &output));
}

static fv_status check_preprocessing(const fv_preprocessing *p, const fv_model *model) {
  int64_t channels = fv_model_input_shape(model, 0).dims[3];
  if (p->mode == FV_PREPROCESSING_UNSET)
    return fail(FV_ERROR_INVALID,
                "%s does not say how pictures are fed: give its preprocessing, one of tf, caffe, torch, "
                "lite, none, scale:S",
                fv_model_name(model));
  if (p->size.height < 1)
    return fail(FV_ERROR_INVALID, "%s takes any size: give its input shape", fv_model_name(model));
  if ((p->channels == FV_CHANNELS_GRAY) != (channels == 1))
    return fail(FV_ERROR_SHAPE, "preprocessing gives %d channels, %s takes %d", p->channels == FV_CHANNELS_GRAY ? 1 : 3,
                fv_model_name(model), (int)channels);
  return FV_OK;
}

fv_status fv_predictor_create(fv_predictor **predictor, fv_model *model, const fv_predict_options *options) {
  *predictor = NULL;
  TRY(check_model(model));
  if (!options || !options->any_output) TRY(check_classifier(model));
  fv_preprocessing preprocessing = fv_model_preprocessing(model);
  TRY(check_preprocessing(&preprocessing, model));
  fv_predict_options complete = options ? *options : (fv_predict_options){0};
  if (complete.top < 0 || complete.batch < 0 || complete.threads < 0)
    return fail(FV_ERROR_INVALID, "top, batch and threads must not be negative");
  fv_predictor *made = calloc(1, sizeof *made);
  if (!made) return fail(FV_ERROR_MEMORY, "no memory for a predictor");
  made->batch_may_shrink = complete.batch == 0;
  if (!complete.batch) complete.batch = AUTOMATIC_BATCH;
  if (!complete.top) complete.top = DEFAULT_TOP;
  made->model = model;
  made->options = complete;
  made->preprocessing = preprocessing;
  *predictor = made;
  return FV_OK;
}

void fv_predictor_destroy(fv_predictor *predictor) {
  if (!predictor) return;
  for (int i = 0; i < PLANS; i++) fv_plan_destroy(predictor->plans[i]);
  fv__pool_destroy(predictor->pool);
  free(predictor);
}

/* Plans of weights that have changed since would only answer FV_ERROR_STATE. */
static void drop_old_plans(fv_predictor *predictor) {
  unsigned version = atomic_load(&predictor->model->core->version);
  if (version == predictor->version) return;
  for (int i = 0; i < PLANS; i++) {
    fv_plan_destroy(predictor->plans[i]);
    predictor->plans[i] = NULL;
  }
  predictor->version = version;
}

/* Puts a plan for `batch` pictures in front. */
static fv_status choose_plan(fv_predictor *predictor, int32_t batch) {
  fv_plan **plans = predictor->plans;
  drop_old_plans(predictor);
  for (int i = 0; i < PLANS && plans[i]; i++)
    if (fv_plan_input_shape(plans[i], 0).dims[0] == batch) {
      fv_plan *found = plans[i];
      plans[i] = plans[0];
      plans[0] = found;
      return FV_OK;
    }
  fv_shape shape = fv_model_input_shape(predictor->model, 0);
  shape.dims[0] = batch;
  shape.dims[1] = predictor->preprocessing.size.height;
  shape.dims[2] = predictor->preprocessing.size.width;
  fv_plan_options options = {.input_shapes = &shape,
                             .threads = predictor->options.threads,
                             .memory_limit = predictor->options.memory_limit,
                             .accuracy = predictor->options.accuracy,
                             .tuning = predictor->options.tuning};
  fv_plan *made;
  TRY(fv_plan_create(&made, predictor->model, &options));
  fv_plan_destroy(plans[PLANS - 1]);
  memmove(plans + 1, plans, (PLANS - 1) * sizeof *plans);
  plans[0] = made;
  return FV_OK;
}

/* A plan for at most `wanted` pictures; an automatic batch is halved until its plan fits into memory. */
static fv_status plan_batch(fv_predictor *predictor, int32_t wanted, int32_t *batch) {
  *batch = wanted < predictor->options.batch ? wanted : predictor->options.batch;
  fv_status status = choose_plan(predictor, *batch);
  while (status == FV_ERROR_MEMORY && predictor->batch_may_shrink && *batch > 1) {
    *batch /= 2;
    predictor->options.batch = *batch;
    status = choose_plan(predictor, *batch);
  }
  return status;
}

/* The `count` largest of `scores`, largest first; ties by index. False when one is NaN or infinite. */
static bool rank(fv_class_score *top, int32_t count, const float *scores, int64_t classes) {
  int32_t used = 0;
  for (int64_t i = 0; i < classes; i++) {
    if (!isfinite(scores[i])) return false;
    if (used == count && !(scores[i] > top[used - 1].probability)) continue;
    int32_t place = used < count ? used++ : count - 1;
    for (; place > 0 && scores[i] > top[place - 1].probability; place--) top[place] = top[place - 1];
    top[place] = (fv_class_score){(int32_t)i, scores[i]};
  }
  return true;
}

static fv_status answer(fv_prediction *result, const float *scores, int64_t classes, int32_t top) {
  int32_t count = top < classes ? top : (int32_t)classes;
  result->top = calloc((size_t)count + 1, sizeof *result->top);
  if (!result->top) return fail(FV_ERROR_MEMORY, "no memory for the answer");
  if (!rank(result->top, count, scores, classes))
    return fail(FV_ERROR_NUMBERS, "the network answers with numbers that are NaN or infinite");
  result->count = count;
  return FV_OK;
}

/* What is done with the numbers of a picture: its classes are ranked, or they are copied as they are. */
typedef struct taking {
  fv_status (*take)(const fv_predictor *predictor, const struct taking *how, int32_t picture, const float *numbers,
                    int64_t count);
  fv_prediction *results;
  fv_tensor *outputs; /* empty until the first batch has run; NULL when classes are ranked */
  int32_t pictures;   /* in all */
} taking;

static fv_status take_classes(const fv_predictor *predictor, const taking *how, int32_t picture, const float *numbers,
                              int64_t count) {
  return answer(&how->results[picture], numbers, count, predictor->options.top);
}

static fv_status take_numbers(const fv_predictor *predictor, const taking *how, int32_t picture, const float *numbers,
                              int64_t count) {
  (void)predictor;
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(numbers[i]))
      return fail(FV_ERROR_NUMBERS, "the network answers with numbers that are NaN or infinite");
  memcpy(how->outputs->data + picture * count, numbers, (size_t)count * sizeof *numbers);
  return FV_OK;
}

/* Room for the outputs of all pictures. */
static fv_status make_outputs(const taking *how, const fv_plan *plan) {
  if (!how->outputs || how->outputs->data) return FV_OK;
  fv_shape shape = fv_plan_output_shape(plan, 0);
  shape.dims[0] = how->pictures;
  return fv_tensor_create(how->outputs, &shape);
}

/* Prepares pictures from `first` on, as many as the plan in front takes, runs it, uses the answers. */
static fv_status run_batch(fv_predictor *predictor, const fv_picture *pictures, int32_t first, int32_t count,
                           const taking *how) {
  fv_plan *plan = predictor->plans[0];
  fv_shape shape = fv_plan_input_shape(plan, 0), output = fv_plan_output_shape(plan, 0);
  fv_prediction *results = how->results + first;
  preparation batch = {predictor, pictures + first, results, fv_plan_input(plan, 0),
                       shape.dims[1] * shape.dims[2] * shape.dims[3]};
  if (count > 1 && !predictor->pool) TRY(fv__pool_create(&predictor->pool, predictor->options.threads));
  fv__parallel_for(count > 1 ? predictor->pool : NULL, count, prepare, &batch);
  bool any = false;
  for (int32_t i = 0; i < count; i++) any = any || !results[i].status;
  TRY(make_outputs(how, plan));
  if (!any) return FV_OK;
  TRY(fv_run(plan, NULL));
  int64_t numbers;
  TRY(fv_shape_elements(&numbers, &output));
  numbers /= count; /* the batch */
  for (int32_t i = 0; i < count; i++) {
    if (results[i].status) continue;
    fv_status status = how->take(predictor, how, first + i, fv_plan_output(plan, 0) + i * numbers, numbers);
    if (status && pictures[first + i].path) status = note(status, "%s", pictures[first + i].path);
    if (status) keep_failure(&results[i], status);
  }
  return FV_OK;
}

static fv_status run_all(fv_predictor *predictor, const fv_picture *pictures, const taking *how) {
  for (int32_t done = 0, batch = 0; done < how->pictures; done += batch) {
    TRY(plan_batch(predictor, how->pictures - done, &batch));
    TRY(run_batch(predictor, pictures, done, batch, how));
  }
  return FV_OK;
}

fv_status fv_predictor_run(fv_predictor *predictor, const fv_picture *pictures, int32_t count, fv_prediction *results) {
  for (int32_t i = 0; i < count; i++) results[i] = (fv_prediction){0};
  TRY(check_classifier(predictor->model));
  return run_all(predictor, pictures, &(taking){.take = take_classes, .results = results, .pictures = count});
}

fv_status fv_predictor_outputs(fv_predictor *predictor, const fv_picture *pictures, int32_t count, fv_tensor *outputs,
                               fv_prediction *results) {
  *outputs = (fv_tensor){.data = NULL};
  for (int32_t i = 0; i < count; i++) results[i] = (fv_prediction){0};
  if (count < 1) return fail(FV_ERROR_INVALID, "expected pictures, found none");
  const taking how = {.take = take_numbers, .results = results, .outputs = outputs, .pictures = count};
  fv_status status = run_all(predictor, pictures, &how);
  if (status) fv_tensor_destroy(outputs);
  return status;
}

fv_status fv_predict(fv_model *model, const fv_picture *pictures, int32_t count, const fv_predict_options *options,
                     fv_prediction *results) {
  for (int32_t i = 0; i < count; i++) results[i] = (fv_prediction){0};
  fv_predictor *predictor;
  TRY(fv_predictor_create(&predictor, model, options));
  fv_status status = fv_predictor_run(predictor, pictures, count, results);
  fv_predictor_destroy(predictor);
  return status;
}

void fv_prediction_destroy(fv_prediction *results, int32_t count) {
  for (int32_t i = 0; results && i < count; i++) {
    free(results[i].message);
    free(results[i].top);
    results[i] = (fv_prediction){0};
  }
}
