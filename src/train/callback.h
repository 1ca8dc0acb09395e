/* What a callback by name is: one file in src/train/callbacks ending in one constant `const fv__callback_type
 * fv__callback_FILENAME`; and how the loop calls a list of callbacks.
 *
 * The structure of a part begins with fv__callback. What it must remember over a restart is in its `numbers`, whose
 * names the descriptor lists: saving and restoring are the same code for all.
 */
#ifndef FOVEA_TRAIN_CALLBACK_H
#define FOVEA_TRAIN_CALLBACK_H

#include <stddef.h>

#include <fovea/callback.h>

#include "base/arena.h"
#include "base/fail.h"

typedef struct fv__callback {
  const struct fv__callback_type *type;
  fv_callback_options options; /* complete; texts are the arena's */
  fv__arena arena;
  char name[48]; /* "early_stopping" */
  double numbers[FV_CALLBACK_MAX_NUMBERS];
  bool is_restored, has_warned;
} fv__callback;

typedef struct fv__callback_type {
  const char *name; /* "EarlyStopping" */
  const char *word; /* where the class in snake case is no word: "terminate_on_nan"; else NULL */
  const char *help; /* one lower-case sentence */
  const fv_option *table;
  const char *const *numbers; /* names, ended by NULL; NULL: none */
  size_t size;                /* of its structure; 0: fv__callback alone */
  bool only_writes;           /* and does nothing to training */
  /* The context of these is the structure. */
  fv_callback_function *on_train_begin, *on_epoch_begin, *on_batch_end, *on_epoch_end, *on_train_end;
  fv_status (*check)(fv__callback *self);                    /* options beyond the table; may be NULL */
  bool (*keeps_weights)(const fv_callback_options *options); /* NULL: never */
  void (*end)(fv__callback *self);                           /* before the structure is freed; may be NULL */
} fv__callback_type;

extern const fv__callback_type *const fv__callback_table[];

/* Whether training begins from nothing: then numbers are all zero. After a restore they are what they were. */
bool fv__callback_begins(fv__callback *self);

/* Tells the reader; `message` lacks callback and text. */
void fv__callback_say(const fv__callback *self, const fv_trainer *trainer, fv_train_message message, const char *format,
                      ...) FV_PRINTF(4, 5);

/* ---- for the loop */

typedef enum fv__callback_moment {
  FV__TRAIN_BEGIN,
  FV__EPOCH_BEGIN,
  FV__BATCH_END,
  FV__EPOCH_END,
  FV__TRAIN_END
} fv__callback_moment;

/* Calls `count` callbacks in order, each with its own trainer, until one fails. At the end of training all are called
 * and the first failure counts. The sentence of a failure begins with the callback's name. */
fv_status fv__callbacks_call(const fv_callback *callbacks, const fv_trainer *trainers, int32_t count,
                             fv__callback_moment moment, fv_train_event *event) FV_CHECK;

/* What a backup calls the state of one of them: its name, and from the second of that name on "early_stopping_1". */
enum { FV__CALLBACK_KEY = 64 };
void fv__callbacks_key(char key[FV__CALLBACK_KEY], const fv_callback *callbacks, int32_t index);

/* ---- lines of option tables */

#define FV__CALLBACK_LINE(field, kind, value, low, high, names, help)                                                  \
  { #field, FV_OPTION_##kind, offsetof(fv_callback_options, field), value, low, high, names, help }
#define FV__CALLBACK_COUNT(field, value, help) FV__CALLBACK_LINE(field, INT, value, 0, 2e9, NULL, help)
#define FV__CALLBACK_FLAG(field, help) FV__CALLBACK_LINE(field, BOOL, "false", 0, 0, NULL, help)
extern const char *const fv__callback_compats[];
#define FV__CALLBACK_COMPAT                                                                                            \
  FV__CALLBACK_LINE(compat, NAME, "none", 0, 0, fv__callback_compats, "keras3: decide as Keras 3 does, errors included")

#endif
