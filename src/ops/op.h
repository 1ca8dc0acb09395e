/* Operations: what layers lower to, what plans run.
 *
 * An op says what is to be computed (the problem: extents, window, weights, epilogue) and has an ordered list of ways
 * to do it. Each way can say why it does not fit, how much packed weight and scratch memory it needs, how to pack, and
 * how to run. The last way of each list is the plain-C reference, which fits always. Layers fill ops in, passes merge
 * them, the plan chooses ways and memory, the run calls forward. Forward cannot fail and allocates nothing.
 *
 *   epilogue of every op that has one:   y = clamp(result * scale + shift + residual, low, high)
 *     scale, shift   the folded normalisation and bias, known when packing
 *     residual       another value of y's extents, or none
 *     low, high      -infinity and infinity when there is nothing to clamp; NaN passes through
 *
 * Work is cut by problem size only, sums are made in an order that depends on the problem and the CPU level only: the
 * bits of an output depend on neither the number of threads nor on which tail kernel made it.
 */
#ifndef FOVEA_OPS_OP_H
#define FOVEA_OPS_OP_H

#include <stddef.h>
#include <stdint.h>

#include <fovea/accuracy.h>

#include "base/parallel.h"
#include "tensor/view.h"

struct fv__kernels; /* kernels/kernels.h: one table per CPU level */

enum { FV__OP_WEIGHTS = 6, FV__OP_INPUTS = 2 };

/* A window sliding over height and width. Padding is in input pixels, per side. */
typedef struct fv__window {
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t top, bottom, left, right;
} fv__window;

/* conv: x (n, h, w, c), kernel HWIO (kernel_h, kernel_w, c / groups, out_c), y (n, out_h, out_w, out_c).
 * depthwise: kernel (kernel_h, kernel_w, c, out_c / c). dense: h = w = 1 folded into rows (n), kernel (c, out_c).
 * pool: out_c = c; padding never counts. unpool: the pooling of x1, whose y has the extents of x0.
 * conv transpose: kernel (kernel_h, kernel_w, out_c, c); top and left count pixels of y.
 * batch dot: w = a, c = d, out_c = b. */
typedef struct fv__window_problem {
  int64_t n, h, w, c, out_h, out_w, out_c;
  fv__window window;
  int32_t groups;
  bool average;            /* pool: average instead of maximum */
  bool adaptive;           /* pool: windows cover the image whatever its size, instead of sliding */
  const char *connections; /* sparse conv: of channels with filters, "xx.,.xx"; lives as long as the program */
} fv__window_problem;

/* One function of one number, over any length. `parameters` are the layer's options (slope, alpha ...). x and y may be
 * the same array. */
typedef void fv__unary_function(const float *x, float *y, int64_t count, const float parameters[4]);

/* Its derivative: dx += dy * f'(x). The arrays are apart. */
typedef void fv__unary_gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]);

typedef struct fv__unary_problem {
  fv__unary_function *reference; /* plain C: always there, defines correct */
  fv__unary_gradient *gradient;  /* likewise; NULL: cannot be trained through */
  int32_t kernel;                /* slot of a vector version in the kernel table (fv__unary_slot), or -1 */
  float parameters[4];
} fv__unary_problem;

typedef enum fv__binary_kind {
  FV__BINARY_ADD,
  FV__BINARY_SUBTRACT,
  FV__BINARY_MULTIPLY,
  FV__BINARY_MAXIMUM,
  FV__BINARY_MINIMUM
} fv__binary_kind;

/* Where the number of a weight lies that belongs to element (h, w, c) of an image: h * steps.h + w * steps.w +
 * c * steps.c; a step of 0 shares it along that axis. */
typedef struct fv__steps {
  int64_t h, w, c;
} fv__steps;

typedef enum fv__standardise_kind {
  FV__STANDARDISE_DEVIATION, /* (x - mean) / sqrt(variance + epsilon) */
  FV__STANDARDISE_SCALE,     /* x / sqrt(variance + epsilon) */
  FV__STANDARDISE_LENGTH     /* x / max(sqrt(sum of squares), epsilon) */
} fv__standardise_kind;

