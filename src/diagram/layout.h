/* Layout inside: from boxes and pairs of boxes to places and lines.
 *
 *   row      all cells equally far from the top (rows.c)
 *   cell     a box, or where a long line passes a row; all lines from one box share one cell per row
 *   link     between cells of neighbouring rows; a line of the diagram is a path of links
 *   block    cells that stand exactly below each other (place.c)
 *   lane     a level between two rows, or a place between two columns, where lines run sideways (route.c)
 */
#ifndef FOVEA_DIAGRAM_LAYOUT_H
#define FOVEA_DIAGRAM_LAYOUT_H

#include "diagram/diagram.h"

enum { FV__LANE = 8, FV__PASSAGE = 12 }; /* from lane to lane; the width of a cell that only lets a line pass */

typedef struct fv__cell {
  int32_t row, place; /* place in its row, from 0 */
  int32_t box;        /* -1: a line passes */
  int32_t source;     /* the box whose line it is, or the box itself */
  double width, x;    /* x of its middle, in its column */
} fv__cell;

typedef struct fv__link {
  int32_t upper, lower; /* cells */
  bool pulls;           /* false: lines that skip boxes; they do not move what they join */
} fv__link;

typedef struct fv__rows {
  fv_diagram *diagram;
  int32_t cell_count, link_count, count;
  fv__cell *cells;   /* boxes first, same numbers */
  int32_t *passages; /* of a box: its first passing cell; the others follow, one a row */
  int32_t *start;    /* cells of row r are order[start[r]] to order[start[r + 1] - 1] */
  int32_t *order;
  fv__link *links;                 /* by row of the upper cell */
  int32_t *link_start;             /* links that leave row r */
  int32_t *down_start, *down_list; /* links that leave a cell */
  int32_t *up_start, *up_list;     /* links that reach a cell */
} fv__rows;

/* Boxes so that lines lead from earlier to later ones; false when lines make a circle. */
bool fv__sort_boxes(int32_t *order, int32_t count, const fv_diagram_edge *edges, int32_t edge_count,
                    int32_t *open_edges, int32_t *first_edge, int32_t *next_edge);

fv_status fv__rows_make(fv__rows *rows, fv_diagram *diagram, fv__arena *arena) FV_CHECK;

/* Orders the cells of all rows so that few links cross. */
fv_status fv__rows_order(fv__rows *rows, fv__arena *arena) FV_CHECK;

/* The cell of a line in row `row`, between its ends. */
int32_t fv__rows_cell(const fv__rows *rows, const fv_diagram_edge *edge, int32_t row);

/* x of the cells of rows first to end - 1, as one column whose left edge is 0; its width. */
fv_status fv__place_column(fv__rows *rows, int32_t first, int32_t end, double gap, double *width,
                           fv__arena *arena) FV_CHECK;

/* What leaves one cell, or reaches one cell, between two rows. */
typedef struct fv__net {
  int32_t cell; /* what its links have in common */
  bool joins;   /* it is their lower end */
  double left, right;
  double *rises, *falls; /* where it comes from the row above and goes to the row below */
  int32_t rise_count, fall_count;
  int32_t lane;    /* level, 0 on top */
  int32_t part_of; /* its own number, or of the net whose second part it is */
  int32_t rest;    /* the second part of a net that was cut; -1 */
  double turn;     /* where the first part goes over into the second */
} fv__net;

typedef struct fv__lanes {
  fv__net *nets; /* room for twice as many */
  int32_t count, used;
  double *uprights; /* x of all cells of both rows, and of turns; room for as many more as there are nets */
  int32_t upright_count;
} fv__lanes;

/* Gives nets their lanes. */
fv_status fv__lanes_choose(fv__lanes *lanes, fv__arena *arena) FV_CHECK;

/* Columns: column c has rows start[c] to start[c + 1] - 1. Gives boxes their places, lines their points and the diagram
 * its extent. */
fv_status fv__route(fv__rows *rows, const int32_t *start, int32_t columns, const fv_diagram_options *options,
                    fv__arena *arena) FV_CHECK;

/* Where to begin columns so that they are about equally high and few lines go from one to the next. */
fv_status fv__cut_columns(int32_t *start, int32_t columns, const fv__rows *rows, double gap, fv__arena *arena) FV_CHECK;

#endif
