/* The chapter's transfer learning: VGG16 without its top learns to tell flowers apart.
 *
 *   05_transfer_train                                    photos in flowers/train/CLASS and flowers/validation/CLASS
 *   05_transfer_train DATA vgg16_1.h5 MobileNet 20       other data, another file, another network of the zoo, 20
 * epochs
 *
 * The numbers are the chapter's. Where it differs from the chapter: validation pictures are never augmented, an epoch
 * is exactly 300 pictures, and the model's file keeps the classes and how pictures are scaled, so that
 * 06_transfer_predict cannot feed it otherwise. layers[:5] are the input, two convolutions, a pooling and one more
 * convolution.
 */
#include <stdio.h>
#include <stdlib.h>

#include <fovea/fovea.h>

static fv_status build_base(fv_model **base, const char *network) {
  const fv_zoo_entry *entry = fv_zoo_find(network);
  fv_zoo_options options = {.weights = entry && !entry->has_imagenet ? "random:1" : "imagenet", .no_top = true};
  fv_status status = fv_zoo_build(base, network, &options);
  if (status != FV_ERROR_NOT_FOUND || !entry) return status;
  fprintf(stderr, "%s\ngoing on with weights that have learnt nothing yet\n", fv_error_message());
  options.weights = "random:1";
  return fv_zoo_build(base, network, &options);
}

/* base_model.output, Flatten, Dense 1024, Dropout, Dense 1024, Dense with softmax; the first five layers frozen. */
static fv_status build_model(fv_model **model, const char *network, int32_t classes) {
  fv_model *base = NULL;
  fv_status status = build_base(&base, network);
  if (!status)
    status = fv_model_with_head(model, base, "flatten dense:1024:relu dropout:0.5 dense:1024:relu", classes, 1);
  fv_model_destroy(base);
  if (!status) status = fv_model_freeze(*model, 0, 5);
  fv_preprocessing rescale;
  if (!status) status = fv_preprocessing_parse(&rescale, "scale:1/255");
  return status ? status : fv_model_set_preprocessing(*model, &rescale);
}

static void print_epoch(void *context, const fv_train_event *event) {
  (void)context;
  printf("epoch %d/%d: %.0f s", event->epoch + 1, event->epochs, event->seconds);
  for (int32_t i = 0; i < event->log_count; i++) printf(", %s %.4f", event->logs[i].name, event->logs[i].value);
  putchar('\n');
  fflush(stdout);
}

static void print_message(void *context, const fv_train_message *message) {
  (void)context;
  puts(message->text);
}

static fv_status train(fv_model *model, const fv_dataset *training, const fv_dataset *validation, const char *output,
                       int32_t epochs) {
  const fv_augment_options augment = {.horizontal_flip = true,
                                      .fill = FV_AUGMENT_NEAREST,
                                      .zoom = {0.3},
                                      .width_shift = 0.3,
                                      .height_shift = 0.3,
                                      .rotation = 30};
  const fv_optimizer_options sgd = {.learning_rate = 0.0001, .momentum = 0.9};
  const fv_fit_metric metrics[] = {{.name = "accuracy"}};
  fv_callback callbacks[2] = {{.name = NULL}};
  fv_status status =
      fv_callback_create(&callbacks[0], "ModelCheckpoint",
                         &(fv_callback_options){.filepath = output, .monitor = "val_acc", .save_best_only = true});
  if (!status)
    status = fv_callback_create(&callbacks[1], "EarlyStopping",
                                &(fv_callback_options){.monitor = "val_acc", .patience = 10});
  if (!status)
    status = fv_fit(model,
                    &(fv_fit_options){.dataset = training,
                                      .validation = validation,
                                      .augment = &augment,
                                      .batch_size = 16,
                                      .samples_per_epoch = 300,
                                      .epochs = epochs,
                                      .loss = "categorical_crossentropy",
                                      .optimizer = "sgd",
                                      .optimizer_options = &sgd,
                                      .metrics = metrics,
                                      .metric_count = 1,
                                      .callbacks = callbacks,
                                      .callback_count = 2,
                                      .on_epoch = print_epoch,
                                      .say = print_message},
                    NULL);
  for (int i = 0; i < 2; i++) fv_callback_destroy(&callbacks[i]);
  return status;
}

int main(int count, char **words) {
  const char *data = count > 1 ? words[1] : "flowers", *output = count > 2 ? words[2] : "vgg16_1.h5";
  fv_dataset *flowers = NULL, *validation = NULL;
  fv_model *model = NULL;
  fv_status status = fv_dataset_open(&flowers, data, NULL);
  if (!status && !fv_dataset_validation(flowers))
    status = fv_error_set(FV_ERROR_NOT_FOUND, "the data need a folder train and a folder validation");
  if (!status) status = fv_dataset_draw(&validation, fv_dataset_validation(flowers), 100, 1);
  if (!status) status = build_model(&model, count > 3 ? words[3] : "VGG16", fv_dataset_class_count(flowers));
  if (!status)
    printf("%lld photos of %d classes; %lld of %lld parameters learn\n", (long long)fv_dataset_count(flowers),
           (int)fv_dataset_class_count(flowers), (long long)fv_model_trainable_parameters(model),
           (long long)fv_model_parameters(model));
  if (!status) status = train(model, flowers, validation, output, count > 4 ? atoi(words[4]) : 50);
  if (status) fprintf(stderr, "%s\n", fv_error_message());
  fv_model_destroy(model);
  fv_dataset_destroy(validation);
  fv_dataset_destroy(flowers);
  return status ? 1 : 0;
}
