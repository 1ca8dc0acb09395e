/* Words of augmentation: "zoom=0.3 horizontal_flip", read into structures by their option tables. */
#ifndef FOVEA_DATA_WORDS_H
#define FOVEA_DATA_WORDS_H

#include <fovea/augment.h>

/* One word of a text, NAME or NAME=VALUE; "true" stands for a value that is left out. */
typedef struct fv__word {
  char name[48], value[160];
  fv_status status; /* with its sentence, for a word that is too long or has no name */
} fv__word;

/* The next word, blanks before it skipped; false at the end. */
bool fv__words_next(fv__word *word, const char **text);

/* An option of two numbers, fv_range, beside a table. */
typedef struct fv__range_option {
  const char *name;
  size_t offset;
  double low, high; /* legal */
} fv__range_option;

typedef struct fv__word_alias {
  const char *name, *meaning;
} fv__word_alias;

/* Lists end with a name of NULL. */
typedef struct fv__word_table {
  const fv_option *options;
  const fv__range_option *ranges;
  const fv__word_alias *aliases;
  const char *what; /* for messages */
} fv__word_table;

/* What an alias stands for; other names as they are. */
const char *fv__words_name(const char *name, const fv__word_alias *aliases);

/* Reads one value; the option stays zero where that means its default, FV_ZERO stands for a zero that does not.
 * Errors: FV_ERROR_INVALID lists the words there are when the name is none. */
fv_status fv__words_set(void *options, const fv__word_table *table, const char *name, const char *value) FV_CHECK;

/* Makes {1 - v, 1 + v} of {v} and checks the limits. */
fv_status fv__words_settle_ranges(void *options, const fv__range_option *ranges) FV_CHECK;

#endif
