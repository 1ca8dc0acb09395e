/* How a model file lists its layers: what Keras shows of a model.
 *
 * A model of fovea is flat: the layers of a model inside another have its name before theirs, "encoder/conv1", and its
 * input layer is gone. The outline keeps the list of the file: models inside models as rows, with the rows inside them
 * following, and what each row reads in the file's words. A Sequential that was never built has an outline and no
 * model: its file does not say the shape of its input. Models inside it may be built.
 */
#ifndef FOVEA_OUTLINE_H
#define FOVEA_OUTLINE_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* What a call reads: "conv[1][0]" is output 0 of call 1 of conv. */
typedef struct fv_outline_source {
  const char *name; /* of a row of the same list */
  int32_t call, output;
} fv_outline_source;

typedef struct fv_outline_row {
  const char *name; /* the layer's own, "conv1" */
  const char *kind; /* Keras's class: "Conv2D", "Functional", "Sequential" */
  int32_t level;    /* 0: a layer of the model itself, 1: of a model inside, ... */
  int32_t layer;    /* its place in fv_model_layer; -1 for models inside and their inputs, and without a model */
  int32_t end;      /* of the rows inside it: the place after the last; without any, the place after its own */
  bool frozen;      /* the file says trainable: false */
  bool unbuilt;     /* Keras knows neither its shapes nor its weights */
  fv_shape shape;   /* batch first: of the inputs of models inside, and of what is built without a model; else rank 0 */
  int64_t parameters, trainable_parameters; /* of a layer that is built without a model; else 0 */
  int32_t call_count, source_count;
  const fv_outline_source *sources; /* of all calls in order */
  int32_t output_count;
  const int32_t *outputs; /* of a model inside: the rows that make its outputs */
} fv_outline_row;

typedef struct fv_outline {
  const char *name; /* the model's */
  bool sequential;  /* the model is a Sequential: its input layer is not listed */
  int32_t row_count;
  const fv_outline_row *rows;
} fv_outline;

/* The outline of a model that was loaded from a file of Keras; lent until the model ends. NULL for other models: their
 * layers are their outline. */
FV_API const fv_outline *fv_model_outline(const fv_model *model);

/* Ends an outline without a model, of fv_model_load_options.unbuilt. NULL is fine. */
FV_API void fv_outline_destroy(fv_outline *outline);

FV_END_DECLARATIONS

#endif
