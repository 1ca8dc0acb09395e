/* Calls of layers: how a configuration writes them, and their replay on a graph.
 *
 * References between calls are (layer, number of its call, number of the output):
 *   Keras 2   inbound_nodes: [[["conv", 0, 0, {}], ["skip", 0, 0, {}]]]
 *   Keras 3   inbound_nodes: [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["conv", 0, 0]
 *             }}], "kwargs": {}}]
 * Keras 2 numbers the calls of a nested model with an input layer from 1, since building it was call 0. A nested model
 * that is called twice replays its inner calls twice on the same layers.
 */
#include <inttypes.h>
#include <string.h>

#include "formats/keras/network.h"
#include "graph/graph.h"

enum { INPUTS_MAX = 1 << 12, REPLAYS_MAX = 1 << 20 };

/* The outputs of the calls of one part, during one replay. */
struct results {
  int32_t done;
  int32_t seen; /* how many references of the next call are known to be there */
  bool waiting; /* its next call waits for others; stays so for one that waits for itself */
  struct values *calls;
};

/* ---- references */

static fv_status read_reference(const struct container *c, struct reference *reference, const json_t *triple) {
  const char *name = json_string_value(json_array_get(triple, 0));
  const json_t *call = json_array_get(triple, 1), *output = json_array_get(triple, 2);
  const json_t *place = name ? json_object_get(c->places, name) : NULL;
  if (!place) return fail(FV_ERROR_FORMAT, "no layer '%.100s' in the list", name ? name : "?");
  if (!json_is_integer(call) || !json_is_integer(output) || json_integer_value(call) < 0 ||
      json_integer_value(output) < 0 || json_integer_value(call) > CALLS_MAX || json_integer_value(output) > CALLS_MAX)
    return fail(FV_ERROR_FORMAT, "a reference to '%.100s' without numbers", name);
  *reference = (struct reference){(int32_t)json_integer_value(place), (int32_t)json_integer_value(call),
                                  (int32_t)json_integer_value(output)};
  return FV_OK;
}

static fv_status check_arguments(const json_t *arguments) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)arguments, key, value) {
    bool is_harmless = json_is_null(value) || (!strcmp(key, "training") && json_is_boolean(value));
    if (!is_harmless) return fail(FV_ERROR_UNSUPPORTED, "call argument '%.60s' is not supported", key);
  }
  return FV_OK;
}

