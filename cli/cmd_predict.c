/* fovea predict: names pictures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"
#include "pictures.h"
#include "speed.h"

enum { TEXT_FORMAT = 1, JSON_FORMAT, CSV_FORMAT };

typedef struct predict_options {
  model_options model;
  speed_options speed;
  int32_t top, batch, format;
} predict_options;

static const char *const formats[] = {"text", "json", "csv", NULL};

static const fv_option options[] = {
    {"top", FV_OPTION_INT, offsetof(predict_options, top), "5", 1, 1e9, NULL,
     "how many of the likeliest classes to show"},
    {"format", FV_OPTION_NAME, offsetof(predict_options, format), "text", 0, 0, formats,
     "how to show them; the numbers are probabilities where the network ends in softmax or, each class by itself, in "
     "sigmoid, else scores"},
    SPEED_OPTIONS(predict_options, speed),
    {"batch", FV_OPTION_INT, offsetof(predict_options, batch), "0", 0, 65536, NULL,
     "pictures at once, 0: up to 8, fewer when memory is short"},
    MODEL_OPTIONS(predict_options, model),
    MODEL_PICTURE_OPTIONS(predict_options, model),
    {0}};

/* How the answers are shown: one place for the three formats. */
typedef struct answer_printer {
  const fv_model *model;
  int32_t format;
  const char *word; /* what its numbers are: "probability", or "score" */
  int32_t shown;    /* pictures so far */
} answer_printer;

/* The name of a class; its number where the model has no names. */
static const char *class_name(char number[16], const fv_model *model, int32_t index) {
  const char *name = fv_model_label(model, index).name;
  if (*name) return name;
  snprintf(number, 16, "%" PRId32, index);
  return number;
}

static void print_text(const answer_printer *p, const char *file, const fv_prediction *answer) {
  char number[16];
  if (answer->status) return;
  if (p->shown) putchar('\n');
  output_plain(file);
  putchar('\n');
  for (int32_t i = 0; i < answer->count; i++) {
    printf("%s%8.4f  ", *p->word == 's' ? "score " : "", (double)answer->top[i].probability);
    output_plain(class_name(number, p->model, answer->top[i].index));
    const char *wnid = fv_model_label(p->model, answer->top[i].index).wnid;
    if (*wnid) {
      fputs("  ", stdout);
      output_plain(wnid);
    }
    putchar('\n');
  }
}

static void print_json(const answer_printer *p, const char *file, const fv_prediction *answer) {
  char number[16];
  printf("%s\n  {\"file\": ", p->shown ? "," : "");
  output_json(file);
  if (answer->status) {
    fputs(", \"error\": ", stdout);
    output_json(answer->message ? answer->message : "no memory");
  } else {
    fputs(", \"top\": [", stdout);
    for (int32_t i = 0; i < answer->count; i++) {
      int32_t index = answer->top[i].index;
      printf("%s{\"index\": %" PRId32 ", \"wnid\": ", i ? ", " : "", index);
      output_json(fv_model_label(p->model, index).wnid);
      fputs(", \"class\": ", stdout);
      output_json(class_name(number, p->model, index));
      printf(", \"%s\": %.9g}", p->word, (double)answer->top[i].probability);
    }
    putchar(']');
  }
  putchar('}');
}

static void print_csv(const answer_printer *p, const char *file, const fv_prediction *answer) {
  char number[16];
  for (int32_t i = 0; i < answer->count; i++) {
    int32_t index = answer->top[i].index;
    output_csv(file);
    printf(",%" PRId32 ",%" PRId32 ",", i + 1, index);
    output_csv(fv_model_label(p->model, index).wnid);
    putchar(',');
    output_csv(class_name(number, p->model, index));
    printf(",%.9g\n", (double)answer->top[i].probability);
  }
}

static void print_answer(answer_printer *p, const char *file, const fv_prediction *answer) {
  if (answer->status) command_error(0, "%s", answer->message ? answer->message : "no memory");
  if (p->format == JSON_FORMAT)
    print_json(p, file, answer);
  else if (p->format == CSV_FORMAT)
    print_csv(p, file, answer);
  else
    print_text(p, file, answer);
  if (p->format == JSON_FORMAT || !answer->status) p->shown++;
}

/* Runs the list in slices, so that answers appear as they come. */
static int predict_list(fv_predictor *predictor, const picture_list *list, int32_t slice, answer_printer *printer) {
  int exit_status = list->status;
  fv_prediction *answers = calloc((size_t)slice, sizeof *answers);
  if (!answers) {
    return command_error(COMMAND_RESOURCES, "no memory for the answers");
  }
  for (int32_t done = 0; done < list->count && !ferror(stdout); done += slice) {
    int32_t count = list->count - done < slice ? list->count - done : slice;
    fv_status status = fv_predictor_run(predictor, list->pictures + done, count, answers);
    for (int32_t i = 0; i < count && !status; i++) {
      print_answer(printer, list->pictures[done + i].path, &answers[i]);
      if (answers[i].status && exit_status != COMMAND_BAD_INPUT) exit_status = command_status(answers[i].status);
    }
    fv_prediction_destroy(answers, count);
    if (status) {
      exit_status = command_fail(status);
      break;
    }
  }
  free(answers);
  return exit_status;
}

static int predict(const fv_model *model, fv_predictor *predictor, const picture_list *list, const predict_options *o) {
  const char *word = fv_model_score_kind(model) == FV_SCORE_PLAIN ? "score" : "probability";
  answer_printer printer = {.model = model, .format = o->format, .word = word};
  if (o->format == JSON_FORMAT) putchar('[');
  if (o->format == CSV_FORMAT) printf("file,rank,index,wnid,class,%s\n", word);
  int status = predict_list(predictor, list, o->batch ? o->batch : 8, &printer);
  if (o->format == JSON_FORMAT) puts("\n]");
  return status;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const predict_options *o = pointer;
  if (argument_count < 2) return command_usage("predict needs a model and an image; `fovea help predict` shows how");
  picture_list list;
  fv_model *model = NULL;
  fv_predictor *predictor = NULL;
  fv_tuning *tuning = NULL;
  int status = speed_check(&o->speed);
  if (status) return status;
  status = pictures_collect(&list, o->model.upright, argument_count - 1, arguments + 1);
  if (status == COMMAND_OK) status = model_open(&model, arguments[0], &o->model);
  if (status == COMMAND_OK) status = speed_tuning(&tuning, &o->speed, model);
  if (status == COMMAND_OK) {
    fv_predict_options how = {.top = o->top,
                              .batch = o->batch,
                              .threads = o->speed.threads,
                              .accuracy = speed_accuracy(&o->speed),
                              .tuning = tuning};
    fv_status created = fv_predictor_create(&predictor, model, &how);
    status = created ? command_fail_about(arguments[0], created) : predict(model, predictor, &list, o);
  }
  fv_predictor_destroy(predictor);
  fv_tuning_destroy(tuning);
  fv_model_destroy(model);
  pictures_free(&list);
  return status;
}

const fv_command command_predict = {
    .name = "predict",
    .arguments = "MODEL IMAGE...",
    .help =
        "name what is in pictures; with probabilities where the network ends in softmax, or sigmoid (each class by\n"
        "itself), else with its scores",
    .examples = "fovea predict mobilenet.h5 jay.jpg\n"
                "fovea predict EfficientNetLite0 photos/ --top 3 --format json\n"
                "fovea predict model.keras - --preprocess torch --labels names.txt < picture.png",
    .options = options,
    .options_size = sizeof(predict_options),
    .shortcuts = "n=top,j=threads,f=format",
    .run = run,
};
