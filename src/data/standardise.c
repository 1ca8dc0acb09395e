/* Standardisation: what is learnt of a set, and its use on a picture.
 *
 * ZCA needs the left singular vectors of the centred pictures, d numbers each, n of them. They are eigenvectors of X
 * X^T when d <= n, else X v / s with v those of X^T X: the smaller of the two matrices is taken.
 */
#include <fovea/standardise.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "data/eigen.h"
#include "data/standardise.h"

enum { CHANNELS_MAX = 65535, ZCA_NUMBERS_MAX = 4096 };

static const double TINY = 1e-6; /* added to deviations, as in Keras */

struct fv_standardisation {
  fv_standardise_options options; /* explicit */
  int32_t channels;               /* of the set; 0: any */
  double *means, *deviations;     /* a number a channel; NULL: not asked for */
  int64_t numbers;                /* of a picture, for ZCA */
  double *whitening;              /* numbers x numbers, or NULL */
};

fv_status fv__standardise_settle(fv_standardise_options *o) {
  if (o->rescale == 0) o->rescale = 1;
  if (o->zca_epsilon == 0) o->zca_epsilon = 1e-6;
  if (!isfinite(o->rescale) || !(o->zca_epsilon > 0 && o->zca_epsilon <= 1e6))
    return fail(FV_ERROR_INVALID, "rescale must be a number and zca_epsilon between 0 and 1e6");
  if (o->samplewise_std_normalization) o->samplewise_center = true;
  if (o->zca_whitening) o->featurewise_std_normalization = false;
  if (o->zca_whitening || o->featurewise_std_normalization) o->featurewise_center = true;
  return FV_OK;
}

bool fv__standardise_is_asked(const fv_standardise_options *o) {
  return (o->rescale != 0 && o->rescale != 1) || o->samplewise_center || o->samplewise_std_normalization ||
         fv__standardise_needs_set(o);
}

bool fv__standardise_needs_set(const fv_standardise_options *o) {
  return o->featurewise_center || o->featurewise_std_normalization || o->zca_whitening;
}

/* ---- learning */

typedef struct set {
  const fv_tensor *pictures;
  int64_t samples, numbers; /* numbers of one */
  int32_t channels;
} set;

static fv_status measure_set(set *s, const fv_tensor *pictures) {
  const fv_shape *shape = &pictures->shape;
  char text[128];
  if (shape->rank != 4 || shape->dims[0] < 1 || shape->dims[1] < 1 || shape->dims[2] < 1 || shape->dims[3] < 1 ||
      shape->dims[3] > CHANNELS_MAX)
    return fail(FV_ERROR_SHAPE, "expected pictures (samples, height, width, channels), found shape %s",
                fv_shape_text(text, sizeof text, shape));
  *s = (set){pictures, shape->dims[0], 0, (int32_t)shape->dims[3]};
  s->numbers = shape->dims[1] * shape->dims[2] * shape->dims[3];
  return FV_OK;
}

static double at(const fv_standardisation *f, const set *s, int64_t i) {
  return (double)s->pictures->data[i] * f->options.rescale;
}

/* Two runs: mean, then the mean square of what is left. */
static fv_status learn_channels(fv_standardisation *f, const set *s) {
  const int64_t count = s->samples * s->numbers;
  const double pixels = (double)(count / s->channels);
  f->means = calloc((size_t)s->channels, sizeof *f->means);
  f->deviations = calloc((size_t)s->channels, sizeof *f->deviations);
  if (!f->means || !f->deviations) return fail(FV_ERROR_MEMORY, "no memory for the means of %d channels", s->channels);
  f->channels = s->channels;
  for (int64_t i = 0; i < count; i++) f->means[i % s->channels] += at(f, s, i);
  for (int32_t c = 0; c < s->channels; c++) f->means[c] /= pixels;
  for (int64_t i = 0; i < count; i++) {
    const double left = at(f, s, i) - f->means[i % s->channels];
    f->deviations[i % s->channels] += left * left;
  }
  for (int32_t c = 0; c < s->channels; c++) {
    f->deviations[c] = sqrt(f->deviations[c] / pixels);
    if (!isfinite(f->deviations[c])) return fail(FV_ERROR_NUMBERS, "NaN or infinity in channel %d of the set", (int)c);
  }
  return FV_OK;
}

/* Two sets made one: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing
 * sample variances", 1979. */
void fv__moments_add(fv__moments *m, const float *pixels, int64_t count, double *spare) {
  double *means = spare, *squares = spare + m->channels;
  memset(spare, 0, 2 * (size_t)m->channels * sizeof *spare);
  for (int64_t i = 0; i < count; i++)
    for (int32_t c = 0; c < m->channels; c++) means[c] += (double)pixels[i * m->channels + c];
  for (int32_t c = 0; c < m->channels; c++) means[c] /= (double)count;
  for (int64_t i = 0; i < count; i++)
    for (int32_t c = 0; c < m->channels; c++) {
      const double left = (double)pixels[i * m->channels + c] - means[c];
      squares[c] += left * left;
    }
  const double all = (double)(m->pixels + count);
  for (int32_t c = 0; c < m->channels; c++) {
    const double apart = means[c] - m->means[c];
    m->means[c] += apart * (double)count / all;
    m->squares[c] += squares[c] + apart * apart * (double)m->pixels * (double)count / all;
  }
  m->pixels += count;
}

