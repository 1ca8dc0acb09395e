/* `make conformance`: real networks of which something is known: that two files hold the same tensors, numbers that
 * Keras printed, sizes, and what TensorFlow answers to photos.
 */
#include "conformance.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define DATA FOVEA_SOURCE_DIR "/../shared/data/"
#define ANSWERS FOVEA_SOURCE_DIR "/../shared/golden/files/real_answers.json"

enum { PATH_SIZE = 1024, CLASSES = 1000 };

static int64_t elements_of(const fv_model *model, int32_t weight) {
  fv_shape shape = fv_model_weight(model, weight).shape;
  int64_t elements = 0;
  return fv_shape_elements(&elements, &shape) ? 0 : elements;
}

/* SqueezeNet, trained once and saved for TensorFlow and for Theano: the largest difference of the 50 tensors. */
static fv_status measure_orders(void *context, double *error) {
  static const char *const orders[] = {"tf", "th"};
  fv_model *models[2] = {NULL, NULL};
  fv_status status = FV_OK;
  (void)context;
  for (int i = 0; i < 2 && !status; i++) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, DATA "squeezenet_keras_notop/squeezenet_weights_%s_dim_ordering_%s_kernels_notop.h5",
             orders[i], orders[i]);
    status = fv_zoo_build(&models[i], "SqueezeNet1_1", &(fv_zoo_options){.weights = path, .no_top = true});
  }
  if (!status && (fv_model_weight_count(models[0]) != 50 || fv_model_parameters(models[0]) != 722496))
    status = fail(FV_ERROR_SHAPE, "expected 50 tensors of 722496 numbers");
  for (int32_t w = 0; !status && w < fv_model_weight_count(models[0]); w++)
    for (int64_t i = 0; i < elements_of(models[0], w); i++)
      *error = fmax(
          *error, fabs((double)fv_model_weight_data(models[0], w)[i] - (double)fv_model_weight_data(models[1], w)[i]));
  fv_model_destroy(models[0]);
  fv_model_destroy(models[1]);
  return status;
}

/* VGG16's first layers with kernels of ImageNet: layer 1's output is compared, all four load. */
static fv_status vgg16_start(fv_model **model) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {224, 224, 3}), first;
  first = x = fv_conv2d(g, x, .name = "block1_conv1", .filters = 64, .kernel_size = {3}, .padding = FV_SAME,
                        .activation = "relu");
  x = fv_conv2d(g, x, .filters = 64, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_conv2d(g, x, .filters = 128, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_conv2d(g, x, .filters = 128, .kernel_size = {3}, .padding = FV_SAME);
  const fv_value outputs[] = {first, x};
  TRY(fv_model_create_with(model, g, NULL, 0, outputs, 2));
  return fv_model_load_weights(*model, DATA "vgg16_partial/vgg16_blocks12_keras_names.h5");
}

/* NumPy prints the first and last three of 224 rows, of 224 columns and of 64 channels: 216 numbers. */
static fv_status compare_printed(const float *output, double *error) {
  static const int ends[6] = {0, 1, 2, -3, -2, -1};
  FILE *file = fopen(DATA "vgg16_partial/keras_printed_block1_conv1_output.txt", "r");
  int number = 0, c;
  if (!file) return fail(FV_ERROR_NOT_FOUND, "what Keras printed is not here");
  while (number < 216 && (c = fgetc(file)) != EOF) {
    double printed;
    if (!isdigit(c) && c != '-') continue;
    ungetc(c, file);
    if (fscanf(file, "%lf", &printed) != 1) break;
    const int row = ends[number / 36], column = ends[number / 6 % 6], channel = ends[number % 6];
    const int at = ((row + 224) % 224 * 224 + (column + 224) % 224) * 64 + (channel + 64) % 64;
    *error = fmax(*error, fabs((double)output[at] - printed));
    number++;
  }
  fclose(file);
  return number == 216 ? FV_OK : fail(FV_ERROR_FORMAT, "expected 216 printed numbers, found %d", number);
}

static fv_status measure_vgg16(void *context, double *error) {
  fv_model *model = NULL;
  fv_plan *plan = NULL;
  fv_tensor photo = {.data = NULL};
  (void)context;
  fv_status status = vgg16_start(&model);
  if (!status) status = fv_npy_read(&photo, DATA "vgg16_partial/persian_cat_bgr_mean_subtracted_224x224x3.npy");
  if (!status) status = fv_plan_create(&plan, model, NULL);
  if (!status) {
    memcpy(fv_plan_input(plan, 0), photo.data, sizeof(float) * 224 * 224 * 3);
    status = fv_run(plan, NULL);
  }
  if (!status) status = compare_printed(fv_plan_output(plan, 0), error);
  fv_plan_destroy(plan);
  fv_tensor_destroy(&photo);
  fv_model_destroy(model);
  return status;
}

/* A network without its shards: how many tensors of the manifest have no weight of their name and shape. */
typedef struct topology {
  const char *file;
  int64_t parameters;
} topology;

static bool has_tensor(const fv_model *model, const json_t *tensor) {
  const json_t *extents = json_object_get(tensor, "shape");
  for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
    fv_weight_info weight = fv_model_weight(model, w);
    bool same = !strcmp(weight.path, json_string_value(json_object_get(tensor, "name"))) &&
                weight.shape.rank == (int32_t)json_array_size(extents);
    for (int32_t i = 0; same && i < weight.shape.rank; i++)
      same = weight.shape.dims[i] == json_integer_value(json_array_get(extents, (size_t)i));
    if (same) return true;
  }
  return false;
}

