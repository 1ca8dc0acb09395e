/* A frame of a camera in C++: what 08_camera_frame.c does, with owners that clean up by themselves.
 *
 *   08_camera_frame_cpp model.keras [FRAMES]
 */
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include <fovea/fovea.h>

namespace {

constexpr int width = 640, height = 480, stride = width * 3 + 64;

void check(fv_status status) {
  if (status != FV_OK) throw std::runtime_error(fv_error_message());
}

struct model_end {
  void operator()(fv_model *model) const { fv_model_destroy(model); }
};
struct predictor_end {
  void operator()(fv_predictor *predictor) const { fv_predictor_destroy(predictor); }
};

std::vector<unsigned char> capture(int frame) {
  std::vector<unsigned char> pixels(static_cast<size_t>(height) * stride);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const int dx = x - 100 - 40 * frame, dy = y - 240;
      const bool is_spot = dx * dx + dy * dy < 6400;
      unsigned char *pixel = pixels.data() + y * stride + x * 3;
      pixel[0] = static_cast<unsigned char>(x * 100 / width);
      pixel[1] = static_cast<unsigned char>(is_spot ? 200 : 60);
      pixel[2] = static_cast<unsigned char>(is_spot ? 255 : y * 100 / height);
    }
  return pixels;
}

void name_frames(const char *path, int frames) {
  fv_model *opened = nullptr;
  check(fv_model_load(&opened, path, nullptr));
  const std::unique_ptr<fv_model, model_end> model(opened);
  fv_predict_options options{};
  options.top = 1;
  fv_predictor *made = nullptr;
  check(fv_predictor_create(&made, model.get(), &options));
  const std::unique_ptr<fv_predictor, predictor_end> predictor(made);
  for (int frame = 0; frame < frames; frame++) {
    const std::vector<unsigned char> pixels = capture(frame);
    fv_picture picture{};
    picture.pixels = pixels.data();
    picture.width = width;
    picture.height = height;
    picture.row_stride = stride;
    picture.order = FV_PIXELS_BGR;
    fv_prediction answer{};
    check(fv_predictor_run(predictor.get(), &picture, 1, &answer));
    if (answer.status == FV_OK)
      std::printf("frame %d: class %d %s, %.3f\n", frame, static_cast<int>(answer.top[0].index),
                  fv_model_label(model.get(), answer.top[0].index).name,
                  static_cast<double>(answer.top[0].probability));
    fv_prediction_destroy(&answer, 1);
  }
}

} // namespace

int main(int count, char **words) {
  if (count < 2) {
    std::fputs("usage: 08_camera_frame_cpp MODEL [FRAMES]\n", stderr);
    return 2;
  }
  try {
    name_frames(words[1], count > 2 ? std::atoi(words[2]) : 3);
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}
