/* Poolings that go back together with the activation before them (ops/pool.h): the gradient between the two is then no
 * value of the plan. That needs an activation whose gradient follows from its result, which the pooling alone reads.
 */
#include "graph/passes.h"
#include "graph/training.h"
#include "ops/gradients.h"
#include "ops/pool.h"

/* The op that alone writes a value, -1: none or several. */
static int32_t writer_of(const fv__program *program, int32_t value) {
  int32_t found = -1;
  for (int32_t i = 0; i < program->op_count; i++) {
    if (program->ops[i].op.output != value) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

/* The activation that op `i`, a pooling, can go through. */
static int32_t activation_before(const fv_plan *plan, int32_t i) {
  const fv__program *program = &plan->program;
  const fv__op *op = &program->ops[i].op;
  const fv__back_step *steps = plan->training->steps;
  if (op->type != &fv__op_pool || !steps[i].runs || !steps[i].wants[0] || fv__pool_input_through.why_not(op)) return -1;
  if (!fv__value_is_passing(program, op->inputs[0])) return -1;
  const int32_t before = writer_of(program, op->inputs[0]);
  if (before < 0 || !steps[before].runs || !steps[before].wants[0]) return -1;
  const fv__op *unary = &program->ops[before].op;
  const bool plain = unary->residual < 0 && !fv__back_step_masks(unary) && unary->inputs[0] != unary->output;
  return unary->type == &fv__op_unary && plain && !fv__unary_input_by_result.why_not(unary) ? before : -1;
}

void fv__training_go_through(fv_plan *plan) {
  fv__back_step *steps = plan->training->steps;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    const int32_t before = activation_before(plan, i);
    if (before < 0) continue;
    steps[i].gives = before;
    steps[i].input_way = &fv__pool_input_through;
    steps[before].runs = false;
  }
}