static fv_status take_moments(fv_standardisation *f, const fv__moments *m) {
  f->means = calloc((size_t)m->channels, sizeof *f->means);
  f->deviations = calloc((size_t)m->channels, sizeof *f->deviations);
  if (!f->means || !f->deviations)
    return fail(FV_ERROR_MEMORY, "no memory for the means of %d channels", (int)m->channels);
  f->channels = m->channels;
  for (int32_t c = 0; c < m->channels; c++) {
    f->means[c] = m->means[c] * f->options.rescale;
    f->deviations[c] = sqrt(m->squares[c] / (double)m->pixels) * fabs(f->options.rescale);
    if (!isfinite(f->deviations[c])) return fail(FV_ERROR_NUMBERS, "NaN or infinity in channel %d of the set", (int)c);
  }
  return FV_OK;
}

/* x[sample][number], centred. */
static void centre(double *x, const fv_standardisation *f, const set *s) {
  for (int64_t i = 0; i < s->samples * s->numbers; i++) x[i] = at(f, s, i) - f->means[i % s->channels];
}

/* The smaller product: of numbers (d x d) or of samples (n x n). */
static void multiply_smaller(double *m, const double *x, int64_t n, int64_t d) {
  const int64_t k = d <= n ? d : n;
  memset(m, 0, (size_t)(k * k) * sizeof *m);
  if (d <= n) {
    for (int64_t s = 0; s < n; s++)
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j <= i; j++) m[i * d + j] += x[s * d + i] * x[s * d + j];
  } else {
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j <= i; j++)
        for (int64_t c = 0; c < d; c++) m[i * n + j] += x[i * d + c] * x[j * d + c];
  }
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = i + 1; j < k; j++) m[i * k + j] = m[j * k + i];
}

/* The left singular vector of eigenvector `which`, d numbers. */
static void take_vector(double *u, const double *x, const double *m, double s, int64_t which, int64_t n, int64_t d) {
  if (d <= n) {
    for (int64_t i = 0; i < d; i++) u[i] = m[i * d + which];
    return;
  }
  memset(u, 0, (size_t)d * sizeof *u);
  for (int64_t i = 0; i < n; i++)
    for (int64_t c = 0; c < d; c++) u[c] += x[i * d + c] * m[i * n + which] / s;
}

/* W = sum of u (sqrt(n) / (s + epsilon)) u^T; directions without extent say nothing and are left out. */
static void sum_up(double *w, double *u, const double *x, const double *m, const double *values, int64_t n, int64_t d,
                   double epsilon) {
  const int64_t k = d <= n ? d : n;
  double most = 0;
  for (int64_t i = 0; i < k; i++) most = fmax(most, values[i]);
  for (int64_t i = 0; i < k; i++) {
    if (!(values[i] > most * DBL_EPSILON * (double)k)) continue;
    const double s = sqrt(values[i]), factor = sqrt((double)n) / (s + epsilon);
    take_vector(u, x, m, s, i, n, d);
    for (int64_t r = 0; r < d; r++)
      for (int64_t c = 0; c < d; c++) w[r * d + c] += factor * u[r] * u[c];
  }
}

static double *take_doubles(int64_t rows, int64_t columns) {
  int64_t count;
  size_t bytes;
  if (!fv__size_multiply(&count, rows, columns) || !fv__size_bytes(&bytes, count, sizeof(double))) return NULL;
  return calloc(1, bytes ? bytes : 1);
}

static fv_status learn_whitening(fv_standardisation *f, const set *s) {
  if (s->numbers > ZCA_NUMBERS_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "ZCA takes pictures of at most %d numbers, not of %lld", ZCA_NUMBERS_MAX,
                (long long)s->numbers);
  const int64_t n = s->samples, d = s->numbers, k = d <= n ? d : n;
  double *x = take_doubles(n, d), *m = take_doubles(k, k), *values = take_doubles(k, 1), *spare = take_doubles(d, 1);
  f->whitening = take_doubles(d, d);
  f->numbers = d;
  fv_status status = FV_OK;
  if (!x || !m || !values || !spare || !f->whitening) {
    status = fail(FV_ERROR_MEMORY, "no memory for ZCA of %lld pictures of %lld numbers", (long long)n, (long long)d);
  } else {
    centre(x, f, s);
    multiply_smaller(m, x, n, d);
    status = fv__eigen_symmetric(m, values, spare, (int32_t)k);
    if (!status) sum_up(f->whitening, spare, x, m, values, n, d, f->options.zca_epsilon);
  }
  free(x);
  free(m);
  free(values);
  free(spare);
  return status;
}

