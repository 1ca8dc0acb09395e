/* Schedules in short words: what is left out follows from how long training is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learning.h"
#include "suggest.h"

typedef struct short_name {
  const char *word, *name; /* NULL: the rate stays as it is */
} short_name;

static const short_name short_names[] = {{"constant", NULL},
                                         {"exponential", "ExponentialDecay"},
                                         {"step", "PiecewiseConstantDecay"},
                                         {"polynomial", "PolynomialDecay"},
                                         {"cosine", "CosineDecay"},
                                         {"cosine-restarts", "CosineDecayRestarts"},
                                         {"inverse-time", "InverseTimeDecay"}};
enum { SHORT_NAMES = sizeof short_names / sizeof *short_names };

static double default_rate(const learning *l) {
  fv_optimizer_options complete = l->optimizer_options;
  const fv_option *table = fv_optimizer_table(l->optimizer);
  if (!table || fv_options_complete(&complete, table)) return 0.01; /* not chosen yet */
  return complete.learning_rate;
}

/* Numbers that suit so many steps. */
static void choose(fv_schedule_options *s, const char *word, double rate, learning_span span) {
  const double total = (double)span.epochs * (double)span.steps;
  s->initial_learning_rate = rate;
  s->decay_steps = total;
  if (!strcmp(word, "exponential")) {
    s->decay_steps = (double)span.steps;
    s->decay_rate = 0.9;
  } else if (!strcmp(word, "inverse-time")) {
    s->decay_steps = (double)span.steps;
    s->decay_rate = 0.5;
  } else if (!strcmp(word, "cosine-restarts")) {
    s->first_decay_steps = total / 7 < 1 ? 1 : total / 7; /* each twice as long as the one before: 1 + 2 + 4 */
  }
}

/* "step": the rate times `factor` after every so many epochs, in Keras's boundaries and values. */
static int make_steps(learning *l, fv_schedule_options *s, double rate, double factor, double every,
                      learning_span span) {
  size_t boundaries = 0, values = 0;
  for (double epoch = 0; epoch < span.epochs; epoch += every, rate *= factor) {
    if (epoch > 0)
      boundaries += (size_t)snprintf(l->boundaries + boundaries, sizeof l->boundaries - boundaries, "%s%.0f",
                                     boundaries ? "," : "", epoch * (double)span.steps);
    values += (size_t)snprintf(l->values + values, sizeof l->values - values, "%s%.9g", values ? "," : "", rate);
    if (boundaries >= sizeof l->boundaries || values >= sizeof l->values)
      return command_usage("--schedule step: too many steps; make every= larger");
  }
  s->boundaries = l->boundaries;
  s->values = l->values;
  return COMMAND_OK;
}

static int read_number(double *number, const char *what, const char *text) {
  const fv_option option = {what, FV_OPTION_FLOAT, 0, "0", 1e-30, 1e9, NULL, "a number"};
  return fv_option_set(number, &option, text) ? command_usage("--schedule: %s", fv_error_message()) : COMMAND_OK;
}

static int read_words(learning *l, const words *w, const short_name *chosen, learning_span span) {
  fv_schedule_options s = {0};
  double rate = default_rate(l), factor = 0.1, every = (span.epochs + 2) / 3;
  const bool is_step = !strcmp(chosen->word, "step");
  int status = COMMAND_OK, first = 0;
  if (w->count && !w->words[0].name) status = read_number(&rate, "rate", w->words[first++].value);
  choose(&s, chosen->word, rate, span);
  for (int i = first; i < w->count && status == COMMAND_OK; i++) {
    const char *name = w->words[i].name, *value = w->words[i].value;
    if (!name)
      status = command_usage("--schedule: '%s' is no word=value", value);
    else if (is_step && !strcmp(name, "factor"))
      status = read_number(&factor, name, value);
    else if (is_step && !strcmp(name, "every"))
      status = read_number(&every, name, value);
    else if (!chosen->name)
      status = command_usage("--schedule: constant has no '%s'", name);
    else
      status = words_set(&s, fv_schedule_table(chosen->name), chosen->word, name, value);
  }
  if (status) return status;
  if (!chosen->name) {
    l->optimizer_options.learning_rate = rate;
    return COMMAND_OK;
  }
  if (is_step && !s.boundaries) status = make_steps(l, &s, rate, factor, every, span);
  if (status) return status;
  if (fv_schedule_create(&l->schedule, chosen->name, &s)) return command_usage("--schedule: %s", fv_error_message());
  l->optimizer_options.schedule = l->schedule;
  return COMMAND_OK;
}

int learning_make_schedule(learning *l, const train_options *o, learning_span span) {
  fv_schedule_destroy(l->schedule);
  l->schedule = NULL;
  l->optimizer_options.schedule = NULL;
  if (!o->schedule) return COMMAND_OK;
  words w;
  int status = words_read(&w, "schedule", o->schedule);
  suggestion nearest = suggest_begin(w.name);
  const short_name *chosen = NULL;
  for (int i = 0; i < SHORT_NAMES; i++) {
    if (!strcmp(w.name, short_names[i].word)) chosen = &short_names[i];
    suggest_offer(&nearest, short_names[i].word);
  }
  if (o->accumulate && atoll(o->accumulate) > 1)
    span.steps = (span.steps + atoll(o->accumulate) - 1) / atoll(o->accumulate);
  if (status == COMMAND_OK && !chosen)
    status = nearest.name[0]
                 ? command_usage("--schedule has no '%s'; did you mean %s?", w.name, nearest.name)
                 : command_usage("--schedule has no '%s'; it has constant, exponential, step, polynomial, cosine, "
                                 "cosine-restarts and inverse-time",
                                 w.name);
  if (status == COMMAND_OK) status = read_words(l, &w, chosen, span);
  snprintf(l->schedule_text, sizeof l->schedule_text, "%s", w.name);
  words_free(&w);
  return status;
}
