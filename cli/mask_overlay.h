/* A picture with the classes of its pixels in colours. */
#ifndef MASK_OVERLAY_H
#define MASK_OVERLAY_H

#include <fovea/mask_set.h>

/* A new RGB image: areas tinted, their edges in full colour. Colours are those of masks that have some, else spread
 * over the circle of hues; a class called "background" is left as it is. Errors: those of fv_image_convert. */
fv_status mask_overlay_draw(fv_image *drawn, const fv_image *image, const fv_image *classes, const fv_mask_key *key,
                            const char *const *names, double opacity);

#endif
