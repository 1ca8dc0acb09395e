/* Names of files with numbers in them. See log_path.h.
 *
 *   {name}  {name:form}       form: [0][width][.precision][d e f g %]
 */
#include "train/log_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* One pair of braces. */
typedef struct place {
  char name[64];
  bool has_zeros;
  int width, precision; /* precision -1: not given */
  char kind;            /* 0: not given */
} place;

static int read_digits(const char **text) {
  int number = 0;
  for (; **text >= '0' && **text <= '9' && number < 1000; (*text)++) number = 10 * number + (**text - '0');
  return number;
}

static bool read_form(place *p, const char **text) {
  p->has_zeros = **text == '0';
  p->width = read_digits(text);
  if (**text == '.') {
    (*text)++;
    if (**text < '0' || **text > '9') return false;
    p->precision = read_digits(text);
  }
  if (**text && strchr("defg%", **text)) p->kind = *(*text)++;
  return p->width <= 40 && p->precision <= 17 && !(p->kind == 'd' && p->precision >= 0);
}

/* Reads "name:form}" and moves behind it. */
static fv_status read_place(place *p, const char **text, const char *pattern) {
  *p = (place){.precision = -1};
  const size_t length = strcspn(*text, ":{}");
  bool is_right = length > 0 && length < sizeof p->name;
  if (is_right) {
    memcpy(p->name, *text, length);
    *text += length;
    if (**text == ':') {
      (*text)++;
      is_right = read_form(p, text);
    }
  }
  if (!is_right || *(*text)++ != '}')
    return fail(FV_ERROR_INVALID, "'%s': expected {name} or {name:form}, a form being like 02d or .2f", pattern);
  return FV_OK;
}

/* Numbers have '.', whatever the locale. */
static void write_number(char *text, size_t size, const place *p, double value) {
  char digits[400];
  const int precision = p->precision < 0 ? 6 : p->precision;
  if (!p->kind && p->precision < 0)
    fv__text_from_double(digits, sizeof digits, value);
  else if (p->kind == 'e')
    snprintf(digits, sizeof digits, "%.*e", precision, value);
  else if (p->kind == 'g' || !p->kind)
    snprintf(digits, sizeof digits, "%.*g", precision, value);
  else if (p->kind == 'd')
    snprintf(digits, sizeof digits, "%.0f", value);
  else
    snprintf(digits, sizeof digits, "%.*f%s", precision, p->kind == '%' ? 100 * value : value,
             p->kind == '%' ? "%" : "");
  for (char *d = digits; isfinite(value) && *d; d++)
    if (!strchr("+-0123456789e%", *d)) *d = '.';
  const int missing = p->width - (int)strlen(digits), is_negative = digits[0] == '-';
  const bool has_zeros = p->has_zeros && isfinite(value);
  snprintf(text, size, "%s%.*s%s", has_zeros && is_negative ? "-" : "", missing > 0 ? missing : 0,
           has_zeros ? "0000000000000000000000000000000000000000" : "                                        ",
           digits + (has_zeros && is_negative));
}

static fv_status refuse_name(const char *name, const fv_train_event *event) {
  char names[300] = "epoch, batch";
  for (int32_t i = 0; i < event->log_count; i++) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, ", %s", event->logs[i].name);
  }
  return fail(FV_ERROR_INVALID, "training has no number '%s' for the name of its file, but %s", name, names);
}

static fv_status value_of(double *value, const place *p, const fv_train_event *event) {
  if (!event) return FV_OK;
  if (!strcmp(p->name, "epoch"))
    *value = event->epoch + 1;
  else if (!strcmp(p->name, "batch"))
    *value = (double)event->step + 1;
  else if (!fv_train_event_find(event, p->name, value))
    return refuse_name(p->name, event);
  return FV_OK;
}

fv_status fv__log_path_fill(char path[FV__LOG_PATH], const char *pattern, const fv_train_event *event) {
  size_t used = 0;
  for (const char *text = pattern; *text;) {
    char part[512] = {*text, 0};
    const bool is_twice = (*text == '{' || *text == '}') && text[1] == *text;
    if (*text == '{' && !is_twice) {
      place p;
      double value = 0;
      text++;
      TRY(read_place(&p, &text, pattern));
      TRY(value_of(&value, &p, event));
      write_number(part, sizeof part, &p, value);
    } else if (*text == '}' && !is_twice) {
      return fail(FV_ERROR_INVALID, "'%s': a brace that closes nothing; write }}", pattern);
    } else {
      text += is_twice ? 2 : 1;
    }
    const size_t length = strlen(part);
    if (used + length >= FV__LOG_PATH) return fail(FV_ERROR_INVALID, "the name of a file is too long");
    memcpy(path + used, part, length);
    used += length;
  }
  path[used] = 0;
  return FV_OK;
}

fv_status fv__log_path_check(const char *pattern) {
  char path[FV__LOG_PATH];
  return fv__log_path_fill(path, pattern, NULL);
}
