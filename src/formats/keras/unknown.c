/* What is said of layers that fovea does not have: the reason where it is a decision, else the classes there are, as
 * many as a message holds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/keras.h"

/* Classes that will not come, and what to do. */
static const struct {
  const char *name, *reason;
} refused[] = {
    {"Lambda", "it holds code, and code in a file is never run; put layers in its place"},
    {"TFOpLambda", "it is a call of TensorFlow, not a layer; put layers in its place"},
    {"TensorFlowOpLayer", "it is a call of TensorFlow, not a layer; put layers in its place"},
    {"SlicingOpLambda", "it is a call of TensorFlow, not a layer; put layers in its place"},
    {"LSTM", NULL},
    {"GRU", NULL},
    {"SimpleRNN", NULL},
    {"RNN", NULL},
    {"CuDNNLSTM", NULL},
    {"CuDNNGRU", NULL},
    {"ConvLSTM1D", NULL},
    {"ConvLSTM2D", NULL},
    {"ConvLSTM3D", NULL},
    {"Bidirectional", NULL},
    {"TimeDistributed", "fovea has no layers around layers"},
    {"Embedding", "fovea has no layers of words"},
    {"Masking", "fovea has no layers of sequences"},
    {"Attention", "fovea has no attention"},
    {"AdditiveAttention", "fovea has no attention"},
    {"MultiHeadAttention", "fovea has no attention"},
    {"GroupQueryAttention", "fovea has no attention"},
};

/* NULL: the class is of no kind that is refused. */
static const char *reason_of(const char *class_name) {
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (!strcmp(refused[i].name, class_name))
      return refused[i].reason ? refused[i].reason : "fovea has no recurrent layers";
  if (fv__text_ends_with(class_name, "3D")) return "fovea works on lines and images, not on volumes";
  return NULL;
}

fv_status fv__keras_unknown_class(const char *class_name) {
  const char *reason = reason_of(class_name);
  if (reason) return fail(FV_ERROR_UNSUPPORTED, "class '%.60s' is not supported: %s", class_name, reason);
  char known[300] = "";
  size_t used = 0;
  int32_t left_out = 0;
  const fv_layer_kind *kind;
  for (int32_t i = 0; (kind = fv_layer_kind_at(i)) != NULL; i++) {
    if (!kind->name) continue;
    if (used + strlen(kind->name) + 3 > sizeof known)
      left_out++;
    else
      used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", kind->name);
  }
  char more[32] = "";
  if (left_out) snprintf(more, sizeof more, " and %" PRId32 " more", left_out);
  return fail(FV_ERROR_UNSUPPORTED, "class '%.60s' is not supported; supported are %s%s", class_name, known, more);
}
