/* How exact convolutions are, and what speed costs.
 *
 * Convolution by Winograd's transforms multiplies less and rounds more. What that comes to, as the rms of the
 * difference over the rms of the result, against the same network in double precision:
 *
 *   exact     no transforms: sums of products as written, the error of float32 itself
 *   default   tiles of up to 4x4 outputs: about twice that error in a layer; tiles of 6x6 where maps are large and
 *             sums long (VGG16's first three such layers): about five times; at most 1e-5 for every network of the zoo
 *             (1e-4 for MobileNetV2, which amplifies rounding)
 *   fast      tiles of 6x6 outputs wherever they are faster
 *
 * A NaN or an infinity among the inputs reaches all outputs of its tile, not only those whose window it lies in.
 */
#ifndef FOVEA_ACCURACY_H
#define FOVEA_ACCURACY_H

typedef enum fv_accuracy { FV_ACCURACY_DEFAULT, FV_ACCURACY_EXACT, FV_ACCURACY_FAST } fv_accuracy;

#endif
