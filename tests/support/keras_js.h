/* Cases of real Keras 2 that keras-js was tested with (../shared/data/keras_js_layer_fixtures): inputs, weights and
 * outputs, six decimals each. What the layers are is not in them: tests/cases/keras_js says it, a line a case:
 *
 *   KEY  Class option=value ... | Class(x) ... | y: Class(x,in1) ...
 *   KEY  refused Class ...
 *
 * A case becomes a configuration of Keras 2 and goes through the reader of model files. A layer reads the one before it
 * unless it says what: "in0" is the first input, a name before ":" any layer. Values are JSON without spaces, or words.
 * A refused case must be refused: its class by name, or where fovea has the class, that its values have five axes. */
#ifndef FOVEA_TESTS_KERAS_JS_H
#define FOVEA_TESTS_KERAS_JS_H

#include <jansson.h>

#include <fovea/fovea.h>

/* What an error may be: relative to outputs of six decimals. */
#define KERAS_JS_ALLOWED 1e-5

typedef struct keras_js_case {
  char *key, *layers; /* "refused LSTM" among them */
  bool refused;
} keras_js_case;

/* All lines of tests/cases/keras_js, as many as *count; end with keras_js_cases_free. */
keras_js_case *keras_js_cases(int32_t *count);
void keras_js_cases_free(keras_js_case *cases, int32_t count);

/* All cases of the data, KEY -> {input or inputs, weights, expected}; NULL where they are not here. json_decref. */
json_t *keras_js_data(void);

/* The configuration of a case. json_decref. */
json_t *keras_js_config(const keras_js_case *line, const json_t *item);

/* Runs one case. *error: the rms of the difference over the rms of what is expected, or over 1 where that is smaller.
 * A refused case gives FV_ERROR_UNSUPPORTED. */
fv_status keras_js_run(const keras_js_case *line, const json_t *item, double *error);

#endif
