/* What the gradients of all ops share. */
#include "ops/backward.h"

typedef struct ranges {
  const fv__backward_call *call;
  fv__gradient_range *body;
  int64_t count, step;
} ranges;

static void run_range(void *context, int64_t piece, int thread) {
  const ranges *r = context;
  const int64_t first = piece * r->step;
  r->body(r->call, first, fv__min(first + r->step, r->count), thread);
}

void fv__gradient_ranges(const fv__backward_call *call, int64_t count, int64_t step, fv__gradient_range *body) {
  ranges r = {call, body, count, step};
  fv__parallel_for(call->pool, (count + step - 1) / step, run_range, &r);
}
