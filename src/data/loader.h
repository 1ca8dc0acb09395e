/* A loader's parts, for its files. */
#ifndef FOVEA_DATA_LOADER_H
#define FOVEA_DATA_LOADER_H

#include <fovea/loader.h>

#include "base/fail.h"
#include "data/cache.h"
#include "data/crew.h"
#include "data/mix.h"

/* A batch being prepared or handed out. */
typedef struct fv__slot {
  fv_batch batch;
  int32_t wanted;   /* samples it was started with */
  uint64_t *passes; /* of each */
  fv_status *statuses;
  char (*messages)[FV__MESSAGE_SIZE];
} fv__slot;

/* Where one thread keeps the picture before augmentation. */
typedef struct fv__scratch {
  float *pixels;
} fv__scratch;

struct fv_loader {
  const fv_dataset *dataset;
  fv_loader_options options; /* explicit; pointers are to the copies below, or NULL */
  fv_preprocessing preprocessing;
  fv_augment_options augment;
  float *class_weights;
  fv_target_maker targets; /* make is NULL: classes */
  int64_t target_numbers;  /* of a sample */
  int32_t channels, classes;
  int64_t input_numbers, steps;
  fv_shape input_shape;

  fv__crew *crew;
  fv__scratch *scratch;
  int seats;
  fv__cache cache;

  fv__mix mix;
  bool mixes;
  fv_batch mixed; /* arrays that take the mixed batch and change places with the slot's */
  int64_t *mix_order;

  fv__slot *slots;
  int32_t slot_count, head; /* head: the batch that is handed out next, or is */
  size_t inputs_bytes;
  bool is_started, is_lent;
  int64_t next_epoch, next_step; /* of the batch that is begun next */
  int64_t *order;                /* of the samples in pass order_pass */
  int64_t order_pass;            /* -1: none yet */

  fv_broken_file *broken;
  int64_t broken_count, broken_capacity;
  bool *broken_marks; /* one a sample */
};

/* Prepares the inputs of one sample; the body of the crew. */
void fv__loader_prepare(void *loader, int32_t slot, int32_t item, int thread);

/* Leaves out broken samples and fills in targets and weights. Errors: that of the first sample that may not be left
 * out. */
fv_status fv__loader_settle(fv_loader *loader, fv__slot *slot) FV_CHECK;

#endif
