/* The gradient of 3x3 convolution by its weights from the products of tiles of 4x4 outputs (kernels/winograd.h):
 *
 *   y = A' [(G g G') . (B' x B)] A       so       dg = G' [sum over tiles of (B' x B) . (A dy A')] G
 *
 *   block (some tiles)    V [product][tile][c]     tiles of x, transformed as in forward
 *                         Z [product][tile][o]     tiles of dy, transformed
 *     product             U [c][o] += V' Z         over blocks of tiles whose sums start from 0
 *   dK (+)= G' U G
 *
 * All threads make V and Z of a block, then each takes products; blocks are so long that meeting twice in each costs
 * nothing.
 *
 * Scratch: V | Z | U | pointers to the rows of V's first product | sums of dy.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/conv.h"
#include "ops/estimate.h"
#include "ops/way.h"

enum {
  KIND = FV__WINOGRAD_4X4_3X3,
  LINE = 16,              /* floats per cache line */
  BLOCK_FLOATS = 1 << 21, /* of V and Z together */
  PIECE_TILES = 8,
  WEIGHTS_STEP = 4096,
  POINTER = sizeof(float *) / 4 /* floats */
};

typedef struct sizes {
  fv__winograd_shape shape;
  int32_t points_h, points_w;
  int64_t products, across, down, tiles, block_tiles, blocks;
  int64_t v_row, v_product, z_row, z_product, u_product; /* floats */
  int64_t z_offset, u_offset, table_offset, bias_offset;
} sizes;

static int64_t odd_lines(int64_t floats) { return (((floats + LINE - 1) / LINE) | 1) * LINE; }

static sizes sizes_of(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const int64_t usual = op->kernels->transposed->usual_count;
  sizes s = {.shape = op->kernels->winograd->transforms[KIND].shape};
  s.points_h = fv__winograd_points_h(&s.shape);
  s.points_w = fv__winograd_points_w(&s.shape);
  s.products = (int64_t)s.points_h * s.points_w;
  s.across = (p->out_w + s.shape.outputs_w - 1) / s.shape.outputs_w;
  s.down = (p->out_h + s.shape.outputs_h - 1) / s.shape.outputs_h;
  s.tiles = p->n * s.across * s.down;
  s.v_row = odd_lines(p->c);
  s.z_row = odd_lines(p->out_c + FV__TRANSPOSED_MARGIN);
  const int64_t wanted = fv__max(1, BLOCK_FLOATS / (s.products * (s.v_row + s.z_row)) / usual) * usual;
  s.blocks = (s.tiles + wanted - 1) / wanted;
  s.block_tiles = (s.tiles + s.blocks - 1) / s.blocks;
  s.v_product = odd_lines(s.block_tiles * s.v_row);
  s.z_product = odd_lines(s.block_tiles * s.z_row);
  s.u_product = odd_lines(p->c * p->out_c);
  s.z_offset = s.products * s.v_product;
  s.u_offset = s.z_offset + s.products * s.z_product;
  s.table_offset = s.u_offset + s.products * s.u_product;
  s.bias_offset = s.table_offset + fv__round_up(s.block_tiles * POINTER, LINE);
  return s;
}

static const char *why_not(const fv__op *op) { return fv__conv_winograd_4x4.why_not(op); }

static double estimate(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  const sizes s = sizes_of(op);
  const double numbers = (double)(s.tiles * (p->c + p->out_c) + p->c * p->out_c);
  return fv__estimate_transforms(op, numbers * (double)s.products) +
         fv__estimate_gemm(op, p->c * s.products, s.tiles, p->out_c);
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  return (size_t)sizes_of(op).bias_offset * sizeof(float) + fv__conv_bias_bytes(op);
}

typedef struct job {
  const fv__backward_call *call;
  const sizes *s;
  const fv__winograd_transform *transform;
  float *v, *z, *u;
  const float **table;
  int64_t block, first, count; /* the block's tiles */
  double g_h[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER];
  double g_w[FV__WINOGRAD_MOST_POINTS][FV__WINOGRAD_MOST_FILTER];
} job;

/* Neighbouring tiles of one row of tiles, `at` counted from the block's first. */
static void transform_strip(const job *j, int64_t tile, int64_t count) {
  const sizes *s = j->s;
  const fv__window *w = &j->call->op->window.window;
  const fv__view *x = &j->call->x[0], *dy = &j->call->dy;
  const int64_t row = tile / s->across, column = tile % s->across, n = row / s->down, at = tile - j->first;
  const int64_t top = row % s->down * s->shape.outputs_h, left = column * s->shape.outputs_w;
  fv__winograd_input input = {.pixel = x->pixel,
                              .width = x->w,
                              .channels = x->c,
                              .left = left - w->left,
                              .step = s->shape.outputs_w,
                              .tiles = count,
                              .v = j->v + at * s->v_row,
                              .v_tile = s->v_row,
                              .v_product = s->v_product};
  for (int64_t i = 0; i < s->points_h; i++) {
    const int64_t y = top - w->top + i;
    input.rows[i] = y >= 0 && y < x->h ? fv__view_at(x, n, y, 0) : NULL;
  }
  j->transform->input(&input);
  fv__winograd_input gradient = {.pixel = dy->pixel,
                                 .width = dy->w,
                                 .channels = dy->c,
                                 .left = left,
                                 .step = s->shape.outputs_w,
                                 .tiles = count,
                                 .v = j->z + at * s->z_row,
                                 .v_tile = s->z_row,
                                 .v_product = s->z_product};
  for (int64_t i = 0; i < s->shape.outputs_h; i++)
    gradient.rows[i] = top + i < dy->h ? fv__view_at(dy, n, top + i, 0) : NULL;
  j->transform->gradient(&gradient);
}

