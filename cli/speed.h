/* How exact or how fast a model runs, the same in every command that runs one: --exact, --fast, --threads, --tuning. */
#ifndef SPEED_H
#define SPEED_H

#include <fovea/tuning.h>

#include "command.h"

typedef struct speed_options {
  bool exact, fast;
  int32_t threads;
  const char *tuning;
} speed_options;

/* The part of a command's option table that describes its field `field` of type speed_options. */
#define SPEED_OPTIONS(type, field)                                                                                     \
  {"exact",                                                                                                            \
   FV_OPTION_BOOL,                                                                                                     \
   offsetof(type, field.exact),                                                                                        \
   "false",                                                                                                            \
   0,                                                                                                                  \
   0,                                                                                                                  \
   NULL,                                                                                                               \
   "convolutions as sums of products, without transforms: slower, less rounding"},                                     \
      {"fast",                                                                                                         \
       FV_OPTION_BOOL,                                                                                                 \
       offsetof(type, field.fast),                                                                                     \
       "false",                                                                                                        \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "larger transforms: faster on large maps, more rounding"},                                                      \
      {"threads", FV_OPTION_INT, offsetof(type, field.threads), "0", 0, 4096, NULL, "threads, 0: one per processor"},  \
  {                                                                                                                    \
    "tuning", FV_OPTION_TEXT, offsetof(type, field.tuning), NULL, 0, 0, NULL,                                          \
        "FILE: the ways of computing that `fovea bench MODEL --tune FILE` found the fastest"                           \
  }

/* Whether the options fit each other: COMMAND_OK or, after a sentence on stderr, COMMAND_USAGE. */
int speed_check(const speed_options *options);

/* What --exact and --fast come to. */
fv_accuracy speed_accuracy(const speed_options *options);

/* Reads the file of --tuning, and remarks on stderr when it was made on another processor or for another model. *tuning
 * is NULL without the option; fv_tuning_destroy ends it. Returns COMMAND_OK or, after a sentence on stderr, the exit
 * status. */
int speed_tuning(fv_tuning **tuning, const speed_options *options, const fv_model *model);

#endif
