/* TensorBoard's event files: what TensorFlow's summary writer writes, encoded by hand.
 *
 *   record   length (8 bytes)  masked CRC-32C of these (4)  payload  masked CRC-32C of it (4)      lowest byte first
 *   payload  Event { wall_time = 1, step = 2, file_version = 3, summary = 5 }                     protocol buffers
 *            Summary { repeated Value = 1 },  Value { tag = 1, tensor = 8, metadata = 9 }
 *
 * A value is a tensor and the name of the plugin that shows it: "scalars", "histograms" or "images".
 */
#ifndef FOVEA_TRAIN_EVENT_FILE_H
#define FOVEA_TRAIN_EVENT_FILE_H

#include <fovea/image.h>

#include "train/log_file.h"

typedef struct fv__event_file {
  fv__log_file file;
  char path[4200];
  uint8_t *bytes; /* the record in the making */
  size_t size, capacity;
  bool has_failed; /* no memory for it */
  uint32_t crc[256];
} fv__event_file;

/* Makes a new file "events.out.tfevents.SECONDS.HOST.PROCESS.N.v2" in `folder`, which is made too. N is the first
 * number that is free. */
fv_status fv__event_file_open(fv__event_file *file, const char *folder) FV_CHECK;
fv_status fv__event_file_close(fv__event_file *file) FV_CHECK; /* fine when closed, and when all zero */

fv_status fv__event_file_scalar(fv__event_file *file, const char *tag, int64_t step, double value) FV_CHECK;

/* 30 buckets of equal width; what is not finite is left out. */
fv_status fv__event_file_histogram(fv__event_file *file, const char *tag, int64_t step, const float *values,
                                   int64_t count) FV_CHECK;

/* Pictures of one size, as PNG. */
fv_status fv__event_file_images(fv__event_file *file, const char *tag, int64_t step, const fv_image *images,
                                int32_t count) FV_CHECK;

#endif