static fv_status learn(fv_standardisation *f, const fv_tensor *pictures) {
  set s = {0};
  if (!fv__standardise_needs_set(&f->options)) return FV_OK;
  if (!pictures) return fail(FV_ERROR_INVALID, "featurewise and ZCA standardisation are learnt of a set of pictures");
  TRY(measure_set(&s, pictures));
  TRY(learn_channels(f, &s));
  return f->options.zca_whitening ? learn_whitening(f, &s) : FV_OK;
}

static fv_status make(fv_standardisation **fitted, const fv_tensor *pictures, const fv__moments *moments,
                      const fv_standardise_options *options) {
  *fitted = NULL;
  fv_standardisation *f = calloc(1, sizeof *f);
  if (!f) return fail(FV_ERROR_MEMORY, "no memory for a standardisation");
  f->options = *options;
  fv_status status = fv__standardise_settle(&f->options);
  if (!status) status = moments ? take_moments(f, moments) : learn(f, pictures);
  if (status)
    fv_standardisation_destroy(f);
  else
    *fitted = f;
  return status;
}

fv_status fv_standardisation_fit(fv_standardisation **fitted, const fv_tensor *pictures,
                                 const fv_standardise_options *options) {
  return make(fitted, pictures, NULL, options);
}

fv_status fv__standardisation_of_moments(fv_standardisation **fitted, const fv__moments *moments,
                                         const fv_standardise_options *options) {
  return make(fitted, NULL, moments, options);
}

int32_t fv__standardisation_channels(const fv_standardisation *fitted) { return fitted->channels; }
const fv_standardise_options *fv__standardisation_options(const fv_standardisation *fitted) { return &fitted->options; }

void fv_standardisation_destroy(fv_standardisation *fitted) {
  if (!fitted) return;
  free(fitted->means);
  free(fitted->deviations);
  free(fitted->whitening);
  free(fitted);
}

double fv_standardisation_mean(const fv_standardisation *fitted, int32_t channel) {
  return fitted->means && channel >= 0 && channel < fitted->channels ? fitted->means[channel] : 0;
}

double fv_standardisation_deviation(const fv_standardisation *fitted, int32_t channel) {
  const bool asked = fitted->options.featurewise_std_normalization;
  return asked && channel >= 0 && channel < fitted->channels ? fitted->deviations[channel] : 0;
}

/* ---- use */

static void standardise_sample(float *x, int64_t count, const fv_standardise_options *o) {
  if (!o->samplewise_center) return;
  double mean = 0, square = 0;
  for (int64_t i = 0; i < count; i++) mean += (double)x[i];
  mean /= (double)count;
  for (int64_t i = 0; i < count; i++) square += ((double)x[i] - mean) * ((double)x[i] - mean);
  const double by = o->samplewise_std_normalization ? sqrt(square / (double)count) + TINY : 1;
  for (int64_t i = 0; i < count; i++) x[i] = (float)(((double)x[i] - mean) / by);
}

static void standardise_features(float *x, int64_t count, const fv_standardisation *f) {
  if (!f->options.featurewise_center) return;
  for (int64_t i = 0; i < count; i++) {
    const int64_t c = i % f->channels;
    const double by = f->options.featurewise_std_normalization ? f->deviations[c] + TINY : 1;
    x[i] = (float)(((double)x[i] - f->means[c]) / by);
  }
}

static fv_status whiten(float *x, const fv_standardisation *f) {
  double *kept = take_doubles(f->numbers, 1);
  if (!kept) return fail(FV_ERROR_MEMORY, "no memory to whiten a picture");
  for (int64_t i = 0; i < f->numbers; i++) kept[i] = (double)x[i];
  for (int64_t i = 0; i < f->numbers; i++) {
    double sum = 0;
    for (int64_t k = 0; k < f->numbers; k++) sum += f->whitening[i * f->numbers + k] * kept[k];
    x[i] = (float)sum;
  }
  free(kept);
  return FV_OK;
}

fv_status fv_standardisation_apply(const fv_tensor *picture, const fv_standardisation *f) {
  const fv_shape *shape = &picture->shape;
  int64_t count;
  TRY(fv_shape_elements(&count, shape));
  const int64_t channels = shape->rank == 3 ? shape->dims[2] : 1;
  if (shape->rank < 2 || shape->rank > 3 || !count)
    return fail(FV_ERROR_SHAPE, "a picture has 2 or 3 axes (height, width, channels), not %d", (int)shape->rank);
  if ((f->channels && channels != f->channels) || (f->whitening && count != f->numbers))
    return fail(FV_ERROR_SHAPE, "the standardisation was fitted to other pictures: expected %lld %s, found %lld",
                (long long)(f->whitening ? f->numbers : f->channels), f->whitening ? "numbers" : "channels",
                (long long)(f->whitening ? count : channels));
  if (f->options.rescale != 1)
    for (int64_t i = 0; i < count; i++) picture->data[i] = (float)((double)picture->data[i] * f->options.rescale);
  standardise_sample(picture->data, count, &f->options);
  standardise_features(picture->data, count, f);
  return f->whitening ? whiten(picture->data, f) : FV_OK;
}