static void transform_piece(void *context, int64_t piece, int thread) {
  (void)thread;
  const job *j = context;
  int64_t tile = j->first + piece * PIECE_TILES;
  const int64_t end = fv__min(tile + PIECE_TILES, j->first + j->count);
  while (tile < end) {
    const int64_t count = fv__min(end - tile, j->s->across - tile % j->s->across);
    transform_strip(j, tile, count);
    tile += count;
  }
}

static void multiply_piece(void *context, int64_t product, int thread) {
  (void)thread;
  const job *j = context;
  const sizes *s = j->s;
  const fv__window_problem *p = &j->call->op->window;
  const fv__transposed_kernels *kernels = j->call->op->kernels->transposed;
  const int64_t parts = (j->count + kernels->usual_count - 1) / kernels->usual_count;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t first = part * j->count / parts, end = (part + 1) * j->count / parts;
    const int64_t next = part + 1 < parts ? product : product + 1, next_first = part + 1 < parts ? end : 0;
    const int64_t next_count = next < s->products ? j->count / parts : 0;
    kernels->multiply(&(fv__transposed_block){
        .count = end - first,
        .a = j->table + first,
        .a_offset = product * s->v_product,
        .runs = 1,
        .depth = p->c,
        .b = j->z + product * s->z_product + first * s->z_row,
        .b_row = s->z_row,
        .columns = p->out_c,
        .to = j->u + product * s->u_product,
        .to_row = p->out_c,
        .add = j->block > 0 || part > 0,
        .soon = {{j->v + next * s->v_product + next_first * s->v_row, next_count * s->v_row / LINE},
                 {j->z + next * s->z_product + next_first * s->z_row, next_count * s->z_row / LINE}}});
  }
}

static void finish_piece(void *context, int64_t piece, int thread) {
  (void)thread;
  const job *j = context;
  const int64_t size = j->call->op->window.c * j->call->op->window.out_c, first = piece * WEIGHTS_STEP;
  j->transform->weights(&(fv__winograd_weights){.u = j->u + first,
                                                .product = j->s->u_product,
                                                .count = fv__min(WEIGHTS_STEP, size - first),
                                                .g_h = (const double(*)[FV__WINOGRAD_MOST_FILTER])j->g_h,
                                                .g_w = (const double(*)[FV__WINOGRAD_MOST_FILTER])j->g_w,
                                                .kernel = j->call->dkernel + first,
                                                .pixel = size,
                                                .add = !j->call->overwrite});
}

static void add_products(const fv__backward_call *call, const sizes *s) {
  const fv__window_problem *p = &call->op->window;
  float *memory = call->scratch;
  job j = {.call = call,
           .s = s,
           .transform = &call->op->kernels->winograd->transforms[KIND],
           .v = memory,
           .z = memory + s->z_offset,
           .u = memory + s->u_offset,
           .table = (const float **)(void *)(memory + s->table_offset)};
  fv__winograd_filter_matrix(s->shape.outputs_h, s->shape.filter_h, j.g_h);
  fv__winograd_filter_matrix(s->shape.outputs_w, s->shape.filter_w, j.g_w);
  for (int64_t i = 0; i < s->block_tiles; i++) j.table[i] = j.v + i * s->v_row;
  for (j.block = 0; j.block < s->blocks; j.block++) {
    j.first = j.block * s->tiles / s->blocks;
    j.count = (j.block + 1) * s->tiles / s->blocks - j.first;
    fv__parallel_for(call->pool, (j.count + PIECE_TILES - 1) / PIECE_TILES, transform_piece, &j);
    fv__parallel_for(call->pool, s->products, multiply_piece, &j);
  }
  fv__parallel_for(call->pool, (p->c * p->out_c + WEIGHTS_STEP - 1) / WEIGHTS_STEP, finish_piece, &j);
}

static void backward(const fv__backward_call *call) {
  const sizes s = sizes_of(call->op);
  if (call->dkernel) add_products(call, &s);
  if (call->dbias) fv__conv_bias_gradient(call, (float *)call->scratch + s.bias_offset);
}

const fv__gradient_way fv__conv_weight_winograd = {.name = "winograd 4x4",
                                                   .why_not = why_not,
                                                   .estimate = estimate,
                                                   .scratch_bytes = scratch_bytes,
                                                   .backward = backward,
                                                   .reads_x = true,
                                                   .overwrites = true};
