/* Reference numbers: made by Keras and PyTorch, kept in tests/golden as outputs only. Weights and inputs follow from
 * names (the by-name rule), so that a case is its description and its output. Used by the tests and by `make
 * conformance`; failures are statuses with the library's sentence. */
#ifndef FOVEA_TESTS_GOLDEN_H
#define FOVEA_TESTS_GOLDEN_H

#include <jansson.h>

#include <fovea/fovea.h>

/* tests/golden/NAME, else ../shared/golden/NAME; NULL when neither is there or no JSON. The caller gives it back with
 * json_decref. */
json_t *golden_json(const char *name);

/* Names of the layer cases, sorted, ended by NULL; free with golden_names_free. */
char **golden_layer_cases(void);
void golden_names_free(char **names);

/* The rms of the difference over the rms of the reference. */
double golden_relative_rms(const float *found, const float *expected, int64_t count);

/* Runs one layer case and compares. *output (may be NULL) receives the numbers found. */
fv_status golden_layer_case(const char *name, int32_t threads, double *error, fv_tensor *output);

/* A case's parts: a model of the one layer on the case's inputs, and the numbers of both. */
fv_status golden_layer_model(fv_model **model, json_t *info);
void golden_fill_weights(fv_model *model, json_t *info);
void golden_fill_inputs(fv_plan *plan, const fv_model *model, json_t *info);

typedef struct golden_report {
  double logits;         /* relative rms of the outputs */
  double logits_allowed; /* 20 x the reference's own float32 error, at least 1e-5 */
  double layers;         /* worst difference of a sample, mean or rms as a part of what is allowed */
  char worst[64];        /* in this layer */
} golden_report;

/* Runs a network on the golden input, keeping every layer, and compares with `reference`. */
fv_status golden_inspect(fv_model *model, const json_t *reference, int32_t threads, golden_report *report);

/* The same run with all passes on, outputs only. *outputs (may be NULL) receives them. */
fv_status golden_infer(fv_model *model, const json_t *reference, int32_t threads, golden_report *report,
                       fv_tensor *outputs);

/* Runs a network on the golden input, as exact as asked for: how far its outputs are off the reference, and how far
 * that lets them be: 4 x its own float32 error or 2e-6 when exact, 10 x or 1e-5 else, whichever is larger. */
fv_status golden_accuracy(fv_model *model, const json_t *reference, fv_accuracy accuracy, double *error,
                          double *allowed);

/* Loads FOLDER/NAME SUFFIX (a whole model, or weights for the network of the .h5 beside), runs it on NAME.in.npy (in0,
 * in1 ...) and compares with NAME.out.npy, for files of Keras 2 with NAME.k2.out.npy where that is there. *error is the
 * worst output's relative rms. */
fv_status golden_file_case(const char *folder, const char *name, const char *suffix, double *error);

#endif
