/* Optimizer, loss and metrics from their words. */
#include "learning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

typedef const char *name_at(int32_t index);

/* A name in small letters, which every part also has. */
static const char *in_small_letters(char small[WORDS_NAME], const char *name) {
  snprintf(small, WORDS_NAME, "%s", name);
  for (char *c = small; *c; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
  return small;
}

/* A part that is none, with the nearest that is. */
static int refuse(const char *what, const char *name, name_at *at) {
  char list[1200] = "", typed[WORDS_NAME], small[WORDS_NAME];
  size_t used = 0;
  suggestion nearest = suggest_begin(in_small_letters(typed, name));
  for (int32_t i = 0; at(i); i++) {
    suggest_offer(&nearest, in_small_letters(small, at(i)));
    if (used < sizeof list) used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", at(i));
  }
  if (nearest.name[0]) return command_usage("--%s has no '%s'; did you mean %s?", what, name, nearest.name);
  return command_usage("--%s has no '%s'; it has %s", what, name, list);
}

/* ---- optimizer */

static int set_own_options(learning *l, const train_options *o, const fv_option *table) {
  const struct {
    const char *name, *value;
  } given[] = {{"learning_rate", o->learning_rate},
               {"momentum", o->momentum},
               {"nesterov", o->nesterov},
               {"rho", o->rho},
               {"epsilon", o->epsilon},
               {"beta_1", o->beta_1},
               {"beta_2", o->beta_2},
               {"weight_decay", o->weight_decay},
               {"clipnorm", o->clipnorm},
               {"global_clipnorm", o->global_clipnorm},
               {"clipvalue", o->clipvalue},
               {"gradient_accumulation_steps", o->accumulate}};
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    const int status = given[i].value
                           ? words_set(&l->optimizer_options, table, l->optimizer, given[i].name, given[i].value)
                           : COMMAND_OK;
    if (status) return status;
  }
  return COMMAND_OK;
}

static int read_optimizer(learning *l, const train_options *o) {
  words w;
  int status = words_read(&w, "optimizer", o->optimizer);
  snprintf(l->optimizer, sizeof l->optimizer, "%s", w.name);
  const fv_option *table = fv_optimizer_table(w.name);
  if (status == COMMAND_OK && !table) status = refuse("optimizer", w.name, fv_optimizer_name);
  if (status == COMMAND_OK) status = words_set_all(&l->optimizer_options, table, &w);
  if (status == COMMAND_OK) status = set_own_options(l, o, table);
  words_free(&w);
  if (status) return status;
  fv_optimizer *optimizer;
  if (fv_optimizer_create(&optimizer, l->optimizer, &l->optimizer_options))
    return command_usage("--optimizer: %s", fv_error_message());
  fv_optimizer_destroy(optimizer);
  return COMMAND_OK;
}

/* ---- loss, metrics, regulariser */

static int read_loss(learning *l, const train_options *o) {
  int status = words_read(&l->loss_words, "loss", o->loss ? o->loss : "categorical_crossentropy");
  if (status) return status;
  const char *name = l->loss_words.name;
  const fv_option *table = fv_loss_table(name);
  if (!table) return refuse("loss", name, fv_loss_name);
  status = words_set_all(&l->loss_options, table, &l->loss_words);
  if (status) return status;
  fv_loss *loss;
  if (fv_loss_create(&loss, name, &l->loss_options)) return command_usage("--loss: %s", fv_error_message());
  fv_loss_destroy(loss);
  return COMMAND_OK;
}

static int read_metric(learning *l, const char *text) {
  if (l->metric_count == LEARNING_METRICS) return command_usage("--metrics: at most %d", LEARNING_METRICS);
  const int32_t place = l->metric_count++;
  words *w = &l->metric_words[place];
  const int status = words_read(w, "metrics", text);
  if (status) return status;
  l->metrics[place] = (fv_fit_metric){.name = w->name, .options = &l->metric_options[place]};
  const bool is_accuracy = !strcmp(w->name, "accuracy") || !strcmp(w->name, "acc");
  if (is_accuracy && w->count) return command_usage("--metrics: %s has no words", w->name);
  const fv_option *table = fv_metric_table(w->name);
  if (!is_accuracy && !table && !fv_loss_table(w->name)) return refuse("metrics", w->name, fv_metric_name);
  return table ? words_set_all(&l->metric_options[place], table, w) : COMMAND_OK;
}

