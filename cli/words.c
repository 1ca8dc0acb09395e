/* Names with words. */
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

void words_free(words *w) {
  free(w->text);
  *w = (words){.text = NULL};
}

static int add(words *w, const char *what, char *word) {
  char *value = strchr(word, '=');
  if (!value && w->count && w->words[w->count - 1].name) { /* the last value goes on */
    word[-1] = ',';
    return COMMAND_OK;
  }
  if (w->count == WORDS_MOST) return command_usage("--%s has too many words", what);
  if (value) *value++ = 0;
  w->words[w->count].name = value ? word : NULL;
  w->words[w->count++].value = value ? value : word;
  return COMMAND_OK;
}

int words_read(words *w, const char *what, const char *text) {
  *w = (words){.text = strdup(text)};
  if (!w->text) return command_error(COMMAND_RESOURCES, "no memory for the options");
  const size_t length = strcspn(w->text, ":");
  if (!length || length >= WORDS_NAME) return command_usage("--%s: '%.60s' begins with no name", what, text);
  memcpy(w->name, w->text, length);
  int status = COMMAND_OK;
  for (char *at = w->text[length] ? w->text + length + 1 : NULL; at && *at && status == COMMAND_OK;) {
    char *end = at + strcspn(at, ",");
    const bool more = *end != 0;
    *end = 0;
    status = *at ? add(w, what, at) : command_usage("--%s: '%.60s' has an empty word", what, text);
    at = more ? end + 1 : NULL;
  }
  return status;
}

static int refuse(const fv_option *table, const char *part, const char *name) {
  char list[400] = "";
  size_t used = 0;
  suggestion nearest = suggest_begin(name);
  for (const fv_option *option = table; option->name; option++) {
    suggest_offer(&nearest, option->name);
    if (used < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", option->name);
  }
  if (nearest.name[0]) return command_usage("%s has no '%s'; did you mean %s?", part, name, nearest.name);
  return command_usage("%s has no '%s'; it has %s", part, name, list);
}

int words_set(void *options, const fv_option *table, const char *part, const char *name, const char *value) {
  const fv_option *option = fv_option_find(table, name);
  if (!option) return refuse(table, part, name);
  if (fv_option_set(options, option, value)) return command_usage("%s: %s", part, fv_error_message());
  void *field = (char *)options + option->offset; /* a 0 that was typed is meant */
  if (option->kind == FV_OPTION_INT && *(int32_t *)field == 0) *(int32_t *)field = FV_ZERO;
  if (option->kind == FV_OPTION_FLOAT && *(double *)field == 0) *(double *)field = FV_ZERO;
  return COMMAND_OK;
}

int words_set_all(void *options, const fv_option *table, const words *w) {
  for (int i = 0; i < w->count; i++) {
    if (!w->words[i].name) return command_usage("%s: '%s' is no word=value", w->name, w->words[i].value);
    const int status = words_set(options, table, w->name, w->words[i].name, w->words[i].value);
    if (status) return status;
  }
  return COMMAND_OK;
}
