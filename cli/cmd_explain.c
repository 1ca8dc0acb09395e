/* fovea explain: where in a picture the reasons for an answer lie, and which channels it is owed to. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fovea-tools/figure.h>
#include <fovea/channel_maps.h>
#include <fovea/explain.h>
#include <fovea/labels.h>
#include <fovea/predict.h>

#include "command.h"
#include "heat.h"
#include "model_argument.h"
#include "output.h"
#include "pictures.h"
#include "planes.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT, TITLE = 128 };

typedef struct explain_options {
  model_options model;
  const char *output, *class_name, *against, *layer;
  int32_t heat, channels, format, threads;
  bool stages;
} explain_options;

static const char *const kinds[] = {"gradcam", "hirescam", NULL};
static const char *const formats[] = {"text", "json", NULL};

static const fv_option options[] = {
    {"output", FV_OPTION_TEXT, offsetof(explain_options, output), NULL, 0, 0, NULL,
     "FILE: the picture with the heat over it; FILE.npy: the heat as it is, rows x columns"},
    {"class", FV_OPTION_TEXT, offsetof(explain_options, class_name), NULL, 0, 0, NULL,
     "N|NAME: the class that is asked about [the likeliest]"},
    {"against", FV_OPTION_TEXT, offsetof(explain_options, against), NULL, 0, 0, NULL,
     "N|NAME: why the class and not this one"},
    {"layer", FV_OPTION_TEXT, offsetof(explain_options, layer), NULL, 0, 0, NULL,
     "NAME: the layer at which the heat is measured [the last one that makes an image]"},
    {"stages", FV_OPTION_BOOL, offsetof(explain_options, stages), "false", 0, 0, NULL,
     "a strip of the heat at every size of image that the network makes"},
    {"heat", FV_OPTION_NAME, offsetof(explain_options, heat), "gradcam", 0, 0, kinds,
     "gradcam weighs whole channels, hirescam each pixel"},
    {"channels", FV_OPTION_INT, offsetof(explain_options, channels), "0", 0, 65536, NULL,
     "list so many channels of the layer: what they add to the score, estimated, and measured by switching each off"},
    {"format", FV_OPTION_NAME, offsetof(explain_options, format), "text", 0, 0, formats, "how to show the answer"},
    {"threads", FV_OPTION_INT, offsetof(explain_options, threads), "0", 0, 4096, NULL, "threads, 0: one per processor"},
    MODEL_OPTIONS(explain_options, model),
    MODEL_PICTURE_OPTIONS(explain_options, model),
    {0}};

/* Everything of one explanation. */
typedef struct explanation {
  const explain_options *o;
  fv_model *model;
  fv_preprocessing preprocessing;
  fv_image photo, seen; /* as it is; what the network sees of it */
  fv_plan *plan;
  fv_activations left; /* by the run */
  int64_t classes;
  fv_explain_options how;
  fv_value values[FV_STAGES];
  fv_tensor heats[FV_STAGES];
  float largest[FV_STAGES];
  int32_t count;
} explanation;

static void end(explanation *e) {
  for (int32_t i = 0; i < e->count; i++) fv_tensor_destroy(&e->heats[i]);
  fv_activations_destroy(&e->left);
  fv_plan_destroy(e->plan);
  fv_image_destroy(&e->seen);
  fv_image_destroy(&e->photo);
  fv_model_destroy(e->model);
}

static const char *layer_name(const explanation *e, int32_t i) {
  return fv_model_layer(e->model, fv_model_node(e->model, e->values[i].node).layer).name;
}

/* ---- the picture, and a run that keeps everything */

static fv_status read_photo(explanation *e, const fv_picture *picture) {
  fv_status status = pictures_read(&e->photo, picture);
  return status ? status : heat_photo(&e->seen, &e->photo, &e->preprocessing);
}

static int make_plan(explanation *e) {
  e->preprocessing = fv_model_preprocessing(e->model);
  const fv_shape shape = fv_model_input_shape(e->model, 0), output = fv_model_output_shape(e->model, 0);
  if (fv_model_input_count(e->model) != 1 || shape.rank != 4 || output.rank < 2)
    return command_error(COMMAND_BAD_INPUT,
                         "explain takes a network of one picture; `fovea summary` shows what this one "
                         "takes");
  if (e->preprocessing.mode == FV_PREPROCESSING_UNSET)
    return command_usage("nobody has said how the network is fed: give --preprocess");
  fv_shape input = shape;
  input.dims[0] = 1;
  input.dims[1] = e->preprocessing.size.height;
  input.dims[2] = e->preprocessing.size.width;
  const fv_plan_options plan = {.mode = FV_PLAN_INSPECT, .threads = e->o->threads, .input_shapes = &input};
  const fv_status status = fv_plan_create(&e->plan, e->model, &plan);
  return status ? command_fail(status) : COMMAND_OK;
}

