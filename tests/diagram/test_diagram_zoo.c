/* Every network of the zoo at every fold: no box on another, no line through a foreign box, on another
 * or across it, nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/diagram.h>
#include <fovea/zoo.h>

#include "support/diagrams.h"

static void check(const char *network, const fv_model *model, fv_fold fold, int32_t columns) {
  fv_diagram *diagram;
  assert_int_equal(fv_diagram_create(&diagram, model, fold), FV_OK);
  for (int32_t i = 0; i < fv_diagram_box_count(diagram); i++) /* different widths, some odd */
    fv_diagram_set_size(diagram, i, 100 + i * 37 % 91, 40 + i % 3 * 10);
  if (fv_diagram_lay_out(diagram, &(fv_diagram_options){.columns = columns})) fail_msg("%s", fv_error_message());
  const char *wrong = check_boxes(diagram);
  if (!wrong) wrong = check_lines(diagram);
  if (!wrong) wrong = check_apart(diagram);
  if (!wrong) wrong = check_crossings(diagram);
  if (!wrong) wrong = check_calls(diagram, model);
  if (wrong) fail_msg("%s, fold %d, %d columns: %s", network, (int)fold, (int)columns, wrong);
  fv_diagram_destroy(diagram);
}

static void the_zoo_is_drawn_in_order(void **state) {
  (void)state;
  int32_t networks = 0;
  for (const fv_zoo_entry *network; (network = fv_zoo_at(networks)); networks++) {
    fv_model *model;
    assert_int_equal(fv_zoo_build(&model, network->name, NULL), FV_OK);
    for (int fold = FV_FOLD_NONE; fold <= FV_FOLD_BLOCKS; fold++) {
      check(network->name, model, (fv_fold)fold, 0);
      check(network->name, model, (fv_fold)fold, 7);
    }
    fv_model_destroy(model);
  }
  assert_true(networks > 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_zoo_is_drawn_in_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