static fv_status measure_topology(void *context, double *error) {
  const topology *t = context;
  char path[PATH_SIZE];
  fv_model *model;
  size_t group, i;
  json_t *part, *tensor;
  snprintf(path, sizeof path, DATA "keras_topologies/%s", t->file);
  TRY(fv_model_load(&model, path, &(fv_model_load_options){.without_weights = true}));
  json_t *root = json_load_file(path, 0, NULL);
  json_array_foreach(json_object_get(root, "weightsManifest"), group, part)
      json_array_foreach(json_object_get(part, "weights"), i, tensor) *error += !has_tensor(model, tensor);
  json_decref(root);
  const int64_t found = fv_model_parameters(model);
  fv_model_destroy(model);
  return found == t->parameters ? FV_OK : fail(FV_ERROR_SHAPE, "found %lld parameters", (long long)found);
}

/* Models of TensorFlow.js. */
typedef struct answered {
  const char *folder, *feeding, *list; /* in the file of answers; "" where each class has its probability */
  const char *photos;                  /* folder of the photos */
  double crop;
  bool logits; /* in Darknet's order of classes */
} answered;

static bool read_lines(const char *path, char lines[CLASSES][16]) {
  char line[256];
  int count = 0;
  FILE *file = fopen(path, "r");
  while (file && count < CLASSES && fgets(line, sizeof line, file)) snprintf(lines[count++], 16, "%.9s", line);
  if (file) fclose(file);
  return count == CLASSES;
}

/* The place of every class of Darknet's list among the wnids in order. */
static fv_status read_places(int32_t places[CLASSES]) {
  static char wnids[CLASSES][16], darknet[CLASSES][16];
  if (!read_lines(DATA "imagenet_samples/imagenet_1000_wnid_name.txt", wnids) ||
      !read_lines(DATA "darknet_tiny_tfjs/imagenet.labels.first1000.list", darknet))
    return fail(FV_ERROR_NOT_FOUND, "a list of 1000 classes is not here");
  for (int k = 0; k < CLASSES; k++)
    for (places[k] = 0; places[k] < CLASSES - 1 && strcmp(wnids[places[k]], darknet[k]);) places[k]++;
  return FV_OK;
}

/* Probabilities by class. */
static void spread(const fv_prediction *answer, const answered *a, const int32_t *places, double *probabilities) {
  double sum = 0, largest = (double)answer->top[0].probability;
  for (int32_t k = 0; k < answer->count; k++) sum += exp((double)answer->top[k].probability - largest);
  for (int32_t k = 0; k < answer->count; k++) {
    const int32_t class = answer->top[k].index;
    const double value = (double)answer->top[k].probability;
    probabilities[a->logits ? places[class] : class] = a->logits ? exp(value - largest) / sum : value;
  }
}

