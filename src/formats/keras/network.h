/* A configuration on its way to a graph: what network.c, which reads the lists of layers, shares with calls.c, which
 * makes their calls. */
#ifndef FOVEA_FORMATS_KERAS_NETWORK_H
#define FOVEA_FORMATS_KERAS_NETWORK_H

#include "formats/keras/keras.h"
#include "model/flaws.h"

enum { CALLS_MAX = 1 << 17 };

struct reference {
  int32_t part, call, output;
};

struct references {
  int32_t count;
  struct reference *list;
};

/* One layer or nested model of a list. */
struct part {
  fv__keras_entry *entry;
  const json_t *nodes; /* inbound_nodes; NULL in a Sequential */
  int32_t layer;       /* its number in the graph; 0 for nested models and their input layers */
  fv__keras_turning turning;
  const json_t *output_shape; /* of transposed convolutions of Keras 1: the batch, then the axes of the output */
  bool is_input;
  bool is_missing;          /* it cannot be made, and the model is taken as it is */
  fv_value input;           /* of the whole model's input layers: their value */
  struct container *inside; /* of a nested model */
  int32_t first_call;       /* how the file numbers its first call */
  int32_t call_count;
  struct references *calls; /* what each call reads */
};

struct container {
  bool is_sequential;
  bool starts_with_input;
  struct part *parts;
  int32_t count;
  json_t *places; /* name -> place in parts */
  struct references inputs, outputs;
};

struct values {
  int32_t count;
  fv_value *list;
};

enum { MODELS_DEEP_MAX = 16, PARTS_MAX = 1 << 14 };

/* A load that takes models as they are leaves out what cannot be made. Its calls answer the empty value, as do those
 * that read it; what they read that is there becomes an output (`ends`). A graph that has failed cannot be used
 * further: then everything is read again, without the layers that are known to be missing by then. */
enum { MISSING_MAX = 64 };

struct builder {
  fv_graph *graph;
  fv__arena *arena;
  int version;
  bool channels_first;
  bool unbuilt;       /* it failed for that */
  const char *prefix; /* of names: "encoder/" */
  int32_t calls, parts, turns;
  int32_t replays; /* of parts, also of those that no call follows */
  int depth;
  struct container *containers[PARTS_MAX]; /* all of them: their json is to be freed */
  int32_t container_count;
  fv__flaws *flaws; /* NULL: what cannot be made is an error */
  bool again;       /* it failed for a layer that is among the flaws now */
  struct values ends;
};

/* Zeroed memory that lives as long as the network; *memory is a pointer. */
fv_status fv__keras_take(struct builder *b, void *memory, size_t count, size_t size) FV_CHECK;

/* Reads what the layers of a functional model read, and its inputs and outputs. */
fv_status fv__keras_read_functional(struct builder *b, struct container *c, const json_t *config) FV_CHECK;

/* A layer that cannot be made or called: `status`, unless it is left out. */
fv_status fv__keras_leave_out(struct builder *b, const struct part *part, fv_status status) FV_CHECK;

/* Makes all calls of a model. `inputs` NULL: it is the whole model, whose input layers make theirs. */
fv_status fv__keras_replay(struct builder *b, const struct container *c, const struct values *inputs,
                           struct values *outputs) FV_CHECK;

#endif