static fv_status add_reference(struct builder *b, const struct container *c, struct references *found,
                               const json_t *triple) {
  if (found->count == INPUTS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d inputs of a layer", INPUTS_MAX);
  if ((found->count & (found->count - 1)) == 0) { /* room doubles at 0, 1, 2, 4 ... */
    struct reference *larger;
    TRY(fv__keras_take(b, &larger, found->count ? 2 * (size_t)found->count : 1, sizeof *larger));
    if (found->count) memcpy(larger, found->list, (size_t)found->count * sizeof *larger);
    found->list = larger;
  }
  TRY(check_arguments(json_array_get(triple, 3)));
  return read_reference(c, &found->list[found->count++], triple);
}

/* All references inside a value, in its order: lists of lists, Keras 3's tensors, dicts of them. The depth is bounded
 * by the JSON's. */
static fv_status collect(struct builder *b, const struct container *c, struct references *found, const json_t *value) {
  if (json_is_null(value)) return FV_OK;
  if (json_is_array(value) && json_is_string(json_array_get(value, 0))) return add_reference(b, c, found, value);
  if (json_is_array(value)) {
    for (size_t i = 0; i < json_array_size(value); i++) TRY(collect(b, c, found, json_array_get(value, i)));
    return FV_OK;
  }
  if (!json_is_object(value)) return fail(FV_ERROR_UNSUPPORTED, "a call with a constant argument");
  const char *class_name = json_string_value(json_object_get(value, "class_name"));
  if (class_name && !strcmp(class_name, "__keras_tensor__"))
    return add_reference(b, c, found, json_object_get(json_object_get(value, "config"), "keras_history"));
  const char *key;
  json_t *inner;
  json_object_foreach((json_t *)value, key, inner) TRY(collect(b, c, found, inner));
  return FV_OK;
}

static fv_status read_calls(struct builder *b, const struct container *c, struct part *part) {
  size_t count = json_array_size(part->nodes);
  if (count > CALLS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d calls of a layer", CALLS_MAX);
  TRY(fv__keras_take(b, &part->calls, count + 1, sizeof *part->calls));
  part->call_count = (int32_t)count;
  for (size_t i = 0; i < count; i++) {
    const json_t *node = json_array_get(part->nodes, i);
    if (json_is_object(node)) {
      part->first_call = 0;
      TRY(check_arguments(json_object_get(node, "kwargs")));
      node = json_object_get(node, "args");
    }
    TRY(collect(b, c, &part->calls[i], node));
  }
  return FV_OK;
}

fv_status fv__keras_read_functional(struct builder *b, struct container *c, const json_t *config) {
  for (int32_t i = 0; i < c->count; i++) {
    fv_status status = read_calls(b, c, &c->parts[i]);
    if (status) return note(status, "%s", c->parts[i].entry->name);
  }
  TRY(collect(b, c, &c->inputs, json_object_get(config, "input_layers")));
  TRY(collect(b, c, &c->outputs, json_object_get(config, "output_layers")));
  for (int32_t i = 0; i < c->inputs.count; i++)
    if (!c->parts[c->inputs.list[i].part].is_input)
      return fail(FV_ERROR_UNSUPPORTED, "%.100s: an input that is no InputLayer",
                  c->parts[c->inputs.list[i].part].entry->name);
  if (c->outputs.count == 0) return fail(FV_ERROR_FORMAT, "a model without outputs");
  return FV_OK;
}

/* ---- replays */

/* Keras 1 says the height and width of a transposed convolution's output, which need not be what Keras 2 makes. */
static fv_status check_output_shape(struct builder *b, const struct part *part, fv_value output) {
  size_t first = b->channels_first ? 2 : 1;
  fv_shape shape = fv_graph_shape(b->graph, output);
  for (size_t i = 0; i < 2; i++) {
    const json_t *extent = json_array_get(part->output_shape, first + i);
    if (json_is_integer(extent) && json_integer_value(extent) != shape.dims[1 + i])
      return fail(FV_ERROR_UNSUPPORTED,
                  "%.100s: an output of %" PRId64 " rows or columns where strides and padding give "
                  "%" PRId64,
                  part->entry->path, (int64_t)json_integer_value(extent), (int64_t)shape.dims[1 + i]);
  }
  return FV_OK;
}

static bool lacks_some(const struct values *inputs) {
  for (int32_t i = 0; i < inputs->count; i++)
    if (!inputs->list[i].node) return true;
  return false;
}

static fv_status add_end(struct builder *b, fv_value value) {
  struct values *ends = &b->ends;
  if ((ends->count & (ends->count - 1)) == 0) { /* room doubles */
    fv_value *larger;
    TRY(fv__keras_take(b, &larger, ends->count ? 2 * (size_t)ends->count : 1, sizeof *larger));
    if (ends->count) memcpy(larger, ends->list, (size_t)ends->count * sizeof *larger);
    ends->list = larger;
  }
  ends->list[ends->count++] = value;
  return FV_OK;
}

/* A call that cannot be made: what it reads ends here. */
static fv_status leave_out_call(struct builder *b, const struct part *part, const struct values *inputs) {
  fv_flaw *flaw = fv__flaws_find(b->flaws, part->entry->path);
  for (int32_t i = 0; i < inputs->count; i++) {
    const fv_value value = inputs->list[i];
    if (!value.node) continue;
    const char *source = b->graph->layers[b->graph->nodes[value.node - 1].layer - 1].name;
    if (flaw) TRY(fv__flaws_reads(b->flaws, flaw, source));
    TRY(add_end(b, value));
  }
  return FV_OK;
}

static fv_status call_part(struct builder *b, const struct part *part, const struct values *inputs,
                           struct values *outputs) {
  if (++b->calls > CALLS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d calls of layers", CALLS_MAX);
  if (part->inside) {
    fv_status status = fv__keras_replay(b, part->inside, inputs, outputs);
    return status && !fv_graph_status(b->graph) ? note(status, "%s", part->entry->name) : status;
  }
  TRY(fv__keras_take(b, &outputs->list, 1, sizeof *outputs->list));
  outputs->count = 1;
  if (part->is_missing || lacks_some(inputs)) return leave_out_call(b, part, inputs);
  const fv__keras_call_facts call = {part->layer, part->turning, part->entry->path, inputs->list, inputs->count};
  fv_status status = fv__keras_call(&outputs->list[0], b->graph, b->arena, &call, &b->turns);
  if (!status && part->output_shape) status = check_output_shape(b, part, outputs->list[0]);
  if (!status) return FV_OK;
  TRY(fv__keras_leave_out(b, part, status));
  outputs->list[0] = (fv_value){0, 0};
  return leave_out_call(b, part, inputs);
}

static fv_status replay_sequential(struct builder *b, const struct container *c, const struct values *inputs,
                                   struct values *outputs) {
  *outputs = *inputs;
  for (int32_t i = 0; i < c->count; i++) {
    if (c->parts[i].is_input && !c->parts[i].layer) continue;
    struct values now = *outputs;
    TRY(call_part(b, &c->parts[i], &now, outputs));
  }
  return FV_OK;
}

/* The first reference from number *seen on that is not there yet; NULL when all are. */
static fv_status find_missing(const struct reference **missing, const struct container *c,
                              const struct results *results, const struct references *references, int32_t *seen) {
  *missing = NULL;
  for (; *seen < references->count; ++*seen) {
    const struct reference *r = &references->list[*seen];
    int32_t call = r->call - c->parts[r->part].first_call;
    const struct results *result = &results[r->part];
    if (call < 0 || call >= (c->parts[r->part].is_input ? 1 : c->parts[r->part].call_count))
      return fail(FV_ERROR_FORMAT, "no call %" PRId32 " of '%.100s'", r->call, c->parts[r->part].entry->name);
    if (call >= result->done) {
      *missing = r;
      return FV_OK;
    }
    if (r->output >= result->calls[call].count)
      return fail(FV_ERROR_FORMAT, "no output %" PRId32 " of '%.100s'", r->output, c->parts[r->part].entry->name);
  }
  return FV_OK;
}

/* The values that references name, all of which are there. */
static fv_status gather(struct builder *b, const struct container *c, const struct results *results,
                        const struct references *references, struct values *values) {
  TRY(fv__keras_take(b, &values->list, (size_t)references->count + 1, sizeof *values->list));
  values->count = references->count;
  for (int32_t i = 0; i < references->count; i++) {
    const struct reference *r = &references->list[i];
    values->list[i] = results[r->part].calls[r->call - c->parts[r->part].first_call].list[r->output];
  }
  return FV_OK;
}

static fv_status begin_replay(struct builder *b, const struct container *c, const struct values *inputs,
                              struct results *results) {
  if ((b->replays += c->count) > REPLAYS_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "models inside are called too often: more than %d layers", REPLAYS_MAX);
  for (int32_t i = 0; i < c->count; i++) {
    const struct part *part = &c->parts[i];
    results[i].waiting = part->is_input;
    TRY(fv__keras_take(b, &results[i].calls, (size_t)part->call_count + 1, sizeof *results[i].calls));
    if (!part->is_input || !part->layer) continue;
    struct values none = {0};
    TRY(call_part(b, part, &none, &results[i].calls[0]));
    c->parts[i].input = results[i].calls[0].list[0];
    results[i].done = 1;
  }
  if (!inputs) return FV_OK;
  if (inputs->count != c->inputs.count)
    return fail(FV_ERROR_FORMAT, "a model with %" PRId32 " inputs is called on %" PRId32, c->inputs.count,
                inputs->count);
  for (int32_t i = 0; i < c->inputs.count; i++) {
    struct results *result = &results[c->inputs.list[i].part];
    result->calls[0] = (struct values){1, &inputs->list[i]};
    result->done = 1;
  }
  return FV_OK;
}

/* A part that is to make its calls up to number `wanted`. */
struct demand {
  int32_t part, wanted;
};

/* Makes all calls of part `first`, before each the calls that it reads, which a stack remembers: however the file
 * orders its layers, every reference is looked at once. What waits for itself in a circle is left waiting. */
static fv_status make_calls(struct builder *b, const struct container *c, struct results *results, int32_t first,
                            struct demand *stack) {
  int32_t depth = 1;
  stack[0] = (struct demand){first, c->parts[first].call_count};
  results[first].waiting = true;
  while (depth > 0) {
    const struct demand *top = &stack[depth - 1];
    const struct part *part = &c->parts[top->part];
    struct results *result = &results[top->part];
    if (result->done >= top->wanted) {
      result->waiting = false;
      depth--;
      continue;
    }
    const struct reference *missing;
    TRY(find_missing(&missing, c, results, &part->calls[result->done], &result->seen));
    if (missing) {
      if (results[missing->part].waiting) return FV_OK;
      results[missing->part].waiting = true;
      stack[depth++] = (struct demand){missing->part, missing->call - c->parts[missing->part].first_call + 1};
      continue;
    }
    struct values now = {0};
    TRY(gather(b, c, results, &part->calls[result->done], &now));
    TRY(call_part(b, part, &now, &result->calls[result->done]));
    result->done++;
    result->seen = 0;
  }
  return FV_OK;
}

static fv_status replay_functional(struct builder *b, const struct container *c, const struct values *inputs,
                                   struct values *outputs) {
  struct results *results;
  struct demand *stack;
  TRY(fv__keras_take(b, &results, (size_t)c->count, sizeof *results));
  TRY(fv__keras_take(b, &stack, (size_t)c->count, sizeof *stack));
  TRY(begin_replay(b, c, inputs, results));
  for (int32_t i = 0; i < c->count; i++)
    if (!results[i].waiting && !c->parts[i].is_input) TRY(make_calls(b, c, results, i, stack));
  const struct reference *missing;
  int32_t seen = 0;
  TRY(find_missing(&missing, c, results, &c->outputs, &seen));
  if (missing) return fail(FV_ERROR_FORMAT, "the model's output waits for a layer that is never called");
  return gather(b, c, results, &c->outputs, outputs);
}

fv_status fv__keras_replay(struct builder *b, const struct container *c, const struct values *inputs,
                           struct values *outputs) {
  if (!c->is_sequential) return replay_functional(b, c, inputs, outputs);
  static const struct values none = {0};
  return replay_sequential(b, c, inputs ? inputs : &none, outputs);
}