static fv_status compare_photo(fv_model *model, const answered *a, const int32_t *places, const json_t *photo,
                               double *error) {
  char path[PATH_SIZE];
  double probabilities[CLASSES] = {0};
  fv_prediction answer;
  size_t i;
  json_t *entry;
  snprintf(path, sizeof path, DATA "%s%s", a->photos, json_string_value(json_object_get(photo, "file")));
  TRY(fv_predict(model, &(fv_picture){.path = path}, 1, &(fv_predict_options){.top = CLASSES}, &answer));
  fv_status status = answer.status ? fail(answer.status, "%s", answer.message) : FV_OK;
  if (!status) spread(&answer, a, places, probabilities);
  json_array_foreach(json_object_get(photo, *a->list ? a->list : "probabilities"), i, entry) {
    const json_int_t class = *a->list ? json_integer_value(json_array_get(entry, 0)) : (json_int_t)i;
    const double expected = json_number_value(*a->list ? json_array_get(entry, 1) : entry);
    *error = fmax(*error, fabs(probabilities[class] - expected));
  }
  fv_prediction_destroy(&answer, 1);
  return status;
}

static fv_status measure_answers(void *context, double *error) {
  const answered *a = context;
  char path[PATH_SIZE];
  int32_t places[CLASSES];
  fv_model *model;
  fv_preprocessing preprocessing;
  size_t i;
  json_t *photo, *root = json_load_file(ANSWERS, 0, NULL);
  snprintf(path, sizeof path, DATA "%s/model.json", a->folder);
  fv_status status = fv_model_load(&model, path, NULL);
  if (!status && a->logits) status = read_places(places);
  if (!status) status = fv_preprocessing_parse(&preprocessing, a->feeding);
  if (!status) {
    preprocessing.size = fv_model_preprocessing(model).size;
    snprintf(preprocessing.resize, sizeof preprocessing.resize, "pil-bilinear");
    preprocessing.crop = a->crop;
    status = fv_model_set_preprocessing(model, &preprocessing);
  }
  json_array_foreach(json_object_get(json_object_get(root, a->folder), "photos"), i, photo) if (!status) status =
      compare_photo(model, a, places, photo, error);
  fv_model_destroy(model);
  json_decref(root);
  return status;
}

static bool is_here(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file) fclose(file);
  return file != NULL;
}

static void line(const char *probe, const char *name, double allowed, page_measure *measure, void *context) {
  fprintf(page, "| %s |", name);
  if (is_here(probe)) {
    page_levels(name, allowed, measure, context);
  } else {
    fprintf(page, " not here |\n");
  }
}

void conformance_known(void) {
  topology vgg16 = {"vgg16_imagenet_tfjs_model.json", 138357544},
           resnet = {"resnet50_imagenet_tfjs_model.json", 25636712};
  answered mobilenet = {"mobilenet_v1_075_224_tfjs", "tf", "top5", "imagenet_samples/", 0, false};
  answered darknet = {"darknet_tiny_tfjs", "scale:1/255", "top5", "imagenet_samples/", 0, true};
  answered square = darknet, inception = {"nsfwjs_inception_v3", "scale:1/255", "", "", 0, false};
  square.list = "top5_square";
  square.crop = 1;
  page_head("Real networks",
            "Largest differences: between the tensors of one network saved in two orders; from what Keras printed "
            "(the file's biases are\nrounded to 1.3e-4); tensors of a manifest that the network has not; and of a "
            "class's probability from what tf_keras answers\nto photos.",
            "what");
  line(DATA "squeezenet_keras_notop/README.md",
       "SqueezeNet 1.1 of TensorFlow and of Theano, 50 tensors, 722,496 numbers", 0, measure_orders, NULL);
  line(DATA "vgg16_partial/README.md", "VGG16, block1_conv1 on a photo, 216 numbers up to 400", 5e-4, measure_vgg16,
       NULL);
  line(DATA "keras_topologies/README.md", "VGG16's configuration, 138,357,544 parameters, 32 tensors", 0,
       measure_topology, &vgg16);
  line(DATA "keras_topologies/README.md", "ResNet50's configuration, 25,636,712 parameters, 320 tensors", 0,
       measure_topology, &resnet);
  line(ANSWERS, "MobileNet 0.75 (TensorFlow.js, float32), 53 photos", 1e-4, measure_answers, &mobilenet);
  line(ANSWERS, "Darknet tiny (TensorFlow.js, float32), 53 photos", 1e-4, measure_answers, &darknet);
  line(ANSWERS, "Darknet tiny, the central squares", 1e-4, measure_answers, &square);
  line(ANSWERS, "InceptionV3 (TensorFlow.js, uint8), 6 photos", 1e-4, measure_answers, &inception);
}
