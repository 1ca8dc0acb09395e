/* The graph inside: layers, nodes, names; and the core of a model: a finished graph with its weights.
 *
 *   layer   kind, complete options, weights; numbered from 1 as added
 *   node    one call of a layer on values; numbered from 1, so a node's inputs have smaller numbers
 *   order   the layers that outputs need, in Keras's order (order.c)
 */
#ifndef FOVEA_GRAPH_GRAPH_H
#define FOVEA_GRAPH_GRAPH_H

#include <stdatomic.h>

#include <pthread.h>

#include <fovea/graph.h>

#include "base/arena.h"
#include "base/fail.h"
#include "layers/layer.h"

typedef struct fv__layer {
  const fv__layer_type *type;
  void *options; /* complete; strings live in the graph's arena */
  const char *name;
  bool frozen;
  fv__weight_spec weights[FV__LAYER_WEIGHTS]; /* known after the first call */
  int32_t weight_count;
  int32_t *nodes; /* its calls that outputs need; after finishing */
  int32_t node_count, calls;
  int32_t *weight_numbers; /* in the core; after finishing */
} fv__layer;

typedef struct fv__node {
  int32_t layer; /* from 1 */
  fv_value *inputs;
  int32_t input_count;
  fv_shape output;
  bool used; /* an output needs it; after finishing */
} fv__node;

struct fv_graph {
  fv__arena arena;
  fv__layer *layers; /* layers[0] is number 1 */
  int32_t layer_count, layer_room;
  fv__node *nodes; /* nodes[0] is number 1 */
  int32_t node_count, node_room;
  struct fv__name_counter *counters;
  struct fv__name_slot *names; /* hash table of layer names, for uniqueness */
  uint32_t name_slots;
  const char *name;
  const char *module; /* "encoder/" or "" */
  bool names_from_one;
  fv_status status;
  char message[FV__MESSAGE_SIZE];

  /* After finishing. */
  fv_value *inputs, *outputs;
  int32_t input_count, output_count;
  int32_t *order; /* layer numbers in Keras's order */
  int32_t order_count;
};

/* Chooses inputs and outputs, marks what they need, sorts the layers. `inputs` NULL: all input layers that are needed.
 */
fv_status fv__graph_finish(fv_graph *graph, const fv_value *inputs, int32_t input_count, const fv_value *outputs,
                           int32_t output_count) FV_CHECK;

/* Freezes a layer (from 1) that has been called, or thaws it. */
void fv__graph_freeze(fv_graph *graph, int32_t layer, bool frozen);

/* Shapes of all used nodes for given input shapes; `shapes` has one per node. Errors name the layer. */
fv_status fv__graph_infer(const fv_graph *graph, const fv_shape *inputs, fv_shape *shapes) FV_CHECK;

/* Lowers all used nodes for known shapes. `values` receives the program value of each node; `apart` gives each node
 * memory of its own, also where it only looks at another's (Dropout, Flatten, Cropping2D); `training` as in
 * fv__lower_call. The weights' numbers are the core's. */
fv_status fv__graph_lower(const fv_graph *graph, const fv_shape *shapes, bool apart, bool training,
                          fv__program *program, int32_t *values) FV_CHECK;

/* A finished graph with its weights: what plans share. Counted: the model and each plan hold one reference. */
typedef struct fv__weight {
  const char *path;
  int32_t layer; /* place in graph->order */
  int32_t spec;  /* place in the layer's weights */
  int64_t elements;
  float *data;
} fv__weight;

typedef struct fv__core {
  atomic_int references;
  fv_graph *graph;
  fv__weight *weights;
  int32_t weight_count;
  void *block; /* all numbers, each tensor 64-byte aligned */
  size_t block_bytes;
  atomic_uint version;  /* changes with the weights */
  pthread_mutex_t lock; /* guards `packed` */
  struct fv__packed *packed;
} fv__core;

/* Consumes the finished graph, also on failure. */
fv_status fv__core_create(fv__core **core, fv_graph *graph) FV_CHECK;
fv__core *fv__core_share(fv__core *core);
void fv__core_release(fv__core *core);

#endif
