/* A diagram inside.
 *
 *   calls   the used nodes of a model, numbered from 0 in running order, with who reads whom (calls.c)
 *   group   a number for each call: calls of one group become one box (chains.c, blocks.c)
 *   boxes   groups in running order, and the lines between them (boxes.c, describe.c)
 *   layout  boxes and lines as mere rectangles and pairs; knows nothing of networks (layout.h)
 */
#ifndef FOVEA_DIAGRAM_DIAGRAM_H
#define FOVEA_DIAGRAM_DIAGRAM_H

#include <fovea/diagram.h>

#include "base/arena.h"

typedef struct fv__links {
  int32_t *start; /* those of call c are list[start[c]] to list[start[c + 1] - 1] */
  int32_t *list;
} fv__links;

typedef struct fv__calls {
  const fv_model *model;
  int32_t count;
  int32_t *node;  /* the model's number of each */
  int32_t *layer; /* its layer's index */
  fv_diagram_family *family;
  fv__links sources, readers; /* each other call at most once */
} fv__calls;

struct fv_diagram {
  fv__arena arena;
  fv__arena places; /* what a layout makes */
  const fv_model *model;
  fv_diagram_box *boxes;
  int32_t box_count;
  fv_diagram_edge *edges;
  int32_t edge_count;
  double width, height;
  int32_t columns;
};

#define FV__TAKE(arena, count, type) ((type *)fv__arena_take((arena), (size_t)(count) * sizeof(type)))

fv_status fv__diagram_no_memory(void) FV_CHECK;

fv_status fv__calls_list(fv__calls *calls, fv__arena *arena, const fv_model *model) FV_CHECK;

/* Which call of its layer a call is, from 1. */
int32_t fv__call_number(const fv__calls *calls, int32_t call);

/* The family of a layer's kind, by words in its name; of a call that reads several values: merge. */
fv_diagram_family fv__diagram_family(const char *kind, int32_t inputs);

/* Puts calls that belong together into one group; `group` has one number for each call. Blocks are made of chains, and
 * `names` has the name of each call's block, or NULL. */
void fv__fold_chains(int32_t *group, const fv__calls *calls);
fv_status fv__fold_blocks(int32_t *group, const char **names, const int32_t *chain, const fv__calls *calls,
                          fv__arena *arena) FV_CHECK;

/* Which call of a chain matters most: the convolution in convolution, normalization, activation. */
int32_t fv__chain_head(const fv__calls *calls, const int32_t *members, int32_t count);

/* Texts of boxes. NULL: no memory. */
const char *fv__describe_chain(fv__arena *arena, const fv__calls *calls, const int32_t *members, int32_t count,
                               int32_t head);
const char *fv__describe_block(fv__arena *arena, const fv__calls *calls, const int32_t *members, int32_t count);

/* Boxes and lines from groups, which are blocks where they have a name and `folded` says so. */
fv_status fv__diagram_boxes(fv_diagram *diagram, const fv__calls *calls, const int32_t *group, const char *const *names,
                            bool folded) FV_CHECK;

#endif
