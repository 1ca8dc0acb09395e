/* `make conformance`: the 334 cases of Keras 2 that keras-js was tested with, a line each. */
#include "conformance.h"

#include "support/keras_js.h"

typedef struct measured {
  const keras_js_case *line;
  const json_t *item;
} measured;

static fv_status measure(void *context, double *error) {
  const measured *m = context;
  return keras_js_run(m->line, m->item, error);
}

/* A refused case says why; that it is no failure is in tests/layers/test_keras_js.c. */
static void refused_line(const keras_js_case *line, const json_t *item) {
  double error;
  if (keras_js_run(line, item, &error) == FV_ERROR_UNSUPPORTED) {
    fprintf(page, " refused: %s |", fv_error_message());
    page_no_numbers();
  } else {
    fprintf(page, " ");
    page_failed(line->key);
    page_no_numbers();
  }
}

void conformance_cases(void) {
  int32_t count;
  keras_js_case *cases = keras_js_cases(&count);
  json_t *data = keras_js_data();
  page_head("Cases of keras-js",
            "Relative rms against Keras 2, whose inputs, weights and outputs are given with six decimals. What the "
            "layers of a case are is in\n`tests/cases/keras_js`; each goes through the reader of model files.",
            "case | verdict");
  if (!data) fprintf(page, "| the cases are not here | |\n");
  for (int32_t i = 0; data && i < count; i++) {
    const json_t *item = json_object_get(data, cases[i].key);
    fprintf(page, "| %s |", cases[i].key);
    if (cases[i].refused) {
      refused_line(&cases[i], item);
      continue;
    }
    measured m = {&cases[i], item};
    fprintf(page, " compared |");
    page_levels(cases[i].key, KERAS_JS_ALLOWED, measure, &m);
  }
  json_decref(data);
  keras_js_cases_free(cases, count);
}
