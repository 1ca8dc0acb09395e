// A user's C++17 program: a small network, built with option structures, run once. Built by tests/install/run against
// an installed libfovea.
#include <fovea/fovea.h>

#include <cmath>
#include <iostream>
#include <memory>

namespace {

fv_model *small_network() {
  fv_graph *graph = fv_graph_create();
  fv_input_layer_options input{};
  input.shape[0] = input.shape[1] = 8;
  input.shape[2] = 3;
  fv_conv2d_options convolution{};
  convolution.input = fv_input(graph, input);
  convolution.filters = 4;
  convolution.kernel_size = {3, 3};
  convolution.activation = "relu";
  fv_global_average_pooling2d_options pooling{};
  pooling.input = fv_conv2d(graph, convolution);
  fv_dense_options dense{};
  dense.input = fv_global_average_pooling2d(graph, pooling);
  dense.units = 5;
  dense.activation = "softmax";
  fv_model *model = nullptr;
  if (fv_model_create(&model, graph, fv_dense(graph, dense)) != FV_OK) std::cerr << fv_error_message() << '\n';
  return model;
}

} // namespace

int main() {
  std::unique_ptr<fv_model, decltype(&fv_model_destroy)> model(small_network(), &fv_model_destroy);
  fv_plan *made = nullptr;
  if (!model || fv_model_initialize(model.get(), "random:7") != FV_OK ||
      fv_plan_create(&made, model.get(), nullptr) != FV_OK)
    return 1;
  std::unique_ptr<fv_plan, decltype(&fv_plan_destroy)> plan(made, &fv_plan_destroy);
  for (int i = 0; i < 8 * 8 * 3; i++) fv_plan_input(plan.get(), 0)[i] = 0.5F;
  if (fv_run(plan.get(), nullptr) != FV_OK) return 1;
  float sum = 0;
  for (int i = 0; i < 5; i++) sum += fv_plan_output(plan.get(), 0)[i];
  return std::fabs(sum - 1) < 1e-5F ? 0 : 1;
}