/* Statistics over some axes of each image, then gamma (the op's kernel) and beta (its bias), either absent. */
typedef struct fv__standardise_problem {
  fv__standardise_kind kind;
  bool over_h, over_w, over_c; /* the axes that share one statistic */
  int64_t groups;              /* of channels, each with its own; 1 unless over_c */
  double epsilon;
  fv__steps steps;
} fv__standardise_problem;

/* Across channels: y = x / (bias + alpha * sum of squares of the channels c - radius .. c + radius)^beta. */
typedef struct fv__local_response_problem {
  int32_t radius;
  double bias, alpha, beta;
} fv__local_response_problem;

/* S and C cells of the neocognitron (cells.h). */
typedef struct fv__cells_problem {
  fv__window window;
  double decay;    /* a window's synapses are decay^distance from its middle ... */
  double gain;     /* ... and sum to this */
  double strength; /* S cells: of inhibition, r; C cells: where they saturate, alpha */
  int64_t numbers; /* of all images: S cells pixels of y, C cells numbers of y */
} fv__cells_problem;

/* Resizing with half-pixel centres and no antialiasing, as TensorFlow does. */
typedef enum fv__resample_kind { FV__RESAMPLE_NEAREST, FV__RESAMPLE_BILINEAR, FV__RESAMPLE_BICUBIC } fv__resample_kind;

/* Axis i + 1 of y (1 height, 2 width, 3 channels) is axis from[i] of x. */
typedef struct fv__permute_problem {
  int32_t from[3];
} fv__permute_problem;

/* softmax along channels, or along height (axis 1) or width (axis 2). */
typedef struct fv__softmax_problem {
  int32_t axis;   /* 1: h, 2: w, 3: c */
  bool logarithm; /* of the result */
} fv__softmax_problem;

/* y = x * scale[c] + shift[c]. From a normalisation's weights or from constants that live as long as the program (then
 * `channels` is how many), or the two numbers here. */
typedef struct fv__affine_problem {
  float scale, shift;
  int64_t channels;
  const float *scales, *shifts; /* NULL: none */
} fv__affine_problem;

/* Batch normalisation in training: with the statistics of the batch over all but channels, then gamma (the op's kernel)
 * and beta (its bias), either absent. The moving statistics (normalisation.mean, variance) follow:
 * m = momentum m + (1 - momentum) statistic. */
typedef struct fv__batch_norm_problem {
  int64_t channels;
  double epsilon, momentum;
  bool unbiased; /* the moving variance follows n / (n - 1) times the variance (Keras 2), not the variance (Keras 3) */
} fv__batch_norm_problem;

typedef enum fv__noise_kind {
  FV__NOISE_DROPOUT,          /* 0 with probability `rate`, else x / (1 - rate) */
  FV__NOISE_SPATIAL_DROPOUT,  /* the same, channel by channel */
  FV__NOISE_ALPHA_DROPOUT,    /* keeps mean and variance of self-normalising networks */
  FV__NOISE_GAUSSIAN,         /* x + rate * normal */
  FV__NOISE_GAUSSIAN_DROPOUT, /* x * (1 + sqrt(rate / (1 - rate)) * normal) */
} fv__noise_kind;

/* Random changes of a value in training. Element e of image i of step s draws number i * elements + e of the state of
 * (name, seed, s): the same for any number of threads and any cutting of the batch. */
typedef struct fv__noise_problem {
  fv__noise_kind kind;
  double rate;
  uint64_t layer; /* hash of the layer's name, or of its own seed */
} fv__noise_problem;

/* Where random numbers of a training step come from. */
typedef struct fv__draw {
  uint64_t seed, step;
  int64_t first_image; /* of the batch, where the batch is cut */
} fv__draw;

/* Batch normalisation at inference, as weight numbers; -1: absent. Folded into the op before it, or an op of its own.
 */
