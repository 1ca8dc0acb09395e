/* Preprocessing as arithmetic: what fv_preprocessing says is done here, for prediction and for training alike.
 *
 *   sample as stored  ->  channels, central square, size  ->  (augmentation)  ->  (x * scale - mean) / std
 */
#ifndef FOVEA_DATA_PREPARE_H
#define FOVEA_DATA_PREPARE_H

#include <fovea/dataset.h>
#include <fovea/preprocessing.h>

/* Whether every field is in its range. Errors: FV_ERROR_INVALID. */
fv_status fv__preprocessing_check(const fv_preprocessing *preprocessing) FV_CHECK;

/* Brings a sample to `channels` channels, to the part of it that is used and to the size, in place. Bytes stay bytes
 * unless the method of resizing gives fractions. Errors: those of fv_image_convert, fv_image_crop and fv_image_resize;
 * FV_ERROR_SHAPE for numbers whose channels cannot become these. The sample then still belongs to the caller. */
fv_status fv__prepare_size(fv_sample *sample, const fv_preprocessing *preprocessing, int32_t channels) FV_CHECK;

/* The network's numbers of a sample of the right size: as many as it has. */
void fv__prepare_scale(float *numbers, const fv_sample *sample, const fv_preprocessing *preprocessing);

/* The same for `count` pixels of float32 numbers; `numbers` may be `pixels`. */
void fv__prepare_scale_floats(float *numbers, const float *pixels, int64_t count, int64_t channels,
                              const fv_preprocessing *preprocessing);

#endif