static int look(explanation *e, const fv_picture *picture) {
  int exit_status = make_plan(e);
  if (exit_status) return exit_status;
  fv_status status = read_photo(e, picture);
  if (!status) status = fv_preprocess(fv_plan_input(e->plan, 0), picture, &e->preprocessing);
  if (!status) status = fv_run(e->plan, NULL);
  if (!status) status = fv_activations_lend(&e->left, e->plan, e->model);
  const fv_shape output = fv_plan_output_shape(e->plan, 0);
  e->classes = output.rank ? output.dims[output.rank - 1] : 0;
  return status ? command_fail(status) : COMMAND_OK;
}

/* ---- what is asked */

/* A class by number, WordNet number or name. */
static int find_class(const explanation *e, const char *option, const char *word, int64_t *index) {
  char *end_of_number;
  errno = 0;
  *index = strtoll(word, &end_of_number, 10);
  if (*word && !*end_of_number && !errno) {
    if (*index >= 0 && *index < e->classes) return COMMAND_OK;
    return command_usage("--%s %s: the network has classes 0 to %" PRId64, option, word, e->classes - 1);
  }
  for (int32_t i = 0; i < fv_model_label_count(e->model); i++) {
    const fv_label label = fv_model_label(e->model, i);
    *index = i;
    if (!strcasecmp(label.name, word) || (*label.wnid && !strcmp(label.wnid, word))) return COMMAND_OK;
  }
  return command_usage("--%s: the network knows no class '%s'", option, word);
}

static int64_t likeliest(const explanation *e) {
  const float *scores = fv_plan_output(e->plan, 0);
  int64_t best = 0;
  for (int64_t c = 1; c < e->classes; c++)
    if (scores[c] > scores[best]) best = c;
  return best;
}

static int choose_score(explanation *e) {
  fv_score *score = &e->how.score;
  int status = COMMAND_OK;
  score->index = likeliest(e);
  if (e->o->class_name) status = find_class(e, "class", e->o->class_name, &score->index);
  if (status == COMMAND_OK && e->o->against) {
    score->is_against = true;
    status = find_class(e, "against", e->o->against, &score->against);
  }
  if (status == COMMAND_OK && score->is_against && score->against == score->index)
    return command_usage("--against names the class itself");
  return status;
}

static int choose_layers(explanation *e) {
  e->count = fv_model_stages(e->values, FV_STAGES, e->model);
  if (e->o->layer) {
    const int32_t layer = fv_model_find_layer(e->model, e->o->layer);
    if (layer < 0) return command_usage("the network has no layer '%s'; `fovea summary` lists them", e->o->layer);
    e->values[0] = (fv_value){fv_model_layer(e->model, layer).nodes[0], 0};
    e->count = 1;
  } else if (e->count == 0) {
    return command_error(COMMAND_BAD_INPUT, "no layer of the network makes an image, so there is no place for heat");
  } else if (!e->o->stages) {
    e->values[0] = e->values[e->count - 1];
    e->count = 1;
  }
  return COMMAND_OK;
}

/* ---- pictures */

static int write_strip(const explanation *e, const fv_image *pictures) {
  fv_figure_picture strip[FV_STAGES];
  char remarks[FV_STAGES][TITLE];
  for (int32_t i = 0; i < e->count; i++) {
    snprintf(remarks[i], sizeof remarks[i], "%" PRId64 " x %" PRId64 ", up to %.3g", e->heats[i].shape.dims[0],
             e->heats[i].shape.dims[1], (double)e->largest[i]);
    strip[i] = (fv_figure_picture){layer_name(e, i), remarks[i], &pictures[i]};
  }
  const fv_status status = fv_figure_grid(e->o->output, strip, e->count, &(fv_figure_options){.columns = e->count});
  return status ? planes_write_failed(status) : COMMAND_OK;
}

