/* A frame of a camera: pixels in memory, blue first, with a gap behind each row, as capture libraries give them.
 *
 *   08_camera_frame model.keras [FRAMES]
 *
 * A predictor keeps its plan from frame to frame. The order of the channels is named once; the network's own order
 * belongs to the model. 08_camera_frame_cpp.cc is the same in C++.
 */
#include <stdio.h>
#include <stdlib.h>

#include <fovea/fovea.h>

enum { WIDTH = 640, HEIGHT = 480, STRIDE = WIDTH * 3 + 64 };

/* Stands in for the camera: a bright spot that moves. */
static void capture(unsigned char *pixels, int frame) {
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      unsigned char *pixel = pixels + y * STRIDE + x * 3;
      const int dx = x - 100 - 40 * frame, dy = y - 240, is_spot = dx * dx + dy * dy < 6400;
      pixel[0] = (unsigned char)(x * 100 / WIDTH);
      pixel[1] = (unsigned char)(is_spot ? 200 : 60);
      pixel[2] = (unsigned char)(is_spot ? 255 : y * 100 / HEIGHT);
    }
}

static fv_status name_frames(fv_predictor *predictor, const fv_model *model, unsigned char *pixels, int frames) {
  const fv_picture picture = {
      .pixels = pixels, .width = WIDTH, .height = HEIGHT, .row_stride = STRIDE, .order = FV_PIXELS_BGR};
  for (int frame = 0; frame < frames; frame++) {
    fv_prediction answer;
    capture(pixels, frame);
    fv_status status = fv_predictor_run(predictor, &picture, 1, &answer);
    if (!status && answer.status) status = fv_error_set(answer.status, answer.message);
    if (!status)
      printf("frame %d: class %d %s, %.3f\n", frame, (int)answer.top[0].index,
             fv_model_label(model, answer.top[0].index).name, (double)answer.top[0].probability);
    fv_prediction_destroy(&answer, 1);
    if (status) return status;
  }
  return FV_OK;
}

int main(int count, char **words) {
  if (count < 2) {
    fputs("usage: 08_camera_frame MODEL [FRAMES]\n", stderr);
    return 2;
  }
  unsigned char *pixels = calloc(HEIGHT, STRIDE);
  fv_model *model = NULL;
  fv_predictor *predictor = NULL;
  fv_status status = fv_model_load(&model, words[1], NULL);
  if (!status) status = fv_predictor_create(&predictor, model, &(fv_predict_options){.top = 1});
  if (!status && pixels) status = name_frames(predictor, model, pixels, count > 2 ? atoi(words[2]) : 3);
  if (status) fprintf(stderr, "%s\n", fv_error_message());
  fv_predictor_destroy(predictor);
  fv_model_destroy(model);
  free(pixels);
  return status || !pixels ? 1 : 0;
}
