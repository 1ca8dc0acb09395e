/* What a training that goes on has other than the backup's, in the words of the command: the library names it by the
 * structures of C, "optimizer.momentum", "training.fingerprint". */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "train_run.h"

typedef struct meaning {
  const char *what; /* one that ends in '.' or ' ' is the beginning of many */
  const char *says; /* a %s in it stands for the rest */
  bool has_values;  /* that mean something to a reader */
} meaning;

static const meaning meanings[] = {{"seed", "--seed", true},
                                   {"batch_size", "--batch-size", true},
                                   {"samples_per_epoch", "--samples-per-epoch", true},
                                   {"shuffle", "--shuffle", false},
                                   {"optimizer", "--optimizer", true},
                                   {"optimizer.schedule", "--schedule", false},
                                   {"optimizer.gradient_accumulation_steps", "--accumulate", true},
                                   {"optimizer.", "--%s", true},
                                   {"loss", "--loss", true},
                                   {"loss.", "--loss: %s", true},
                                   {"kernel_regularizer", "--regularizer", true},
                                   {"augment", "--augment", false},
                                   {"augment.", "--augment: %s", true},
                                   {"class_weight ", "--class-weight", false},
                                   {"metric ", "--metrics: %s", false},
                                   {"callback ", "%s", false},
                                   {"unbiased_variance", "--compat", false},
                                   {"moving_momentum", "--moving-momentum", true},
                                   {"accuracy", "--exact or --fast", false},
                                   {"slice", "the part of a batch that memory holds (--memory-limit)", true},
                                   {"preprocessing", "how pictures are fed (--preprocess, --rescale, --crop)", false},
                                   {"takes_whole", "--train-whole", false},
                                   {"skip_broken", "what becomes of broken pictures", false},
                                   {"initial_epoch", "the first epoch", true},
                                   {"validates", "--validation", false},
                                   {"training.fingerprint", "the set of training pictures", false},
                                   {"training.samples", "the number of training pictures", true},
                                   {"training.", "%s", true},
                                   {"validation.fingerprint", "the set of validation pictures", false},
                                   {"validation.samples", "the number of validation pictures", true},
                                   {"validation.", "%s of the validation", true},
                                   {"layers", "the number of layers", true},
                                   {"regularizer ", "the cost of %s", true},
                                   {"fovea", "the version of fovea", true},
                                   {"processor", "the processor's kind", true}};
enum { MEANINGS = sizeof meanings / sizeof *meanings };

/* The longest that fits; NULL: the words of the library will do, as for "layer conv1". */
static const meaning *find(const char *what) {
  const meaning *best = NULL;
  for (int i = 0; i < MEANINGS; i++) {
    const size_t length = strlen(meanings[i].what);
    const char last = meanings[i].what[length - 1];
    const bool is_many = last == '.' || last == ' ' || !strcmp(meanings[i].what, "optimizer.schedule");
    const bool fits = is_many ? !strncmp(what, meanings[i].what, length) : !strcmp(what, meanings[i].what);
    if (fits && (!best || length > strlen(best->what))) best = &meanings[i];
  }
  return best;
}

/* "--beta-1" where there is such an option, "--optimizer: amsgrad" where there is none. */
static void name_of(char *name, size_t size, const meaning *m, const char *what) {
  char typed[OPTION_NAME_SIZE];
  const char *rest = what + strlen(m->what), *place = strstr(m->says, "%s");
  const fv_option *option = strcmp(m->says, "--%s") ? NULL : fv_option_find(train_option_table, rest);
  if (!place)
    snprintf(name, size, "%s", m->says);
  else if (option)
    snprintf(name, size, "--%s", option_typed_name(typed, option));
  else if (place == m->says + 2)
    snprintf(name, size, "--optimizer: %s", rest);
  else
    snprintf(name, size, "%.*s%s%s", (int)(place - m->says), m->says, rest, place + 2);
}

/* An option that is another one has other words of its own: these go without saying. */
static bool goes_without_saying(train_differences *all, const char *what) {
  const size_t length = strlen(all->last);
  const bool belongs = length && !strncmp(what, all->last, length) && what[length] == '.';
  if (!strchr(what, '.')) snprintf(all->last, sizeof all->last, "%.63s", what);
  return belongs;
}

void train_differences_add(train_differences *all, const char *what, const char *now, const char *before) {
  char name[200], text[400];
  const meaning *m = find(what);
  if (goes_without_saying(all, what)) return;
  if (m)
    name_of(name, sizeof name, m, what);
  else
    snprintf(name, sizeof name, "%.190s", what);
  if (!before)
    snprintf(text, sizeof text, "%s was not there", name);
  else if (!now)
    snprintf(text, sizeof text, "%s was there, and is not now", name);
  else if (m && !m->has_values)
    snprintf(text, sizeof text, "%s is not what it was", name);
  else
    snprintf(text, sizeof text, "%s is %.60s, was %.60s", name, now, before);
  if (strstr(all->text, text)) return;
  if (all->count++ && all->used < sizeof all->text)
    all->used += (size_t)snprintf(all->text + all->used, sizeof all->text - all->used, "; ");
  if (all->used < sizeof all->text)
    all->used += (size_t)snprintf(all->text + all->used, sizeof all->text - all->used, "%s", text);
}
