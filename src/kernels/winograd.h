/* Transforms of Winograd's minimal filtering: m outputs of a k-long filter from n = m + k - 1 products instead of m k.
 *
 *   y = A' [ (G g) . (B' x) ]            along one axis; along two axes the transforms are applied one after the other
 *
 * Polynomials are evaluated at 0, +-p for every pair p, and infinity: n = 2 pairs + 2. With M(t) the product of
 * (t - p) over all finite points,
 *
 *   B' [n][n]   row p: coefficients of M(t) / (t - p); last row: those of M(t)
 *   G  [n][k]   row p: powers of p, divided by M'(p);  last row: 1 at the end
 *   A' [m][n]   column p: powers of p;                 last column: 1 at the end
 *
 * so one B' serves every m and k of the same n. The points are small, exact in float and far apart from each other:
 * 5/8 and 3/2 instead of 1 and 2 for six points halve the rounding error.
 *
 * Winograd: Arithmetic complexity of computations, 1980; Lavin, Gray: Fast algorithms for convolutional neural
 * networks, 2015; Barabasz and others: Error analysis and improving the accuracy of Winograd convolution, 2018.
 */
#ifndef FOVEA_KERNELS_WINOGRAD_H
#define FOVEA_KERNELS_WINOGRAD_H

#include <stdbool.h>
#include <stdint.h>

/* The pairs of points for n = 4, 6, 8, 10. */
#define FV__WINOGRAD_POINTS_4 1.0
#define FV__WINOGRAD_POINTS_6 0.625, 1.5
#define FV__WINOGRAD_POINTS_8 0.5, 1.0, 2.0
#define FV__WINOGRAD_POINTS_10 0.5, 0.75, 1.0, 2.0

enum {
  FV__WINOGRAD_MOST_POINTS = 10,
  FV__WINOGRAD_MOST_FILTER = 7,
  FV__WINOGRAD_MOST_PRODUCTS = 64,
  FV__WINOGRAD_WIDEST_PANEL = 32
};

/* A tile: outputs by filter, height before width. An axis whose filter is one pixel long is left alone. */
typedef struct fv__winograd_shape {
  int32_t outputs_h, outputs_w, filter_h, filter_w;
} fv__winograd_shape;

static inline int32_t fv__winograd_points_h(const fv__winograd_shape *shape) {
  return shape->outputs_h + shape->filter_h - 1;
}
static inline int32_t fv__winograd_points_w(const fv__winograd_shape *shape) {
  return shape->outputs_w + shape->filter_w - 1;
}

/* Neighbouring tiles of a row of tiles, from x to their products' left sides. */
typedef struct fv__winograd_input {
  const float *rows[FV__WINOGRAD_MOST_POINTS]; /* [points_h] of x: the first channel of column 0; NULL: zeros */
  int64_t pixel;                               /* floats between neighbouring pixels of a row */
  int64_t left, width;                         /* the first tile's first column; columns outside [0, width) are zeros */
  int64_t tiles, step;                         /* columns between neighbouring tiles: the outputs of one */
  int64_t channels;                            /* at least 16 */
  float *v;                                    /* [channels] of the first tile's first product */
  int64_t v_tile, v_product;
} fv__winograd_input;

/* The sums of one tile's products to outputs: y = clamp(transformed + shift + residual, low, high). */
typedef struct fv__winograd_output {
  const float *sums; /* [panel][product][panel_width] */
  int64_t panel;     /* floats between neighbouring panels of sums */
  int64_t channels;
  float *y; /* the tile's first pixel */
  int64_t row, pixel;
  int32_t rows, columns; /* outputs wanted, at most the tile's */
  const float *residual; /* laid out with residual_row and residual_pixel, or NULL */
  int64_t residual_row, residual_pixel;
  const float *shift; /* [channels] */
  float low, high;
} fv__winograd_output;

/* One input channel's filters for some neighbouring output channels, to its products' right sides, in double:
 * u = scale (G g). Rows of G for +-p differ in the signs of their odd powers. */
typedef struct fv__winograd_filter {
  const float *kernel; /* [filter_h][filter_w], each its first output channel */
  int64_t pixel;       /* floats between neighbouring pixels of kernel */
  int64_t channels;    /* output channels, at least 1 */
  const double *scale; /* [channels] */
  const double (*g_h)[FV__WINOGRAD_MOST_FILTER], (*g_w)[FV__WINOGRAD_MOST_FILTER]; /* G, [points][filter] */
  float *u;                                                                        /* [channels] of the first product */
  int64_t product; /* floats between neighbouring products of u */
} fv__winograd_filter;

/* The gradient of filters, from sums over tiles of products: kernel (+)= G' u G, in float. */
typedef struct fv__winograd_weights {
  const float *u; /* the first product's */
  int64_t product, count;
  const double (*g_h)[FV__WINOGRAD_MOST_FILTER], (*g_w)[FV__WINOGRAD_MOST_FILTER];
  float *kernel;
  int64_t pixel; /* floats between neighbouring pixels of kernel */
  bool add;
} fv__winograd_weights;

typedef struct fv__winograd_transform {
  fv__winograd_shape shape;
  void (*input)(const fv__winograd_input *tiles);
  void (*output)(const fv__winograd_output *tile);
  void (*filter)(const fv__winograd_filter *filter);

  /* For gradients of weights; NULL where no way uses them. Tiles of dy as those of x, but with A instead of B': `rows`
   * are those of the outputs. */
  void (*gradient)(const fv__winograd_input *tiles);
  void (*weights)(const fv__winograd_weights *weights);
} fv__winograd_transform;

typedef enum fv__winograd_kind {
  FV__WINOGRAD_2X2_3X3,
  FV__WINOGRAD_4X2_3X3,
  FV__WINOGRAD_4X4_3X3,
  FV__WINOGRAD_6X6_3X3,
  FV__WINOGRAD_4X4_5X5,
  FV__WINOGRAD_5X5_4X4,
  FV__WINOGRAD_1X4_1X7,
  FV__WINOGRAD_4X1_7X1,
  FV__WINOGRAD_1X4_1X3,
  FV__WINOGRAD_4X1_3X1,
  FV__WINOGRAD_KINDS
} fv__winograd_kind;

typedef struct fv__winograd_kernels {
  fv__winograd_transform transforms[FV__WINOGRAD_KINDS];
} fv__winograd_kernels;

/* Memory wanted soon, brought nearer while the products are made. */
typedef struct fv__winograd_run {
  const float *from;
  int64_t lines; /* of the cache */
  bool write;
} fv__winograd_run;

/* A block's matrix products with some neighbouring panels: sums[tile][panel][product] = v[product][tile]
 * u[product][panel].
 *
 * The left rows lie evenly apart, product after product: a product's rows are read in order and stay in the cache for
 * all its panels. The sums of one tile lie together: the output transform reads them in order. */
typedef struct fv__winograd_product {
  const float *v; /* [product][tile][channels] */
  int64_t v_tile, v_product;
  const float *u; /* [product][panel][channels][panel_width]: the first panel wanted of the first product */
  int64_t u_product;
  float *sums; /* [tile][panel][product][panel_width] */
  int64_t sums_tile, sums_panel;
  int64_t tiles, channels, panels, products;
  const fv__winograd_run *runs; /* one after the other, `lines` of them for every few rows of every panel */
  int64_t run_count, lines;
} fv__winograd_product;

typedef struct fv__winograd_product_kernels {
  int32_t tile_rows, panel_width; /* panel_width is at most FV__WINOGRAD_WIDEST_PANEL */
  void (*multiply)(const fv__winograd_product *product);
} fv__winograd_product_kernels;

#endif
