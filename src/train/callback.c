/* Callbacks by name, what is the same for all of them, and how a list of them is called. */
#include "train/callback.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "train/part.h"

const char *const fv__callback_compats[] = {"none", "keras3", NULL};

static const fv__callback_type *find(const char *name) {
  for (const fv__callback_type *const *type = fv__callback_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, (*type)->word)) return *type;
  return NULL;
}

/* ---- numbers of a callback */

bool fv__callback_begins(fv__callback *self) {
  const bool begins = !self->is_restored;
  self->is_restored = false;
  if (begins) memset(self->numbers, 0, sizeof self->numbers);
  return begins;
}

static int32_t save(const void *context, fv_train_number *numbers) {
  const fv__callback *self = context;
  int32_t count = 0;
  for (const char *const *name = self->type->numbers; *name; name++, count++)
    numbers[count] = (fv_train_number){*name, self->numbers[count]};
  return count;
}

static fv_status restore(void *context, const fv_train_number *numbers, int32_t count) {
  fv__callback *self = context;
  for (int32_t i = 0; self->type->numbers[i]; i++) {
    int32_t found = 0;
    while (found < count && strcmp(numbers[found].name, self->type->numbers[i])) found++;
    if (found == count)
      return fail(FV_ERROR_FORMAT, "%s: the state that was kept has no number '%s'", self->name,
                  self->type->numbers[i]);
    self->numbers[i] = numbers[found].value;
  }
  self->is_restored = true;
  return FV_OK;
}

/* ---- making */

static void destroy(void *context) {
  fv__callback *self = context;
  if (self->type->end) self->type->end(self);
  fv__arena_clear(&self->arena);
  free(self);
}

/* Texts move into the arena, defaults too: they need not be told apart. */
static fv_status copy_texts(fv__callback *self) {
  for (const fv_option *option = self->type->table; option->name; option++) {
    if (option->kind != FV_OPTION_TEXT) continue;
    const char **text = (const char **)((char *)&self->options + option->offset);
    const char *copy = fv__arena_text(&self->arena, *text);
    if (*text && !copy) return fail(FV_ERROR_MEMORY, "no memory for a callback");
    *text = copy;
  }
  return FV_OK;
}

static fv_status fill(fv__callback *self, const fv_callback_options *options) {
  if (options) self->options = *options;
  TRY(fv_options_complete(&self->options, self->type->table));
  TRY(copy_texts(self));
  return self->type->check ? self->type->check(self) : FV_OK;
}

fv_status fv_callback_create(fv_callback *callback, const char *name, const fv_callback_options *options) {
  *callback = (fv_callback){0};
  const fv__callback_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no callback is called '%s'", name);
  fv__callback *self = calloc(1, type->size ? type->size : sizeof *self);
  if (!self) return fail(FV_ERROR_MEMORY, "no memory for a callback");
  self->type = type;
  if (type->word)
    snprintf(self->name, sizeof self->name, "%s", type->word);
  else
    fv__snake_case(self->name, sizeof self->name, type->name);
  fv_status status = fill(self, options);
  if (status) {
    destroy(self);
    return note(status, "%s", type->name);
  }
  *callback = (fv_callback){.name = self->name,
                            .context = self,
                            .on_train_begin = type->on_train_begin,
                            .on_epoch_begin = type->on_epoch_begin,
                            .on_batch_end = type->on_batch_end,
                            .on_epoch_end = type->on_epoch_end,
                            .on_train_end = type->on_train_end,
                            .save = type->numbers ? save : NULL,
                            .restore = type->numbers ? restore : NULL,
                            .destroy = destroy,
                            .only_writes = type->only_writes,
                            .keeps_weights = type->keeps_weights && type->keeps_weights(&self->options)};
  return FV_OK;
}