static int write_pictures(explanation *e) {
  if (!e->o->output) return COMMAND_OK;
  if (planes_is_numbers(e->o->output)) return planes_write(e->o->output, &e->heats[0], FV_IMAGE_SCALE_NONE);
  fv_image pictures[FV_STAGES] = {{0}};
  fv_status status = FV_OK;
  for (int32_t i = 0; i < e->count && !status; i++)
    status = heat_over(&pictures[i], &e->seen, &e->heats[i], &e->largest[i]);
  int exit_status = status ? command_fail(status) : COMMAND_OK;
  if (!exit_status)
    exit_status = e->o->stages ? write_strip(e, pictures) : planes_write_image(e->o->output, &pictures[0]);
  for (int32_t i = 0; i < e->count; i++) fv_image_destroy(&pictures[i]);
  return exit_status;
}

/* ---- channels */

typedef struct listed {
  int64_t channel;
  float estimate;
  double measured;
} listed;

static int by_estimate(const void *a, const void *b) {
  const listed *x = a, *y = b;
  const float size_x = x->estimate < 0 ? -x->estimate : x->estimate,
              size_y = y->estimate < 0 ? -y->estimate : y->estimate;
  if (size_x != size_y) return size_x > size_y ? -1 : 1;
  return (x->channel > y->channel) - (x->channel < y->channel);
}

/* The channels of the last value with the largest estimates, and what switching them off does. */
static fv_status measure_channels(const explanation *e, listed **list, int64_t *count) {
  const fv_value value = e->values[e->count - 1];
  const fv_shape *shape = &e->left.shapes[value.node - 1];
  const int64_t all = shape->dims[shape->rank - 1];
  *count = e->o->channels < all ? e->o->channels : all;
  float *estimates = calloc((size_t)all, sizeof *estimates);
  *list = calloc((size_t)all, sizeof **list);
  int64_t *channels = calloc((size_t)all, sizeof *channels);
  fv_ablation *found = calloc((size_t)all, sizeof *found);
  fv_status status = estimates && *list && channels && found ? fv_explain_channels(estimates, &e->left, value, &e->how)
                                                             : fv_error_set(FV_ERROR_MEMORY, "no memory for channels");
  for (int64_t c = 0; c < all && !status; c++) (*list)[c] = (listed){c, estimates[c], 0};
  if (!status) qsort(*list, (size_t)all, sizeof **list, by_estimate);
  for (int64_t i = 0; i < *count && !status; i++) channels[i] = (*list)[i].channel;
  if (!status) status = fv_explain_ablations(found, &e->left, value, channels, *count, FV_OVERLAY_ZERO, &e->how, NULL);
  for (int64_t i = 0; i < *count && !status; i++) (*list)[i].measured = found[i].effect;
  free(found);
  free(channels);
  free(estimates);
  return status;
}

/* ---- words */

static void print_class(const explanation *e, int64_t index) {
  const char *name = fv_model_label(e->model, (int32_t)index).name;
  if (*name)
    output_plain(name);
  else
    printf("class %" PRId64, index);
}

static double score_of(const explanation *e) {
  const fv_score *score = &e->how.score;
  const float *logits = fv_plan_logits(e->plan, 0);
  return (double)logits[score->index] - (score->is_against ? (double)logits[score->against] : 0);
}

static void print_text(const explanation *e, const char *picture, const listed *list, int64_t listed_count) {
  const fv_score *score = &e->how.score;
  output_plain(picture);
  fputs(": ", stdout);
  print_class(e, score->index);
  if (score->is_against) {
    fputs(" and not ", stdout);
    print_class(e, score->against);
  }
  printf(", %.4g, score %.4g\n", (double)fv_plan_output(e->plan, 0)[score->index], score_of(e));
  for (int32_t i = 0; i < e->count; i++) {
    fputs("  ", stdout);
    output_plain(layer_name(e, i));
    printf(": %" PRId64 " x %" PRId64 ", up to %.4g\n", e->heats[i].shape.dims[0], e->heats[i].shape.dims[1],
           (double)e->largest[i]);
  }
  if (listed_count) puts("channel   adds, estimated   measured");
  for (int64_t i = 0; i < listed_count; i++)
    printf("%7" PRId64 "   %+15.4f   %+8.4f\n", list[i].channel, (double)list[i].estimate, list[i].measured);
}

static void print_json_class(const explanation *e, const char *key, int64_t index) {
  printf("  \"%s\": {\"index\": %" PRId64 ", \"name\": ", key, index);
  output_json(fv_model_label(e->model, (int32_t)index).name);
  printf(", \"output\": %.9g, \"logit\": %.9g},\n", (double)fv_plan_output(e->plan, 0)[index],
         (double)fv_plan_logits(e->plan, 0)[index]);
}

