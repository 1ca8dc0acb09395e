/* Filters: a small kernel of numbers swept over a picture.
 *
 * At each place the kernel's numbers are multiplied with the pixels under them and added up. That is correlation, what
 * convolution layers compute too; `flip` turns the kernel by 180 degrees first, which is convolution as mathematics
 * defines it. Kernels that are symmetric give the same either way.
 */
#ifndef FOVEA_FILTER_H
#define FOVEA_FILTER_H

#include <fovea/image.h>
#include <fovea/option.h>
#include <fovea/workers.h>

FV_BEGIN_DECLARATIONS

enum { FV_FILTER_MAX_SIDE = 255 };

typedef struct fv_filter_kernel {
  const char *name;      /* NULL for one that was parsed or read */
  const char *help;      /* what it shows, one lower-case sentence; NULL likewise */
  int32_t height, width; /* 1 to FV_FILTER_MAX_SIDE */
  const double *weights; /* rows from top to bottom */
} fv_filter_kernel;

/* The named kernels: identity, blur (binomial, 1/16), box-3, laplacian, laplacian-8, sobel-, scharr- and prewitt-left,
 * -right, -upper and -lower, roberts-x and -y, edge-ridge, sharpen, emboss. Lent for ever. Index from 0; NULL after the
 * last or for an unknown name. `find` also knows sobel-x (the same as -right), sobel-y (-lower), scharr-x and so on,
 * laplacian-4 and binomial-3 (blur).
 *
 * sobel-left answers with positive numbers where the picture is brighter on the left: it finds vertical edges;
 * sobel-upper finds horizontal ones, brighter above. Source: I. Sobel and G. Feldman (1968). */
FV_API const fv_filter_kernel *fv_filter_kernel_at(int32_t index);
FV_API const fv_filter_kernel *fv_filter_kernel_find(const char *name);

/* Kernels that are computed, each family with options of its own: box, gaussian, log, gabor, unsharp, motion. Index
 * from 0; NULL after the last. Lent for ever. */
typedef struct fv_filter_family {
  const char *name;         /* "gaussian" */
  const char *help;         /* what it does, one lower-case sentence */
  const fv_option *options; /* for help; they are given to fv_filter_kernel_make as text */
} fv_filter_family;

FV_API const fv_filter_family *fv_filter_family_at(int32_t index);

/* A kernel from its name: a named one ("blur"), a family, with its size if you like ("gaussian-7"), and with options
 * after colons ("gabor:angle=45:wavelength=6"). Ends with fv_filter_kernel_destroy; `name` and `help` are lent for ever
 * and do not tell the options. Errors: FV_ERROR_NOT_FOUND for an unknown name, FV_ERROR_INVALID for options that the
 * family lacks or that are out of range, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_filter_kernel_make(fv_filter_kernel *kernel, const char *text);

/* A kernel from text: numbers or quotients ("1/9") separated by spaces or commas, rows by ';' or line ends; '#' begins
 * a remark up to the end of its line. Ends with fv_filter_kernel_destroy. Errors: FV_ERROR_INVALID with the row at
 * fault, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_filter_kernel_parse(fv_filter_kernel *kernel, const char *text);

/* A kernel from a file: text as above, or a .npy of rank 2. Errors: those of reading, and FV_ERROR_FORMAT. */
FV_API FV_CHECK fv_status fv_filter_kernel_read(fv_filter_kernel *kernel, const char *path);

/* For kernels that were made, parsed or read. NULL and empty structures are fine. */
FV_API void fv_filter_kernel_destroy(fv_filter_kernel *kernel);

/* What lies beyond the edge of a picture ... abcd ...:
 * zero 000|abcd|000, edge aaa|abcd|ddd, reflect cba|abcd|dcb, mirror dcb|abcd|cba, wrap bcd|abcd|abc. */
