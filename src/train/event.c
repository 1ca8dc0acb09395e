/* Numbers of an event by name, in the words of Keras 1 to 3. */
#include <string.h>

#include <fovea/callback.h>

/* Words that stand for the same number; the second is today's. */
static const char *const same[][2] = {{"acc", "accuracy"}, {"lr", "learning_rate"}};

static const char *without_prefix(const char *name, bool *has_prefix) {
  *has_prefix = !strncmp(name, "val_", 4);
  return *has_prefix ? name + 4 : name;
}

static const char *todays(const char *name) {
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    if (!strcmp(name, same[i][0])) return same[i][1];
  return name;
}

static bool means(const char *a, const char *b) {
  bool a_prefix, b_prefix;
  a = without_prefix(a, &a_prefix);
  b = without_prefix(b, &b_prefix);
  return a_prefix == b_prefix && !strcmp(todays(a), todays(b));
}

bool fv_train_event_find(const fv_train_event *event, const char *name, double *value) {
  for (int32_t i = 0; i < event->log_count; i++)
    if (means(event->logs[i].name, name)) {
      if (value) *value = event->logs[i].value;
      return true;
    }
  return false;
}
