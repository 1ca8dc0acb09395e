/* AdamW: Adam (adam.c) whose weights also shrink each step, by weight_decay times the rate, which all optimizers do
 * alike; only its usual decay is not 0. Loshchilov and Hutter 2017.
 */
#include "train/optimizer.h"

static const fv_option table[] = {FV__ADAM_OPTIONS("0.004")};

const fv__optimizer_type fv__optimizer_adam_w = {
    .name = "AdamW",
    .help = "Adam with weight decay",
    .table = table,
    .slots = fv__adam_slots,
    .slot_names = {"m", "v", "vhat"},
    .together = 2,
    .prepare = fv__adam_prepare,
    .update = fv__adam_update,
};
