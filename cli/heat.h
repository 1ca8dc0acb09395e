/* Heat over a photo: pictures of where in it the reasons for an answer lie. */
#ifndef HEAT_H
#define HEAT_H

#include <fovea/image.h>
#include <fovea/preprocessing.h>

/* The part of a photo that the network sees, as its preprocessing says, in colour. Ends with fv_image_destroy. */
fv_status heat_photo(fv_image *seen, const fv_image *photo, const fv_preprocessing *preprocessing) FV_CHECK;

/* The photo with heat (rows x columns) over it: nothing where the heat is 0, violet to yellow up to its largest number,
 * which is written to *largest. Numbers that are not finite count as 0. Ends with fv_image_destroy. */
fv_status heat_over(fv_image *picture, const fv_image *seen, const fv_tensor *heat, float *largest) FV_CHECK;

#endif
