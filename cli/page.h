/* What help pages are made of. */
#ifndef PAGE_H
#define PAGE_H

#include <fovea/option.h>

enum { PAGE_TEXT_SIZE = 600 };

void page_heading(const char *text);

/* Two columns: a word and what it means; the second starts at column `width`. */
void page_entry(const char *left, const char *text, int width);

/* What stands for an option's value on a command line: "N", "same|valid"; "" for a flag. */
void page_value_word(char *text, size_t size, const fv_option *option);

/* An option's help with its choices, range and default. */
void page_option_help(char *text, size_t size, const fv_option *option);

#endif
