/* Ends training with FV_ERROR_NUMBERS after the first step whose loss is NaN or infinite, and says where that came from
 * as far as the loop can tell: layer, tensor, files of the batch. (Keras ends without an error.) */
#include <inttypes.h>
#include <math.h>

#include "train/callback.h"

static fv_status batch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)context;
  double loss;
  if (!fv_train_event_find(event, "loss", &loss) || isfinite(loss)) return FV_OK;
  const char *where = trainer->explain_numbers ? trainer->explain_numbers(trainer->context) : NULL;
  return fail(FV_ERROR_NUMBERS, "the loss of epoch %d, step %" PRId64 " is %s%s%s", event->epoch + 1, event->step + 1,
              isnan(loss) ? "not a number" : "infinite", where ? ": " : "", where ? where : "");
}

static const fv_option table[] = {{.name = NULL}};

const fv__callback_type fv__callback_terminate_on_nan = {
    .name = "TerminateOnNaN",
    .word = "terminate_on_nan",
    .help = "ends training when the loss is no number",
    .table = table,
    .on_batch_end = batch_end,
};