typedef enum fv_filter_border {
  FV_BORDER_ZERO = 1,
  FV_BORDER_EDGE,
  FV_BORDER_REFLECT,
  FV_BORDER_MIRROR,
  FV_BORDER_WRAP
} fv_filter_border;

/* The words for fv_filter_border in an option table; ended by NULL. */
FV_API extern const char *const fv_filter_border_names[];

/* Which pixel of a line of `size` stands at place `at`, which may lie outside by any amount; -1: none, the value is 0.
 */
FV_API int64_t fv_filter_border_source(int64_t at, int64_t size, int32_t border);

typedef struct fv_filter_options {
  fv_pair stride;      /* rows and columns from one place to the next; 1 */
  const char *padding; /* "same": a result for every stride-th pixel, centred on it; "valid": only where the kernel fits
                          whole; "N": N rows and columns are added on every side first; "same" */
  int32_t border;      /* fv_filter_border; edge */
  bool flip;
  fv_workers *workers; /* threads that share the work; NULL: the caller's alone */
} fv_filter_options;

/* The rows of an option table for a structure that holds an fv_filter_options as `field`. */
#define FV_FILTER_OPTION_ROWS(structure, field)                                                                        \
  {"stride",                                                                                                           \
   FV_OPTION_PAIR,                                                                                                     \
   offsetof(structure, field.stride),                                                                                  \
   "1",                                                                                                                \
   1,                                                                                                                  \
   65535,                                                                                                              \
   NULL,                                                                                                               \
   "rows and columns from one place of the kernel to the next"},                                                       \
      {"padding",                                                                                                      \
       FV_OPTION_TEXT,                                                                                                 \
       offsetof(structure, field.padding),                                                                             \
       "same",                                                                                                         \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "same|valid|N: a result for every pixel, only where the kernel fits whole, or N pixels added on every side"},   \
      {"border",                                                                                                       \
       FV_OPTION_NAME,                                                                                                 \
       offsetof(structure, field.border),                                                                              \
       "edge",                                                                                                         \
       0,                                                                                                              \
       0,                                                                                                              \
       fv_filter_border_names,                                                                                         \
       "what lies beyond the edge; mirror leaves the edge pixel out, reflect repeats it"},                             \
  {                                                                                                                    \
    "flip", FV_OPTION_BOOL, offsetof(structure, field.flip), "false", 0, 0, NULL,                                      \
        "turn the kernel by 180 degrees first: convolution as mathematics defines it, not correlation"                 \
  }

/* What sweeping came to, in rows (height) and columns (width). */
typedef struct fv_sweep_report {
  fv_pair output;   /* extents of the result */
  fv_pair left_out; /* at the bottom and at the right, not reached by any place because the stride does not fit */
  fv_pair
      fitting_padding; /* the smallest padding, not below the one used, that leaves nothing out; -1: there is none */
} fv_sweep_report;

/* Sweeps `kernel` over every channel of a tensor (height, width) or (height, width, channels); the result is a new
 * tensor of the same rank. The pixel of place (i, j) lies under element (height / 2, width / 2) of the kernel. `report`
 * and `options` may be NULL.
 *
 * Weights and sums are float32: the error is below (64 + height + width) 2^-24 of the sum of the products' magnitudes,
 * and whole numbers below 2^24 are exact. The bits are the same for any number of workers, not for any fv_cpu().
 * Errors: FV_ERROR_SHAPE when the kernel does not fit or the tensor is no picture; FV_ERROR_INVALID, also for weights
 * that are no finite float32 numbers; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_filter_apply(fv_tensor *out, fv_sweep_report *report, const fv_tensor *in,
                                          const fv_filter_kernel *kernel, const fv_filter_options *options);

/* The same for 8-bit images, alpha like any other channel: sums are rounded half to even and limited to 0..255. */
FV_API FV_CHECK fv_status fv_filter_image(fv_image *out, fv_sweep_report *report, const fv_image *in,
                                          const fv_filter_kernel *kernel, const fv_filter_options *options);