static void print_json(const explanation *e, const char *picture, const listed *list, int64_t listed_count) {
  fputs("{\n  \"image\": ", stdout);
  output_json(picture);
  puts(",");
  print_json_class(e, "class", e->how.score.index);
  if (e->how.score.is_against) print_json_class(e, "against", e->how.score.against);
  printf("  \"score\": %.9g,\n  \"heat\": [", score_of(e));
  for (int32_t i = 0; i < e->count; i++) {
    fputs(i ? ",\n    {\"layer\": " : "\n    {\"layer\": ", stdout);
    output_json(layer_name(e, i));
    printf(", \"height\": %" PRId64 ", \"width\": %" PRId64 ", \"largest\": %.9g}", e->heats[i].shape.dims[0],
           e->heats[i].shape.dims[1], (double)e->largest[i]);
  }
  fputs("\n  ],\n  \"channels\": [", stdout);
  for (int64_t i = 0; i < listed_count; i++)
    printf("%s\n    {\"channel\": %" PRId64 ", \"estimate\": %.9g, \"measured\": %.9g}", i ? "," : "", list[i].channel,
           (double)list[i].estimate, list[i].measured);
  puts("\n  ]\n}");
}

/* ---- the command */

static void find_largest(explanation *e) {
  for (int32_t i = 0; i < e->count; i++) {
    const fv_channel_maps maps = {e->heats[i].data, e->heats[i].shape.dims[0], e->heats[i].shape.dims[1], 1};
    fv_channel_statistics statistics;
    fv_channel_maps_measure(&statistics, &maps, NULL);
    e->largest[i] = statistics.max;
  }
}

static int explain(explanation *e, const fv_picture *picture) {
  int status = look(e, picture);
  if (status == COMMAND_OK) status = choose_score(e);
  if (status == COMMAND_OK) status = choose_layers(e);
  if (status) return status;
  e->how.heat = e->o->heat == 2 ? FV_HEAT_HIRES : FV_HEAT_GRADCAM;
  e->how.threads = e->o->threads;
  const fv_status explained = fv_explain_heat(e->heats, &e->left, e->values, e->count, &e->how);
  if (explained) return command_fail(explained);
  find_largest(e);
  status = write_pictures(e);
  if (status) return status;
  listed *list = NULL;
  int64_t count = 0;
  const fv_status measured = e->o->channels ? measure_channels(e, &list, &count) : FV_OK;
  if (!measured) (e->o->format == JSON_FORMAT ? print_json : print_text)(e, picture->path, list, count);
  free(list);
  return measured ? command_fail(measured) : COMMAND_OK;
}

static int check(int argument_count, const explain_options *o) {
  if (argument_count != 2) return command_usage("explain takes a model and an image; `fovea help explain` shows how");
  if (o->stages && o->layer) return command_usage("--stages and --layer exclude each other");
  const bool is_numbers = o->output && planes_is_numbers(o->output);
  if (is_numbers && o->stages) return command_usage("--stages makes a picture, no .npy");
  fv_status failed = FV_OK;
  if (o->output && !is_numbers) failed = o->stages ? fv_figure_check_name(o->output) : fv_image_check_name(o->output);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const explain_options *o = pointer;
  int status = check(argument_count, o);
  if (status) return status;
  picture_list list;
  explanation e = {.o = o};
  status = pictures_collect(&list, o->model.upright, 1, arguments + 1);
  if (status == COMMAND_OK && list.count != 1) status = command_usage("explain takes one image, not a folder");
  if (status == COMMAND_OK) status = model_open(&e.model, arguments[0], &o->model);
  if (status == COMMAND_OK) status = explain(&e, &list.pictures[0]);
  end(&e);
  pictures_free(&list);
  return status;
}

const fv_command command_explain = {
    .name = "explain",
    .arguments = "MODEL IMAGE",
    .help = "show where in a picture the reasons for an answer lie",
    .examples = "fovea explain MobileNet jay.jpg -o heat.png\n"
                "fovea explain VGG16 jay.jpg --class jay --against magpie --stages -o strip.png\n"
                "fovea explain model.keras cat.jpg --layer conv2d_3 --channels 10 --format json",
    .options = options,
    .options_size = sizeof(explain_options),
    .shortcuts = "o=output,f=format,j=threads",
    .run = run,
};
