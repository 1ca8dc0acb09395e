/* Callbacks: what happens around training: files kept, rates lowered, an early end. A callback is a structure of
 * functions that the training loop calls; those of Keras are made by name, others are filled in by whoever writes them.
 *
 *   fv_callback callbacks[2] = {{.context = &mine, .on_epoch_end = my_epoch_end}};
 *   fv_callback_create(&callbacks[1], "early_stopping", &(fv_callback_options){.patience = 10});
 *   fit with them; fv_callback_destroy(&callbacks[1]);
 *
 * All functions of a callback run on the thread that trains, between two steps, in the order of the list. A failure
 * ends training with that status. Weights of the model are current whenever a callback runs.
 */
#ifndef FOVEA_CALLBACK_H
#define FOVEA_CALLBACK_H

#include <fovea/model.h>
#include <fovea/schedule.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_train_number {
  const char *name;
  double value;
} fv_train_number;

/* Where training is. Lent for the call. */
typedef struct fv_train_event {
  int32_t epoch, epochs;       /* this one, from 0; how many are planned */
  int64_t step, steps;         /* this one of the epoch, from 0; how many the epoch has, 0: not known yet */
  int64_t iteration;           /* steps done since the very beginning, this one included */
  const fv_train_number *logs; /* "loss", metrics, "learning_rate"; at the end of an epoch also "val_loss" and so on.
                                  After a step they are means over the epoch so far. When training begins the names
                                  that epochs will have, each with NaN; none: not known yet */
  int32_t log_count;
  double seconds;            /* since the epoch began */
  double samples_per_second; /* NaN: not known, as the next two */
  double gradient_norm;
  double best;           /* set by early stopping for the callbacks after it: the best value of its monitor */
  int32_t patience_left; /* likewise: so many more epochs without improvement end training; -1: not known */
} fv_train_event;

/* The number called `name`, where "acc" is "accuracy" and "lr" is "learning_rate", also behind "val_" and the other way
 * round. False when there is none. `value` may be NULL. */
FV_API bool fv_train_event_find(const fv_train_event *event, const char *name, double *value);

/* What a callback has to say to the reader. */
typedef enum fv_train_message_kind {
  FV_MESSAGE_WARNING = 1,  /* `text` alone */
  FV_MESSAGE_IMPROVED,     /* monitor: from -> to; a file at `path` follows, when there is one */
  FV_MESSAGE_NOT_IMPROVED, /* monitor: still `from` */
  FV_MESSAGE_SAVING,       /* every epoch's file, `path` */
  FV_MESSAGE_SAVED,        /* the file at `path` is complete */
  FV_MESSAGE_STOPPED,      /* early stopping, after `epoch` */
  FV_MESSAGE_RESTORED,     /* weights are those of the end of `epoch` again; -1: those that training began with */
  FV_MESSAGE_RATE          /* learning rate: from -> to */
} fv_train_message_kind;

typedef struct fv_train_message {
  fv_train_message_kind kind;
  const char *callback; /* its name */
  int32_t epoch;        /* from 0 */
  const char *monitor;  /* NULL: there is none, as path */
  double from, to;      /* from NaN: there was none before */
  const char *path;
  const char *text; /* the whole message as one lower-case sentence, never NULL */
} fv_train_message;

/* What a callback may ask of the loop. The loop gives each callback a trainer of its own, so that the weights it keeps
 * are its own. */
typedef struct fv_trainer {
  void *context;
  fv_model *model;             /* not to be changed but by put_back_weights */
  void (*stop)(void *context); /* training ends after this epoch, or this step when asked after a step */
  double (*learning_rate)(void *context);
  /* Of the steps from now on, as float32. Fails with FV_ERROR_STATE when the optimizer has a schedule. */
  fv_status (*set_learning_rate)(void *context, double rate);
  fv_status (*save_model)(void *context, const char *path, bool weights_only);
  fv_status (*keep_weights)(void *context);     /* keeps a copy in place of the one before; a backup holds it too */
  fv_status (*put_back_weights)(void *context); /* the copy becomes the weights; without a copy nothing happens */
  /* May be NULL. */
  void (*say)(void *context, const fv_train_message *message);
  /* Where numbers first stopped being any: layer, tensor and files of the batch, one sentence lent until the next call.
   * May be NULL, and answer NULL. */
  const char *(*explain_numbers)(void *context);
} fv_trainer;

enum { FV_CALLBACK_MAX_NUMBERS = 16 };

typedef fv_status fv_callback_function(void *context, const fv_trainer *trainer, fv_train_event *event);

