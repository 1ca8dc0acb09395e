/* A user's C11 program: LeNet-5 in the words of Keras, run once. Built by tests/install/run against an installed
 * libfovea. */
#include <fovea/fovea.h>

#include <math.h>
#include <stdio.h>

static fv_status lenet(fv_model **model) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {28, 28, 1});
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {5, 5}, .padding = FV_SAME, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_conv2d(g, x, .filters = 16, .kernel_size = {5, 5}, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 120, .activation = "tanh");
  x = fv_dense(g, x, .units = 84, .activation = "tanh");
  x = fv_dense(g, x, .units = 10, .activation = "softmax");
  return fv_model_create(model, g, x);
}

static int answer(fv_plan *plan) {
  float *image = fv_plan_input(plan, 0);
  for (int i = 0; i < 28 * 28; i++) image[i] = (float)(i % 28) / 28;
  if (fv_run(plan, NULL)) return 1;
  const float *probability = fv_plan_output(plan, 0);
  double sum = 0;
  for (int i = 0; i < 10; i++) sum += (double)probability[i];
  return fabs(sum - 1) < 1e-5 ? 0 : 1;
}

int main(void) {
  fv_model *model = NULL;
  fv_plan *plan = NULL;
  int wrong = 1;
  if (lenet(&model) || fv_model_initialize(model, "by-name:1") || fv_plan_create(&plan, model, NULL))
    fprintf(stderr, "%s\n", fv_error_message());
  else
    wrong = fv_model_parameters(model) != 61706 || answer(plan);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return wrong;
}
