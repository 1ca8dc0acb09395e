/* Parts by name with words of their own, the same for optimizers, schedules, losses and metrics:
 * "sgd", "sgd:momentum=0.9,nesterov=true", "cosine:0.05,alpha=0.1". */
#ifndef WORDS_H
#define WORDS_H

#include "command.h"

enum { WORDS_NAME = 64, WORDS_MOST = 24 };

typedef struct words {
  char name[WORDS_NAME];
  int count;
  struct one_word {
    const char *name; /* NULL for a value alone, "0.05" */
    const char *value;
  } words[WORDS_MOST];
  char *text; /* what these point into */
} words;

/* Takes a text apart. A value may hold commas, "boundaries=100,200": what follows without '=' belongs to it. `what` is
 * the option's name for messages. Returns COMMAND_OK or, after a sentence on stderr, the exit status. words_free ends
 * it either way. */
int words_read(words *w, const char *what, const char *text);
void words_free(words *w);

/* Sets an option of a part's table; texts are lent. As words_read; the sentence lists what the part has. */
int words_set(void *options, const fv_option *table, const char *part, const char *name, const char *value);

/* All words of a part. */
int words_set_all(void *options, const fv_option *table, const words *w);

#endif