typedef struct fv__normalisation {
  bool present;
  bool inverse; /* x * deviation + mean instead; without gamma and beta */
  int32_t gamma, beta, mean, variance;
  double epsilon;
  double least; /* smaller deviations count as this; 0 for batch normalisation */
} fv__normalisation;

typedef struct fv__op {
  const struct fv__op_type *type;
  const struct fv__kernels *kernels; /* of the plan's CPU level; set before ways are asked */
  fv_accuracy accuracy;              /* likewise */
  union {
    fv__window_problem window;
    fv__unary_problem unary;
    fv__binary_kind binary;
    fv__softmax_problem softmax;
    fv__affine_problem affine;
    fv__standardise_problem standardise;
    fv__local_response_problem local_response;
    fv__cells_problem cells;
    fv__resample_kind resample;
    fv__permute_problem permute;
    fv__steps prelu;
    fv__batch_norm_problem batch_norm;
    fv__noise_problem noise;
  };
  int32_t inputs[FV__OP_INPUTS]; /* value numbers; -1: none */
  int32_t residual;              /* value number added before the clamp; -1: none */
  int32_t output;                /* value number */
  int32_t kernel, bias;          /* weight numbers; -1: none */
  fv__normalisation normalisation;
  float low, high;
  bool pooled; /* y holds the maxima of 2x2 windows of what this makes, stride 2, rows and columns that fill none left
                  out; only for a way that pools */
} fv__op;

/* One call of forward, everything resolved. y shares memory with x[0] only where the type says `in_place`, and with
 * the residual only where fv__op_adds_in_place says so: other ways write a number twice. */
typedef struct fv__op_call {
  const fv__op *op;
  fv__view x[FV__OP_INPUTS], residual, y; /* residual.data is NULL when there is none */
  const float *kernel, *bias;             /* natural layout; NULL when given up or absent */
  const void *packed;                     /* what pack() wrote; NULL when packed bytes are 0 */
  void *scratch;                          /* scratch bytes, 64-byte aligned, contents undefined */
  fv__pool *pool;

  /* Only in training. */
  void *saved;                          /* the type's saved bytes: what forward leaves for backward */
  float *moving_mean, *moving_variance; /* of batch normalisation: brought up to date by forward */
  const fv__draw *draw;
} fv__op_call;

/* Weights as pack() sees them; absent ones are NULL. */
typedef struct fv__op_weights {
  const float *kernel, *bias, *gamma, *beta, *mean, *variance;
} fv__op_weights;

typedef struct fv__way {
  const char *name; /* "implicit gemm" */
  /* NULL when the way fits, else the reason, lower case ("stride is not 1"). */
  const char *(*why_not)(const fv__op *op);
  /* Nanoseconds that it should take on one thread, from constants of the CPU level. NULL: not known. */
  double (*estimate)(const fv__op *op);
  /* Bytes of packed weights; 0 with pack NULL when the way reads the natural ones. */
  size_t (*packed_bytes)(const fv__op *op);
  void (*pack)(const fv__op *op, const fv__op_weights *weights, void *packed);
  /* The same by all threads of a pool, for weights that change with every step of a training. NULL: pack. */
  void (*repack)(const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool);
  /* Bytes of scratch for a pool of `threads`. NULL: none. */
  size_t (*scratch_bytes)(const fv__op *op, int threads);
  void (*forward)(const fv__op_call *call);
  bool keeps_natural; /* forward reads the natural kernel too */
  bool pools;         /* forward heeds op->pooled */
  double error;       /* 0: that of a sum of products; else how many times as much it may be, and a NaN may spread to
                         outputs beside those that depend on it */
} fv__way;

typedef struct fv__op_type {
  const char *name;
  bool takes_normalisation, takes_clamp, takes_residual; /* what passes may merge into it */
  bool takes_padding;                                    /* zeros around x can become window padding */
  bool in_place;                                         /* y may be x[0] itself, element for element */
  bool counts_images;                                    /* window.n is the images of one call */
  const fv__way *const *ways;                            /* NULL-terminated, best first, reference last; those with
                                                            estimates come first and are compared */

  /* Training (backward.h). Lists as above; NULL: the op has no gradient by its inputs, or no weights. */
  const struct fv__gradient_way *const *input_gradient, *const *weight_gradient;
  size_t (*saved_bytes)(const fv__op *op); /* from forward to backward; NULL: none */
} fv__op_type;

