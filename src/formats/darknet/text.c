/* Reading a .cfg: sections of keys and values. All texts stay where they were read; blanks are taken out in place. */
#include "formats/darknet/darknet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Cuts the line at `at` off, without blanks and without what follows "#" or ";"; returns where the next begins. */
static char *take_line(char *at, char **line) {
  char *to = *line = at;
  bool is_comment = false;
  for (; *at && *at != '\n'; at++) {
    is_comment |= *at == '#' || *at == ';';
    if (!is_comment && *at != ' ' && *at != '\t' && *at != '\r') *to++ = *at;
  }
  char *next = *at ? at + 1 : at;
  *to = '\0';
  return next;
}

static fv_status add_section(fv__darknet_text *text, char *line, int32_t number) {
  const size_t length = strlen(line);
  if (length < 3 || line[length - 1] != ']') return fail(FV_ERROR_FORMAT, "expected [section], found '%.40s'", line);
  line[length - 1] = '\0';
  text->sections[text->section_count++] = (fv__darknet_section){line + 1, number, text->pair_count, 0};
  return FV_OK;
}

static fv_status add_pair(fv__darknet_text *text, char *line) {
  char *sign = strchr(line, '=');
  if (!sign || sign == line) return fail(FV_ERROR_FORMAT, "expected key=value, found '%.40s'", line);
  if (!text->section_count) return fail(FV_ERROR_FORMAT, "'%.40s' stands before the first [section]", line);
  *sign = '\0';
  text->pairs[text->pair_count++] = (fv__darknet_pair){line, sign + 1};
  text->sections[text->section_count - 1].count++;
  return FV_OK;
}

static fv_status read_lines(fv__darknet_text *text) {
  int32_t number = 1;
  char *line;
  for (char *at = text->bytes; *at; number++) {
    at = take_line(at, &line);
    if (!*line) continue;
    fv_status status = *line == '[' ? add_section(text, line, number) : add_pair(text, line);
    if (status) return note(status, "line %" PRId32, number);
  }
  if (!text->section_count) return fail(FV_ERROR_FORMAT, "the text has no [section]");
  return FV_OK;
}

fv_status fv__darknet_read_text(fv__darknet_text *text, const fv__source *source) {
  *text = (fv__darknet_text){.bytes = NULL};
  TRY(fv__source_read_all(source, &text->bytes, FV__DARKNET_TEXT_MAX));
  size_t lines = 2;
  for (int64_t i = 0; i < source->size; i++) lines += text->bytes[i] == '\n';
  text->sections = calloc(lines, sizeof *text->sections);
  text->pairs = calloc(lines, sizeof *text->pairs);
  fv_status status = FV_OK;
  if (!text->sections || !text->pairs)
    status = fail(FV_ERROR_MEMORY, "no memory for %zu lines", lines);
  else if (strlen(text->bytes) != (size_t)source->size)
    status = fail(FV_ERROR_FORMAT, "a byte 0 in the text");
  else
    status = read_lines(text);
  if (status) fv__darknet_text_free(text);
  return status;
}

void fv__darknet_text_free(fv__darknet_text *text) {
  free(text->bytes);
  free(text->sections);
  free(text->pairs);
  *text = (fv__darknet_text){.bytes = NULL};
}

const char *fv__darknet_value(const fv__darknet_text *text, const fv__darknet_section *section, const char *key) {
  for (int32_t i = section->first; i < section->first + section->count; i++)
    if (!strcmp(text->pairs[i].key, key)) return text->pairs[i].value;
  return NULL;
}

fv_status fv__darknet_options(void *options, const fv_option *table, const fv__darknet_text *text,
                              const fv__darknet_section *section) {
  for (const fv_option *option = table; option->name; option++) {
    const char *value = fv__darknet_value(text, section, option->name);
    const bool is_zero = value && option->kind == FV_OPTION_INT && !strcmp(value, "0");
    if (!value) continue;
    TRY(fv_option_set(options, option, value));
    if (is_zero) *(int32_t *)((char *)options + option->offset) = FV_ZERO;
  }
  return fv_options_complete(options, table);
}

int32_t fv__darknet_numbers(double *numbers, int32_t most, const char *text) {
  int32_t count = 0;
  while (*text) {
    char word[32];
    const size_t length = strcspn(text, ",");
    if (length == 0 || length >= sizeof word || count == most) return -1;
    memcpy(word, text, length);
    word[length] = '\0';
    if (!fv__text_to_double(word, &numbers[count++])) return -1;
    text += length;
    if (*text == ',') text++;
  }
  return count;
}
