/* The table of what `fovea train` can be told. */
#include "train_options.h"

static const char *const formats[] = {"text", "json", NULL};
static const char *const styles[] = {"keras3", "keras1", NULL};
static const char *const shuffles[] = {"epoch", "none", NULL};
static const char *const splits[] = {"drawn", "first", NULL};
static const char *const tasks[] = {"classify", "detect", "segment", NULL};
static const char *const compats[] = {"none", "keras3", "keras2", NULL};

#define TEXT_ROW(name, help)                                                                                           \
  { #name, FV_OPTION_TEXT, offsetof(train_options, name), NULL, 0, 0, NULL, help }
#define MODEL_TEXT_ROW(name, help)                                                                                     \
  { #name, FV_OPTION_TEXT, offsetof(train_options, model.name), NULL, 0, 0, NULL, help }
#define NUMBER_ROW(name, start, low, high, help)                                                                       \
  { #name, FV_OPTION_FLOAT, offsetof(train_options, name), start, low, high, NULL, help }
#define COUNT_ROW(name, start, low, help)                                                                              \
  { #name, FV_OPTION_INT, offsetof(train_options, name), start, low, INT32_MAX, NULL, help }
#define FLAG_ROW(name, help)                                                                                           \
  { #name, FV_OPTION_BOOL, offsetof(train_options, name), "false", 0, 0, NULL, help }
#define NAME_ROW(name, start, names, help)                                                                             \
  { #name, FV_OPTION_NAME, offsetof(train_options, name), start, 0, 0, names, help }

const fv_option train_option_table[] = {
    TEXT_ROW(output, "FILE: the trained model, .keras or .h5"),
    NAME_ROW(
        task, "classify", tasks,
        "what is learnt: the class of a picture, objects with their boxes (VOC, COCO or YOLO data), or a class for "
        "every pixel (images/ and masks/)"),
    TEXT_ROW(masks, "DIR: segment: masks of the pictures, by the same names [masks/ beside images/, or DATAannot]"),
    TEXT_ROW(ignore, "VALUES: segment: values or names of masks that do not count, apart by commas [255]"),
    TEXT_ROW(only, "NAMES: detect objects of these classes alone, apart by commas"),
    TEXT_ROW(backbone, "MobileNet|EfficientNetLite0: what a detector or DeepLabV3Lite stands on [MobileNet]"),
    {"anchors", FV_OPTION_INTS, offsetof(train_options, anchors), "", 0, 64, NULL,
     "N,N,...: sizes of SSDLite in each cell of its maps [about nine in all, placed by the data]"},
    {"model", FV_OPTION_TEXT, offsetof(train_options, network), NULL, 0, 0, NULL,
     "NAME|FILE: a network of the zoo, or a model file [EfficientNetLite0 or MobileNet where their weights are here, "
     "LeNet5 for pictures up to 64 pixels]"},
    MODEL_TEXT_ROW(weights, "imagenet|FILE|random:SEED: weights to begin with [imagenet where the network has them]"),
    FLAG_ROW(by_name, "of the --weights FILE take the layers that it has by name; the others begin anew"),
    {"input_shape", FV_OPTION_INTS, offsetof(train_options, model.input_shape), "", 0, 0, NULL,
     "H,W,C: input of a network of the zoo"},
    {"alpha", FV_OPTION_FLOAT, offsetof(train_options, model.alpha), "0", 0, 16, NULL,
     "width multiplier of MobileNet and segmenters, 0: 1, of a segmenter without backbone 0.25"},
    TEXT_ROW(head, "WORDS: new last layers, \"flatten dense:1024:relu dropout:0.5\"; a classifier follows by itself"),
    TEXT_ROW(freeze, "N|NAME|all-but-head|none: layers that keep their weights: the first N, or all up to NAME; with "
                     "\",BatchNormalization\" behind it these too, wherever they are"),
    TEXT_ROW(rescale, "S: pixels are multiplied by S, such as 1/255; the same as --preprocess scale:S"),
    MODEL_TEXT_ROW(preprocess, "tf|caffe|torch|lite|none|scale:S: how pixels are scaled [as the model says]"),
    MODEL_TEXT_ROW(resize, "METHOD: how pictures are brought to size [as the model says, else pil-bilinear]"),
    MODEL_TEXT_ROW(crop, "FRACTION: side of the central square that is used; 0: the whole picture"),
    PICTURE_UPRIGHT_ROW(train_options, model.upright),
    TEXT_ROW(optimizer, "NAME: sgd, adam, adam_w, rmsprop ...; with words of its own: sgd:nesterov=true"),
    TEXT_ROW(learning_rate, "X: of the optimizer"),
    TEXT_ROW(momentum, "X: of the optimizer, as the next ones"),
    TEXT_ROW(nesterov, "true|false: look one step ahead"),
    TEXT_ROW(rho, "X: share that averages keep"),
    TEXT_ROW(epsilon, "X: against division by zero"),
    TEXT_ROW(beta_1, "X: share that the mean keeps"),
    TEXT_ROW(beta_2, "X: share that the mean of squares keeps"),
    TEXT_ROW(weight_decay, "X: weights shrink by this part of the rate in each step"),
    TEXT_ROW(clipnorm, "X: longest gradient of one variable"),
    TEXT_ROW(global_clipnorm, "X: longest gradient of all"),
    TEXT_ROW(clipvalue, "X: largest number of a gradient"),
    NUMBER_ROW(moving_momentum, "0", 0, 0.999999,
               "share that moving statistics of BatchNormalization keep in a step; 0: 1 - 10 / steps of an epoch, at "
               "least 0.9, for trained networks, else as the network says"),
    TEXT_ROW(accumulate, "N: update once with the mean of so many gradients"),
    TEXT_ROW(schedule, "NAME:RATE,...: constant, exponential, step, polynomial, cosine, cosine-restarts or "
                       "inverse-time, from RATE on, with words of Keras's such as alpha=0.1; its steps are chosen"),
    TEXT_ROW(loss, "NAME: categorical_crossentropy ...; with words: categorical_crossentropy:label_smoothing=0.1"),
    TEXT_ROW(metrics, "NAMES: apart by blanks [accuracy]; with words: top_k_categorical_accuracy:k=3"),
    TEXT_ROW(regularizer, "l1|l2|l1_l2: cost of all trainable kernels, such as l2:0.001"),
    TEXT_ROW(class_weight, "balanced|NAME=X,...: how much a picture of a class counts"),
    COUNT_ROW(epochs, "0", 0, "passes through the pictures; 0: chosen with the network"),
    COUNT_ROW(batch_size, "0", 0, "pictures of a step; 0: chosen with the network"),
    COUNT_ROW(self_organize, "500", 0,
              "pictures from which S cells (Neocognitron) learn without a teacher, before all else; 0: they stay"),
    NUMBER_ROW(samples_per_epoch, "0", 0, 1e15, "pictures of an epoch; 0: all"),
    NUMBER_ROW(max_steps, "0", 0, 1e15, "ends after so many steps; 0: no such end"),
    TEXT_ROW(validation, "DATA: another set to validate with"),
    NUMBER_ROW(validation_split, "0", 0, 1,
               "part of each class kept for validation; 0: 0.2, unless the data have a set for it"),
    NAME_ROW(split, "drawn", splits, "which pictures these are: drawn by the seed, or the first ones as in Keras"),
    NUMBER_ROW(validation_samples, "0", 0, 1e15, "validate with so many drawn pictures; 0: all"),
    TEXT_ROW(class_names, "FILE: names of numbered classes, one a line"),
    TEXT_ROW(augment,
             "WORDS: how training pictures may change, as in `fovea augment`: \"horizontal_flip rotation=30\"; "
             "none"),
    NAME_ROW(shuffle, "epoch", shuffles, "the order of training pictures: a new one each epoch, or always theirs"),
    FLAG_ROW(train_whole, "training pictures are taken whole; --crop is for validation and prediction alone"),
    FLAG_ROW(cache, "keep decoded pictures in memory when they fit into a quarter of it"),
    COUNT_ROW(seed, "1", 0, "of weights, split, order, augmentation and dropout"),
    COUNT_ROW(overfit, "0", 0, "train on so many pictures, and validate with them: a test of the network"),
    FLAG_ROW(find_lr, "look for a learning rate: train with one that grows, say where the loss falls, write no model"),
    TEXT_ROW(checkpoint, "FILE: saved after each epoch; may have {epoch:02d} and {val_accuracy:.2f}"),
    TEXT_ROW(monitor,
             "NAME: what checkpoints, early stopping and --reduce-lr watch [val_loss]; val_acc is val_accuracy"),
    FLAG_ROW(save_best_only, "checkpoints of the best epochs alone"),
    TEXT_ROW(early_stopping, "WORDS: patience=10, min_delta=0 ...: end when the monitor improves no more; none"),
    TEXT_ROW(reduce_lr, "WORDS: factor=0.1,patience=10,min_delta=1e-4 ...: lower the rate then"),
    TEXT_ROW(tensorboard, "DIR: event files for TensorBoard"),
    TEXT_ROW(csv_log, "FILE: a line of numbers an epoch"),
    TEXT_ROW(log_file, "FILE: a JSON object a step and an epoch"),
    FLAG_ROW(explore, "watch the curves in the browser while they grow; docs/explorer.md"),
    TEXT_ROW(plot, "FILE: learning curves, .png, .svg or .pdf"),
    TEXT_ROW(backup, "FILE: what --resume goes on from [beside the output, NAME.backup.h5]; none"),
    NUMBER_ROW(backup_steps, "0", 0, 1e15, "a backup after so many steps; 0: after each epoch"),
    TEXT_ROW(resume, "FILE: a backup to go on from, with the same options"),
    FLAG_ROW(resume_anyway, "also with other data or options"),
    TEXT_ROW(save_recipe, "FILE: these options as JSON, for `fovea train FILE`"),
    NAME_ROW(compat, "none", compats,
             "callbacks and augmentation with the errors of Keras 3 or Keras 2, and Keras 2's moving variance"),
    NUMBER_ROW(memory_limit, "0", 0, 1e9, "MB that a step may take, else batches are cut; 0: what is free"),
    {"exact", FV_OPTION_BOOL, offsetof(train_options, speed.exact), "false", 0, 0, NULL,
     "convolutions as sums of products, without transforms: slower, less rounding"},
    {"fast", FV_OPTION_BOOL, offsetof(train_options, speed.fast), "false", 0, 0, NULL,
     "larger transforms: faster on large maps, more rounding"},
    {"threads", FV_OPTION_INT, offsetof(train_options, speed.threads), "0", 0, 4096, NULL,
     "threads, 0: one per processor; the trained numbers do not depend on them"},
    NAME_ROW(format, "text", formats, "how progress is told; json is an object a line"),
    NAME_ROW(style, "keras3", styles, "whose progress bar"),
    {.name = NULL}};