/* The ops there are. One file each in src/ops. */
extern const fv__op_type fv__op_conv;        /* Conv2D: kernel, bias, normalisation, residual, clamp */
extern const fv__op_type fv__op_depthwise;   /* DepthwiseConv2D: likewise */
extern const fv__op_type fv__op_sparse_conv; /* SparseConv2D: likewise; kernel (kernel_h, kernel_w, connections) */
extern const fv__op_type fv__op_dense;       /* matrix product over rows: likewise */
extern const fv__op_type fv__op_pool;        /* max and average, clamp no, padding no */
extern const fv__op_type fv__op_global_pool; /* the same over the whole image: y (n, 1, 1, c) */
extern const fv__op_type fv__op_unary;       /* activation functions */
extern const fv__op_type fv__op_binary;      /* two values, extents of 1 broadcast; clamp */
extern const fv__op_type fv__op_affine;      /* scale and shift per channel or of everything; clamp; residual */
extern const fv__op_type fv__op_softmax;
extern const fv__op_type fv__op_conv_transpose; /* Conv2DTranspose: as conv, without padding to absorb */
extern const fv__op_type fv__op_standardise;    /* layer, group, unit normalisation: statistics of the value itself */
extern const fv__op_type fv__op_local_response; /* normalisation by neighbouring channels */
extern const fv__op_type fv__op_simple_cells;  /* y from what excites, x0 (n, h, w, planes), and the layer before, x1 */
extern const fv__op_type fv__op_complex_cells; /* windows of x per plane, against the mean of all planes */
extern const fv__op_type fv__op_resample;      /* y's extents from x's */
extern const fv__op_type fv__op_permute;       /* axes in another order */
extern const fv__op_type fv__op_prelu;         /* negative numbers times alpha, the op's kernel */
extern const fv__op_type fv__op_batch_dot;     /* y (n, 1, a, b) = x0 (n, 1, a, d) times x1 (n, 1, b, d) transposed */
extern const fv__op_type fv__op_distance;      /* squared, to each row of the kernel (out_c, c) */
extern const fv__op_type fv__op_copy;          /* y = x, any strides */
extern const fv__op_type fv__op_batch_norm;    /* batch normalisation in training */
extern const fv__op_type fv__op_noise;         /* dropout and its kin, in training */
extern const fv__op_type fv__op_unpool;        /* x0 laid where the maxima of x1's windows are */
extern const fv__op_type fv__op_zero_border;   /* zeros in the frame of y (window.top, bottom, left, right) */

/* scale and shift of the epilogue per output channel, in double: normalisation and bias together.
 * Without a normalisation scale is 1 and shift the bias (or 0). */
void fv__op_scale_shift(const fv__op *op, const fv__op_weights *weights, int64_t channel, double *scale, double *shift);

/* Whether y may be the residual itself: every way that fits reads each of its numbers before it writes the one of that
 * place, once. So do convolutions of single pixels. */
bool fv__op_adds_in_place(const fv__op *op);

/* The way to take: `tuned` unless that is NULL; else of those that fit the one of the least estimate; where the first
 * that fits has none, that one.
 * `reasons` gets why the others were passed over, "implicit gemm: 3.4 ms expected, not 1.2; ..."; ways that merely come
 * later in the list are left out. NULL: none fits. */
const fv__way *fv__op_choose(const fv__op *op, const fv__way *tuned, char *reasons, size_t size);

/* Packs by repack, pack or, where the way reads natural weights, not at all. */
void fv__way_repack(const fv__way *way, const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool);

/* Multiply-adds of an op, for cost reports; INT64_MAX when there are more. */
int64_t fv__op_multiply_adds(const fv__op *op);

#endif