/* The same into memory that is there, as for the frames of a film: `out` has the extents of the result (else
 * FV_ERROR_SHAPE) and does not overlap `in`. */
FV_API FV_CHECK fv_status fv_filter_apply_into(const fv_tensor *out, fv_sweep_report *report, const fv_tensor *in,
                                               const fv_filter_kernel *kernel, const fv_filter_options *options);
FV_API FV_CHECK fv_status fv_filter_image_into(const fv_image *out, fv_sweep_report *report, const fv_image *in,
                                               const fv_filter_kernel *kernel, const fv_filter_options *options);

/* ---- what a kernel does */

typedef enum fv_filter_effect {
  FV_FILTER_CLEARS = 1,     /* nothing is left */
  FV_FILTER_COPIES,         /* one number: the picture itself, moved or scaled */
  FV_FILTER_SMOOTHS,        /* nothing passes stronger than flat areas */
  FV_FILTER_SHARPENS,       /* flat areas pass, changes pass stronger */
  FV_FILTER_DIFFERENTIATES, /* flat areas become 0, changes pass */
  FV_FILTER_SELECTS         /* stripes of some width pass; flat areas below 1/8, the finest detail below 1/2 of that */
} fv_filter_effect;

typedef struct fv_filter_report {
  double sum;                    /* the gain of flat areas, which is the frequency 0 */
  double magnitude;              /* sum of the numbers without their signs: how large a result can become */
  double peak_gain;              /* the largest gain of any stripe pattern, found on a grid of 128 x 128 frequencies */
  double peak_down, peak_across; /* where: cycles a pixel along columns and along rows, 0 to 1/2 */
  fv_filter_effect effect;
  int32_t rank;                               /* 1: separable; those above 1e-6 of the largest singular value count */
  double singular_values[FV_FILTER_MAX_SIDE]; /* as many as rows; the largest first */
  double column[FV_FILTER_MAX_SIDE];          /* where rank is 1: kernel[a, b] = column[a] row[b] */
  double row[FV_FILTER_MAX_SIDE];
  int64_t direct_cost;    /* multiply-adds a pixel and channel */
  int64_t separable_cost; /* the same with a pass of rows and one of columns for each rank */
} fv_filter_report;

/* Errors: FV_ERROR_INVALID, FV_ERROR_NUMBERS for a kernel that is not finite, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_filter_kernel_explain(fv_filter_report *report, const fv_filter_kernel *kernel);

/* The frequency response as a new tensor (side, side): at (u, v) how much stronger a pattern of (u - side / 2) / side
 * cycles a pixel down and (v - side / 2) / side across comes out. `side` is even, 2 to 1024. Errors: as above. */
FV_API FV_CHECK fv_status fv_filter_kernel_response(fv_tensor *gain, const fv_filter_kernel *kernel, int32_t side);

/* ---- signals: pictures of one row */

enum { FV_SIGNAL_MAX = 1 << 20 };

/* Reads a line of numbers into a new tensor (1, n): a .npy of shape (n), (1, n) or (n, 1), or text, one number a line
 * or one line of numbers, with spaces, commas or semicolons between; a heading in the first line and '#' remarks are
 * left out. Errors: those of reading, FV_ERROR_FORMAT with the line, FV_ERROR_NUMBERS, FV_ERROR_MEMORY above
 * FV_SIGNAL_MAX.
 */
FV_API FV_CHECK fv_status fv_signal_read(fv_tensor *signal, const char *path);

/* What a kernel is to a picture whose rows are all the same: its columns summed, a kernel of one row. blur becomes
 * 1/4 1/2 1/4, laplacian 1 -2 1. Ends with fv_filter_kernel_destroy. Errors: FV_ERROR_INVALID when nothing but zeros is
 * left, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_signal_kernel(fv_filter_kernel *line, const fv_filter_kernel *kernel);

FV_END_DECLARATIONS

#endif
