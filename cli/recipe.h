/* Recipes: the options of `fovea train` as JSON, {"data": "flowers", "model": "MobileNet", "epochs": 20}. */
#ifndef RECIPE_H
#define RECIPE_H

#include "train_options.h"

enum { RECIPE_WORDS = 96 };

/* What was asked for, by a recipe and by the command line over it. Texts are owned. */
typedef struct recipe {
  char *data;
  int count;
  struct recipe_word {
    const fv_option *option;
    char *value;
  } words[RECIPE_WORDS];
} recipe;

/* Whether an argument is a recipe rather than data. */
bool recipe_is_one(const char *argument);

/* Collects the words of a recipe (`path` may be NULL), then those of the command line in their place, and fills
 * `options` with them, complete; the texts in it are the recipe's. Returns COMMAND_OK or, after a sentence on stderr,
 * the exit status. recipe_free ends it either way. */
int recipe_collect(recipe *r, train_options *options, const char *path);
void recipe_free(recipe *r);

/* Writes it; what concerns one run alone (resume, save_recipe) is left out. Returns the exit status. */
int recipe_write(const recipe *r, const char *path);

#endif