static int read_metrics(learning *l, const train_options *o) {
  const char *at = o->metrics ? o->metrics : "accuracy";
  while (*at) {
    char text[512];
    const size_t length = strcspn(at, " ");
    if (length >= sizeof text) return command_usage("--metrics has a word of %zu letters", length);
    snprintf(text, sizeof text, "%.*s", (int)length, at);
    const int status = length ? read_metric(l, text) : COMMAND_OK;
    if (status) return status;
    at += length + (at[length] != 0);
  }
  return COMMAND_OK;
}

int learning_read(learning *l, const train_options *o) {
  *l = (learning){.schedule = NULL};
  int status = o->optimizer ? read_optimizer(l, o) : COMMAND_OK;
  if (status == COMMAND_OK) status = read_loss(l, o);
  if (status == COMMAND_OK) status = read_metrics(l, o);
  if (status == COMMAND_OK && o->regularizer && fv_regularizer_read(&l->regularizer, o->regularizer))
    status = command_usage("--regularizer: %s", fv_error_message());
  /* Words of the schedule and of callbacks are read once now, for their sake; the real ones need the data. */
  if (status == COMMAND_OK) status = learning_make_schedule(l, o, (learning_span){1, 1});
  if (status == COMMAND_OK) status = learning_make_callbacks(l, o, true, false);
  return status;
}

void learning_free(learning *l) {
  for (int32_t i = 0; i < l->callback_count; i++) fv_callback_destroy(&l->callbacks[i]);
  for (int32_t i = 0; i < l->metric_count; i++) words_free(&l->metric_words[i]);
  words_free(&l->loss_words);
  fv_schedule_destroy(l->schedule);
  *l = (learning){.schedule = NULL};
}

/* ---- class weights */

static int find_class(const fv_dataset *set, const char *name) {
  for (int32_t i = 0; i < fv_dataset_class_count(set); i++)
    if (!strcmp(fv_dataset_class_name(set, i), name)) return i;
  return -1;
}

static int read_class_weights(float *weights, const char *text, const fv_dataset *set) {
  char list[LEARNING_TEXT];
  if (strlen(text) >= sizeof list) return command_usage("--class-weight is too long");
  snprintf(list, sizeof list, "%s", text);
  for (char *rest = NULL, *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    static const fv_option number = {"class-weight", FV_OPTION_FLOAT, 0, "1", 0, 1e9, NULL, "how much it counts"};
    char *value = strrchr(word, '=');
    double weight = 0;
    if (!value) return command_usage("--class-weight: '%s' is no NAME=X", word);
    *value++ = 0;
    const int found = find_class(set, word);
    if (found < 0) return command_usage("--class-weight: there is no class '%s'", word);
    if (fv_option_set(&weight, &number, value)) return command_usage("--%s", fv_error_message());
    weights[found] = (float)weight;
  }
  return COMMAND_OK;
}

int learning_class_weights(float **weights, const train_options *o, const fv_dataset *set) {
  *weights = NULL;
  if (!o->class_weight) return COMMAND_OK;
  const int32_t count = fv_dataset_class_count(set);
  *weights = malloc((size_t)count * sizeof **weights);
  if (!*weights) return command_error(COMMAND_RESOURCES, "no memory for class weights");
  for (int32_t i = 0; i < count; i++) (*weights)[i] = 1;
  if (strcmp(o->class_weight, "balanced") != 0) return read_class_weights(*weights, o->class_weight, set);
  fv_dataset_class_weights(*weights, set);
  return COMMAND_OK;
}
