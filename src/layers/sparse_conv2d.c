/* SparseConv2D: y[n, i, j, f] = b[f] + sum over a, b and the channels c that filter f is connected with of
 * x[n, i s + a - top, j s + b - left, c] k[a, b, number of (c, f) among the connections].
 *
 * A table has a row per input channel and a letter per filter, "x" where they are connected and "." elsewhere, rows
 * separated by commas; LeNet-5's C3 has six rows of sixteen. Connections are numbered row by row. Rules fill the kernel
 * as they would fill (kh, kw, C, filters), of which it has the connected part: a network means the same with it as with
 * a full kernel and zeros.
 */
#include <fovea/layers/sparse_conv2d.h>

#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "layers/support/common.h"

enum { CONNECTIONS_MAX = 1 << 20 };

typedef struct connections {
  int64_t channels, filters, count;
} connections;

static connections read_table(const fv_sparse_conv2d_options *o) {
  connections table = {.channels = 1};
  int64_t letters = 0;
  for (const char *c = o->connections; *c; c++) {
    table.channels += *c == ',';
    table.count += *c == 'x';
    letters += *c != ',';
  }
  table.filters = letters / table.channels;
  return table;
}

/* Rows of the same length, of "x" and "." only, each filter connected with something. */
static fv_status check_table(const fv_sparse_conv2d_options *o) {
  const char *text = o->connections;
  if (!text || !*text) return fail(FV_ERROR_INVALID, "connections must be given");
  const size_t length = strcspn(text, ",");
  if (strlen(text) > CONNECTIONS_MAX || length == 0)
    return fail(FV_ERROR_INVALID, "connections has rows of 1 letter at least and %d letters at most", CONNECTIONS_MAX);
  for (const char *row = text;; row++) {
    const size_t found = strspn(row, "x.");
    if (found != length || (row[found] && row[found] != ','))
      return fail(FV_ERROR_INVALID, "connections: expected rows of %zu letters x or '.', found '%.40s'", length, row);
    row += found;
    if (!*row) break;
  }
  for (size_t filter = 0; filter < length; filter++) {
    bool some = false;
    for (const char *row = text; !some; row += length + 1) {
      some = row[filter] == 'x';
      if (!row[length]) break;
    }
    if (!some) return fail(FV_ERROR_INVALID, "connections: filter %zu has none", filter);
  }
  return FV_OK;
}

static fv_shape whole_shape(const fv_sparse_conv2d_options *o) {
  const connections table = read_table(o);
  return (fv_shape){.rank = 4, .dims = {o->kernel_size.height, o->kernel_size.width, table.channels, table.filters}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_sparse_conv2d_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__activation_check(o->activation));
  TRY(check_table(o));
  const connections table = read_table(o);
  if (inputs[0].dims[3] != table.channels)
    return fail(FV_ERROR_SHAPE, "connections has rows for %" PRId64 " channels, the input has %" PRId64, table.channels,
                inputs[0].dims[3]);
  const fv_shape kernel = whole_shape(o);
  TRY(fv__expect_weight("kernel", &kernel));
  return fv__window_shape(&inputs[0], o->kernel_size, o->strides, (fv_pair){1, 1}, o->padding, table.filters, output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_sparse_conv2d_options *o = options;
  (void)input;
  const connections table = read_table(o);
  const fv_shape kernel = {.rank = 3, .dims = {o->kernel_size.height, o->kernel_size.width, table.count}};
  specs[0] = (fv__weight_spec){"kernel", "kernel", kernel, true};
  if (o->no_bias) return 1;
  specs[1] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {table.filters}}, true};
  return 2;
}

static bool whole(const void *options, int32_t weight, fv_shape *shape) {
  *shape = whole_shape(options);
  return weight == 0;
}

static void take_part(const void *options, int32_t weight, const float *from, float *to) {
  const fv_sparse_conv2d_options *o = options;
  (void)weight;
  for (int64_t taps = (int64_t)o->kernel_size.height * o->kernel_size.width; taps > 0; taps--)
    for (const char *c = o->connections; *c; c++) {
      if (*c == 'x') *to++ = *from;
      from += *c != ',';
    }
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_sparse_conv2d_options *o = options;
  *window = fv__window_make(input, o->kernel_size, o->strides, (fv_pair){1, 1}, o->padding);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_sparse_conv2d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_sparse_conv, call->inputs[0], y);
  fv__window window;
  geometry(o, &input, &window);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  op.window.connections = o->connections;
  op.kernel = call->weights[0];
  if (!o->no_bias) op.bias = call->weights[1];
  fv__program_append(program, &op);
  return fv__activation_lower(o->activation, y, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_sparse_conv2d_options *o = options;
  (void)input;
  const connections table = read_table(o);
  const int64_t pixels = fv__elements_per_image(output) / table.filters;
  return fv__size_product(pixels, (int64_t)o->kernel_size.height * o->kernel_size.width * table.count);
}

static const fv_option table[] = {
    {"connections", FV_OPTION_TEXT, offsetof(fv_sparse_conv2d_options, connections), NULL, 0, 0, NULL,
     "a row per input channel, a letter per filter, x where connected, rows separated by commas: xx.,.xx"},
    {"kernel_size", FV_OPTION_PAIR, offsetof(fv_sparse_conv2d_options, kernel_size), NULL, 1, 65535, NULL,
     "height and width of the window"},
    {"strides", FV_OPTION_PAIR, offsetof(fv_sparse_conv2d_options, strides), "1", 1, 65535, NULL,
     "input pixels between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_sparse_conv2d_options, padding), "valid", 0, 0, fv__padding_names,
     "valid: none; same: zeros around, the odd pixel below and right"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_sparse_conv2d_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_sparse_conv2d_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_sparse_conv2d = {
    .kind = {"SparseConv2D", NULL, "convolution whose filters read some of the input channels", table,
             sizeof(fv_sparse_conv2d_options)},
    FV__LAYER_HEAD(fv_sparse_conv2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .weights = weights,
    .whole = whole,
    .take_part = take_part,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
