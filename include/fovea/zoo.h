/* The zoo: known networks by name, with Keras's layer names, order and parameters.
 *
 *   fv_model *vgg;
 *   fv_zoo_build(&vgg, "VGG16", &(fv_zoo_options){.weights = "imagenet", .no_top = true, .pooling = "avg"});
 *
 * Names are written as Keras writes them ("MobileNet"); small letters, '-' and '_' make no difference.
 */
#ifndef FOVEA_ZOO_H
#define FOVEA_ZOO_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_zoo_options {
  /* NULL: weights stay zero. "imagenet": the file with the official weights, looked for in the folders that
   * fv_zoo_find_weights names. "by-name:SEED", "random:SEED": fv_model_initialize. Anything else is a file's path. */
  const char *weights;
  bool no_top;                             /* Keras's include_top=False: without the classifier */
  int32_t input_shape[FV_OPTION_INTS_MAX]; /* height, width, channels; none: the network's own. Height and width may
                                              be -1 (unknown until planning) where no layer needs them */
  const char *pooling;                     /* without the top: "avg" or "max" over the image; NULL: "none" */
  int32_t classes;                         /* of the classifier; 0: the network's own, 1000 for ImageNet */
  double alpha;                            /* MobileNet, also as a backbone, and segmenters: width multiplier; 0: 1 */
  const char *classifier_activation;       /* NULL: "softmax"; "none": logits */
  const char *backbone;  /* detectors, DeepLabV3Lite: "MobileNet" or "EfficientNetLite0"; NULL: the first */
  int32_t output_stride; /* MobileNet, EfficientNetLite: 16 keeps the size of the last stage, whose
                            convolutions look further instead; 0: 32 */
  int32_t anchors[FV_OPTION_INTS_MAX]; /* SSDLite: sizes in each cell of each of its maps, up to 6; none: 6 in each */
  bool as_it_is;                       /* weights of a file that are not finite are taken, as in fv_weights_options */
  bool auxiliary; /* with the auxiliary heads of GoogLeNet and InceptionV3, as further outputs after the classifier's */
} fv_zoo_options;

/* Builds the network called `name`. `options` may be NULL. The caller destroys *model.
 * Errors: FV_ERROR_NOT_FOUND for a name that is not in the zoo, or weights that are nowhere; FV_ERROR_INVALID for an
 * option out of range; FV_ERROR_SHAPE for an input too small; those of reading a weights file. */
FV_API FV_CHECK fv_status fv_zoo_build(fv_model **model, const char *name, const fv_zoo_options *options);

/* Where the ImageNet weights of a network are: the first of the folders FOVEA_CACHE (else ~/.cache/fovea) and
 * ~/.keras/models that has the official file for these options. Writes the path. Errors: FV_ERROR_NOT_FOUND says what
 * was looked for and how to get it; FV_ERROR_INVALID when these options have no official weights. */
FV_API FV_CHECK fv_status fv_zoo_find_weights(char *path, size_t size, const char *name, const fv_zoo_options *options);

/* One official file of weights. Lent for ever. */
typedef struct fv_zoo_weights {
  const char *file;    /* "vgg16_weights_tf_dim_ordering_tf_kernels.h5" */
  const char *address; /* where it is: an https address without the file's name, ended by '/'; NULL: see command */
  const char *command; /* what fetches it when it has no address of its own, "make demo"; else NULL */
  const char
      *checksum;       /* "sha256:" or "md5:" and hexadecimal digits, perhaps only the first; NULL: none is published */
  int64_t bytes;       /* 0: not published */
  const char *licence; /* SPDX's word for it: "CC-BY-4.0" */
  bool no_top;         /* without the classifier */
  double alpha;        /* of networks that take it; else 0 */
  int32_t side;        /* height and width it is for, of networks with a file for each; else 0 */
} fv_zoo_weights;

/* The official files of the network called `name`, index from 0; NULL after the last and for an unknown name. */
FV_API const fv_zoo_weights *fv_zoo_weights_at(const char *name, int32_t index);

/* The official file for these options (NULL: all by default). Errors: FV_ERROR_NOT_FOUND for a name that is not in the
 * zoo; FV_ERROR_INVALID when these options have no official weights. */
FV_API FV_CHECK fv_status fv_zoo_weights_for(const fv_zoo_weights **weights, const char *name,
                                             const fv_zoo_options *options);

/* What `fovea pull` is told to fetch this file of the network called `name`, the same words for every call:
 * "MobileNet:notop --alpha 0.5 --input-shape 128,128,3". Empty for an unknown name. Returns `text`. */
FV_API const char *fv_zoo_weights_words(char *text, size_t size, const char *name, const fv_zoo_weights *weights);

/* Folders that fv_zoo_find_weights looks in: 0 is the cache (FOVEA_CACHE, else ~/.cache/fovea), 1 is ~/.keras/models.
 * Writes the path, empty where the environment names none; false after the last. */
FV_API bool fv_zoo_weights_folder(char *path, size_t size, int32_t index);

/* The table behind fv_zoo_options; `weights` is in it too. Never NULL. */
FV_API const fv_option *fv_zoo_option_table(void);

/* What is known of a network. Lent for ever. */
typedef struct fv_zoo_entry {
  const char *name;                /* "MobileNet" */
  const char *help;                /* one lower-case sentence with its source */
  int32_t height, width, channels; /* of the input by default */
  int32_t smallest;                /* side of the smallest input */
  int32_t multiple;                /* height and width must be multiples of this; 0: any */
  int32_t classes;                 /* by default */
  int64_t parameters;              /* with default options */
  const char *preprocess;          /* how pictures are scaled: "tf", "caffe", "lite", "scale:1/255" */
  const char *resize;              /* "pil-bilinear" */
  double crop;                     /* part of the shorter side taken from the middle; 0: the whole picture */
  bool takes_alpha;
  bool is_detector;     /* takes a backbone; the model answers for anchors (detector.h) */
  bool is_segmenter;    /* the model answers for every pixel (segmenter.h) */
  bool is_on_backbone;  /* of segmenters: one that takes a backbone */
  bool takes_auxiliary; /* has auxiliary heads */
  bool has_imagenet;    /* official ImageNet weights exist */
} fv_zoo_entry;

/* Families in alphabetical order, within one from small to large; NULL after the last. */
FV_API const fv_zoo_entry *fv_zoo_at(int32_t index);
FV_API const fv_zoo_entry *fv_zoo_find(const char *name); /* NULL when there is none */

FV_END_DECLARATIONS

#endif