/* One "name=value" of a text. A number 0 is meant, also where it is not the default. */
static fv_status set_word(fv_callback_options *options, const fv__callback_type *type, char *word) {
  char *value = strchr(word, '=');
  const fv_option *option = NULL;
  if (value) {
    *value++ = 0;
    option = fv_option_find(type->table, word);
  }
  if (!option) return fail(FV_ERROR_INVALID, "'%s' is none of its options", word);
  TRY(fv_option_set(options, option, value));
  void *field = (char *)options + option->offset;
  if (option->kind == FV_OPTION_INT && *(int32_t *)field == 0) *(int32_t *)field = FV_ZERO;
  if (option->kind == FV_OPTION_FLOAT && *(double *)field == 0) *(double *)field = FV_ZERO;
  return FV_OK;
}

fv_status fv_callback_create_from_text(fv_callback *callback, const char *name, const fv_callback_options *options,
                                       const char *text) {
  *callback = (fv_callback){0};
  const fv__callback_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no callback is called '%s'", name);
  fv_callback_options told = {0};
  if (options) told = *options;
  char *words = strdup(text), *rest = words;
  if (!words) return fail(FV_ERROR_MEMORY, "no memory for a callback");
  fv_status status = FV_OK;
  while (!status && *rest) {
    char *word = rest;
    rest += strcspn(rest, ",");
    if (*rest) *rest++ = 0;
    if (*word) status = set_word(&told, type, word);
  }
  if (status)
    status = note(status, "%s", type->name);
  else
    status = fv_callback_create(callback, name, &told);
  free(words);
  return status;
}

void fv_callback_destroy(fv_callback *callback) {
  if (!callback) return;
  if (callback->destroy) callback->destroy(callback->context);
  *callback = (fv_callback){0};
}

const char *fv_callback_name(int32_t index) {
  for (int32_t i = 0; fv__callback_table[i]; i++)
    if (i == index) return fv__callback_table[i]->name;
  return NULL;
}

const char *fv_callback_help(const char *name) {
  const fv__callback_type *type = find(name);
  return type ? type->help : NULL;
}

const fv_option *fv_callback_table(const char *name) {
  const fv__callback_type *type = find(name);
  return type ? type->table : NULL;
}

/* ---- calling */

void fv__callback_say(const fv__callback *self, const fv_trainer *trainer, fv_train_message message, const char *format,
                      ...) {
  if (!trainer->say) return;
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  message.callback = self->name;
  message.text = text;
  trainer->say(trainer->context, &message);
}

static const char *name_of(const fv_callback *callback) { return callback->name ? callback->name : "callback"; }

static fv_callback_function *function_of(const fv_callback *callback, fv__callback_moment moment) {
  switch (moment) {
  case FV__TRAIN_BEGIN: return callback->on_train_begin;
  case FV__EPOCH_BEGIN: return callback->on_epoch_begin;
  case FV__BATCH_END: return callback->on_batch_end;
  case FV__EPOCH_END: return callback->on_epoch_end;
  case FV__TRAIN_END: return callback->on_train_end;
  }
  return NULL;
}

fv_status fv__callbacks_call(const fv_callback *callbacks, const fv_trainer *trainers, int32_t count,
                             fv__callback_moment moment, fv_train_event *event) {
  fv_status first = FV_OK;
  char message[FV__MESSAGE_SIZE];
  event->best = NAN;
  event->patience_left = -1;
  for (int32_t i = 0; i < count; i++) {
    fv_callback_function *function = function_of(&callbacks[i], moment);
    if (!function) continue;
    fv_status status = function(callbacks[i].context, &trainers[i], event);
    if (!status || first) continue;
    first = note(status, "%s", name_of(&callbacks[i]));
    if (moment != FV__TRAIN_END) return first;
    fv__error_save(message);
  }
  return first ? fv__error_raise(first, message) : FV_OK;
}

void fv__callbacks_key(char key[FV__CALLBACK_KEY], const fv_callback *callbacks, int32_t index) {
  int before = 0;
  for (int32_t i = 0; i < index; i++) before += !strcmp(name_of(&callbacks[i]), name_of(&callbacks[index]));
  snprintf(key, FV__CALLBACK_KEY, before ? "%.48s_%d" : "%.48s", name_of(&callbacks[index]), before);
}
