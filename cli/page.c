/* Help pages. Text is wrapped at 100 columns; headings are bold on a terminal unless NO_COLOR is set (no-color.org). */
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"

enum { COLUMNS = 100 };

static bool in_color(void) {
  const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
  if (no_color && *no_color) return false;
  return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

void page_heading(const char *text) {
  bool color = in_color();
  printf("%s%s%s\n", color ? "\033[1m" : "", text, color ? "\033[0m" : "");
}

/* Prints words from column `column` on, continuing at column `indent`. */
static void wrap(const char *text, int column, int indent) {
  while (*text) {
    size_t length = strcspn(text, " ");
    if (column > indent && column + 1 + (int)length > COLUMNS) {
      printf("\n%*s", indent, "");
      column = indent;
    } else if (column > indent) {
      putchar(' ');
      column++;
    }
    fwrite(text, 1, length, stdout);
    column += (int)length;
    text += length;
    while (*text == ' ') text++;
  }
  putchar('\n');
}

/* Two columns: a word and what it means. */
void page_entry(const char *left, const char *text, int width) {
  int used = printf("  %s", left);
  if (used > width - 2) {
    printf("\n%*s", width, "");
  } else {
    printf("%*s", width - used, "");
  }
  wrap(text, width, width);
}

/* The help of a TEXT option may begin with what stands for its value: "FILE: where to write". How long that is. */
static size_t value_word_length(const fv_option *option) {
  size_t length = strcspn(option->help, " ");
  bool own = option->kind == FV_OPTION_TEXT || option->kind == FV_OPTION_INTS;
  return own && length > 1 && option->help[length - 1] == ':' ? length - 1 : 0;
}

/* The words of a NAME option, "same|valid". */
static void join_names(char *text, size_t size, const fv_option *option, const char *between) {
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; option->names[i] && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", i ? between : "", option->names[i]);
}

/* What stands for an option's value on a command line: "N", "same|valid"; "" for a flag. */
void page_value_word(char *text, size_t size, const fv_option *option) {
  static const char *const words[] = {
      [FV_OPTION_INT] = "N",        [FV_OPTION_PAIR] = "N[,N]", [FV_OPTION_QUAD] = "N[,N,N,N]",
      [FV_OPTION_INTS] = "N,N,...", [FV_OPTION_FLOAT] = "X",    [FV_OPTION_BOOL] = "",
      [FV_OPTION_NOT_BOOL] = "",    [FV_OPTION_NAME] = "NAME",  [FV_OPTION_TEXT] = "TEXT",
      [FV_OPTION_OBJECT] = "JSON"};
  size_t own = value_word_length(option);
  if (own)
    snprintf(text, size, "%.*s", (int)own, option->help);
  else if (option->kind == FV_OPTION_NAME) {
    join_names(text, size, option, "|");
    if (strlen(text) > 24) snprintf(text, size, "NAME");
  } else
    snprintf(text, size, "%s", words[option->kind]);
}

/* An option's help with its range and default. */
void page_option_help(char *text, size_t size, const fv_option *option) {
  char names[PAGE_TEXT_SIZE / 2];
  size_t own = value_word_length(option);
  size_t used = (size_t)snprintf(text, size, "%s", option->help + (own ? own + 2 : 0));
  if (option->kind == FV_OPTION_NAME && used < size) {
    join_names(names, sizeof names, option, "|");
    if (strlen(names) > 24) {
      join_names(names, sizeof names, option, ", ");
      used += (size_t)snprintf(text + used, size - used, ": %s", names);
    }
  }
  const bool is_number = option->kind != FV_OPTION_NAME && option->kind != FV_OPTION_TEXT &&
                         option->kind != FV_OPTION_BOOL && option->kind != FV_OPTION_OBJECT;
  if (is_number && (option->low != 0 || option->high != 0) && used < size) {
    bool open = option->high >= 1e9;
    used += open ? (size_t)snprintf(text + used, size - used, " (%.10g or more)", option->low)
                 : (size_t)snprintf(text + used, size - used, " (%.10g to %.10g)", option->low, option->high);
  }
  if (used >= size || option->kind == FV_OPTION_BOOL) return;
  if (option->default_text && *option->default_text)
    snprintf(text + used, size - used, " [%s]", option->default_text);
  else if (!option->default_text && option->kind != FV_OPTION_TEXT && option->kind != FV_OPTION_OBJECT)
    snprintf(text + used, size - used, " [must be given]");
}
