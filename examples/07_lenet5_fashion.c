/* LeNet-5 learns to name clothes: Fashion-MNIST, 60,000 gray pictures of 28 x 28, ten classes.
 *
 *   07_lenet5_fashion                         the data of Debian's package dataset-fashion-mnist
 *   07_lenet5_fashion mnist digits.keras      another folder of IDX files, and where the model goes
 *
 * The recipe: tanh, average pooling, SGD with momentum 0.9, a rate that falls from 0.05 to 0 along a cosine, batches of
 * 64, 12 epochs.
 */
#include <math.h>
#include <stdio.h>

#include <fovea/fovea.h>

enum { EPOCHS = 12, BATCH = 64 };

static fv_status build(fv_model **model, int32_t classes) {
  fv_graph *g = fv_graph_create();
  fv_graph_set_name(g, "lenet5");
  fv_value x = fv_input(g, .shape = {28, 28, 1});
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {5}, .padding = FV_SAME, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_conv2d(g, x, .filters = 16, .kernel_size = {5}, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 120, .activation = "tanh");
  x = fv_dense(g, x, .units = 84, .activation = "tanh");
  x = fv_dense(g, x, .units = classes, .activation = "softmax");
  fv_status status = fv_model_create(model, g, x);
  fv_preprocessing rescale;
  if (!status) status = fv_model_initialize(*model, "random:1");
  if (!status) status = fv_preprocessing_parse(&rescale, "scale:1/255");
  return status ? status : fv_model_set_preprocessing(*model, &rescale);
}

static void print_epoch(void *context, const fv_train_event *event) {
  (void)context;
  double loss = NAN, accuracy = NAN, of_test = NAN;
  fv_train_event_find(event, "loss", &loss);
  fv_train_event_find(event, "accuracy", &accuracy);
  fv_train_event_find(event, "val_accuracy", &of_test);
  printf("epoch %2d/%d: %4.1f s, loss %.4f, accuracy %.4f, of test pictures %.4f\n", event->epoch + 1, event->epochs,
         event->seconds, loss, accuracy, of_test);
  fflush(stdout);
}

static fv_status train(fv_model *model, const fv_dataset *clothes) {
  const double steps = ceil((double)fv_dataset_count(clothes) / BATCH) * EPOCHS;
  fv_schedule *cosine = NULL;
  fv_status status = fv_schedule_create(&cosine, "cosine_decay",
                                        &(fv_schedule_options){.initial_learning_rate = 0.05, .decay_steps = steps});
  const fv_optimizer_options sgd = {.schedule = cosine, .momentum = 0.9};
  const fv_fit_metric metrics[] = {{.name = "accuracy"}};
  if (!status)
    status = fv_fit(model,
                    &(fv_fit_options){.dataset = clothes,
                                      .validation = fv_dataset_validation(clothes),
                                      .epochs = EPOCHS,
                                      .batch_size = BATCH,
                                      .seed = 1,
                                      .optimizer = "sgd",
                                      .optimizer_options = &sgd,
                                      .metrics = metrics,
                                      .metric_count = 1,
                                      .on_epoch = print_epoch},
                    NULL);
  fv_schedule_destroy(cosine);
  return status;
}

int main(int count, char **words) {
  const char *data = count > 1 ? words[1] : "/usr/share/datasets/fashion-mnist";
  fv_dataset *clothes = NULL;
  fv_model *model = NULL;
  fv_status status = fv_dataset_open(&clothes, data, NULL);
  if (!status) status = build(&model, fv_dataset_class_count(clothes));
  if (!status) status = train(model, clothes);
  if (!status) status = fv_model_save(model, count > 2 ? words[2] : "fashion.keras", NULL);
  if (status) fprintf(stderr, "%s\n", fv_error_message());
  fv_model_destroy(model);
  fv_dataset_destroy(clothes);
  return status ? 1 : 0;
}