/* Functions may be NULL. */
typedef struct fv_callback {
  const char *name; /* in messages and backups; NULL: "callback" */
  void *context;    /* given to all functions */
  fv_callback_function *on_train_begin, *on_epoch_begin, *on_batch_end, *on_epoch_end;
  fv_callback_function *on_train_end; /* also when training failed or was stopped */
  /* What a resumed training needs, between two steps: writes at most FV_CALLBACK_MAX_NUMBERS and answers how many.
   * Names live as long as the callback; numbers may be NaN or infinite. */
  int32_t (*save)(const void *context, fv_train_number *numbers);
  /* The numbers of save in a new process, before on_train_begin, which then must not begin anew. */
  fv_status (*restore)(void *context, const fv_train_number *numbers, int32_t count);
  void (*destroy)(void *context);
  bool keeps_weights; /* it will call keep_weights, so that memory is counted before training begins */
  bool only_writes;   /* it does nothing to training: a resumed one may have it or not */
} fv_callback;

/* Which way a monitored number improves. */
typedef enum fv_monitor_mode {
  FV_MONITOR_AUTO = 1, /* accuracies, scores and the like grow; losses and errors shrink */
  FV_MONITOR_MIN,
  FV_MONITOR_MAX
} fv_monitor_mode;

/* How callbacks decide. */
typedef enum fv_callback_compat {
  FV_CALLBACK_DOCUMENTED = 1, /* the default: what is not finite is never the best; a baseline that is not reached in
                                 time ends training; a monitor that training does not have is refused */
  FV_CALLBACK_KERAS3          /* as Keras 3 does: a first NaN is the best for ever; epochs that improve never end
                                 training, whatever the baseline; without its monitor a checkpoint is always saved */
} fv_callback_compat;

/* What callbacks may be told; each reads those that its table has (fv_callback_table). Texts are copied. */
typedef struct fv_callback_options {
  const char *monitor; /* default: val_loss */
  int32_t mode;        /* fv_monitor_mode */
  double min_delta;    /* less of an improvement is none */
  int32_t patience;    /* epochs without improvement */
  int32_t compat;      /* fv_callback_compat */

  double baseline; /* EarlyStopping: to be improved upon; infinite (the default): none. A number 0 is FV_ZERO */
  bool restore_best_weights;
  int32_t start_from_epoch;

  double factor, min_lr; /* ReduceLROnPlateau */
  int32_t cooldown;      /* epochs after a reduction that do not count */

  const char *filepath; /* ModelCheckpoint: "run/{epoch:02d}-{val_accuracy:.2f}.keras": epoch (from 1), batch (from 1)
                           and all logs, in Python's d, e, f, g and % forms; missing folders are made */
  bool save_best_only, save_weights_only;
  int32_t save_freq;              /* save after so many steps; default: after each epoch */
  double initial_value_threshold; /* as baseline: the best so far before training; also of EarlyStopping, which then may
                                     put back the weights that training began with */

  /* LearningRateScheduler: the rate of an epoch (from 0), given the present one; or a schedule whose steps are epochs,
   * lent. One of the two. */
  double (*rate)(void *rate_context, int32_t epoch, double learning_rate);
  void *rate_context;
  const fv_schedule *schedule;

  const char *filename;  /* CSVLogger, JSONLogger */
  const char *separator; /* CSVLogger: one character */
  bool append;           /* behind what the file has */

  const char *log_dir;    /* TensorBoard: gets folders "train" and "validation" */
  int32_t histogram_freq; /* epochs between two histograms of all weights; default 0: none */
  bool write_images;      /* and as pictures with them */
  int32_t update_freq;    /* steps between two writings; default 0: epochs alone */
} fv_callback_options;

/* `name` is Keras's class or its snake case: "ModelCheckpoint", "EarlyStopping", "ReduceLROnPlateau",
 * "LearningRateScheduler", "TerminateOnNaN", "CSVLogger", "TensorBoard"; and "JSONLogger". `options` may be NULL. The
 * caller ends it with fv_callback_destroy. Errors: FV_ERROR_NOT_FOUND; FV_ERROR_INVALID for an option that is missing
 * or out of range; FV_ERROR_MEMORY. On failure *callback is all zero. */
FV_API FV_CHECK fv_status fv_callback_create(fv_callback *callback, const char *name,
                                             const fv_callback_options *options);

/* The same with the words of a command line laid over `options`: "factor=0.1,patience=10". Errors: also
 * FV_ERROR_INVALID for a word that the callback's table does not have. */
FV_API FV_CHECK fv_status fv_callback_create_from_text(fv_callback *callback, const char *name,
                                                       const fv_callback_options *options, const char *text);

/* Calls its destroy, if any, and makes it all zero. NULL is fine. */
FV_API void fv_callback_destroy(fv_callback *callback);

/* Class names of the callbacks there are, index from 0; NULL after the last. */
FV_API const char *fv_callback_name(int32_t index);
/* One lower-case sentence, and the options that a callback reads; NULL for an unknown name. Lent for ever. */
FV_API const char *fv_callback_help(const char *name);
FV_API const fv_option *fv_callback_table(const char *name);

FV_END_DECLARATIONS

#endif
