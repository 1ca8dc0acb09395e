/* Colours as hue, saturation and value, each from 0 to 1, as tf.image.rgb_to_hsv has them. */
#ifndef FOVEA_DATA_HSV_H
#define FOVEA_DATA_HSV_H

typedef struct fv__hsv {
  float hue, saturation, value;
} fv__hsv;

/* Of three numbers from 0 to 255, and back; what comes back is limited to that range. */
fv__hsv fv__hsv_of(const float *rgb);
void fv__hsv_to_rgb(float *rgb, const fv__hsv *colour);

#endif
