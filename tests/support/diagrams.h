/* What must hold of every diagram that was laid out; shared by its tests. */
#ifndef TESTS_SUPPORT_DIAGRAMS_H
#define TESTS_SUPPORT_DIAGRAMS_H

#include <fovea/diagram.h>

/* Each answers NULL, or what is wrong. */
const char *check_boxes(const fv_diagram *diagram);     /* inside, apart from each other, whole numbers */
const char *check_lines(const fv_diagram *diagram);     /* from box to box, level or upright, through no other box */
const char *check_apart(const fv_diagram *diagram);     /* no line on top of one that it shares no box with */
const char *check_crossings(const fv_diagram *diagram); /* no line crosses one that it shares no box with */
const char *check_calls(const fv_diagram *diagram,
                        const fv_model *model); /* every call in one box, every number once */

#endif
