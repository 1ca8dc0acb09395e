/* What a training's log says, as columns of numbers: one table with a row for each step, one for each epoch. */
#ifndef FOVEA_SERVE_SERIES_H
#define FOVEA_SERVE_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "serve/writer.h"

enum { FV__SERIES_COLUMNS = 48, FV__SERIES_NAME = 64, FV__SERIES_ROWS = 4 << 20 };

typedef struct fv__table {
  int32_t column_count;
  int64_t row_count, room;
  char names[FV__SERIES_COLUMNS][FV__SERIES_NAME];
  float *columns[FV__SERIES_COLUMNS]; /* NaN: not said; whole numbers up to 2^24 are exact */
} fv__table;

/* Adds a row of all numbers (and nulls, as NaN) of an object; what has no room is left out. */
void fv__table_add(fv__table *table, const json_t *object);

/* The row number `from` counts that were added before, as {"step": [...], "loss": [...]}: at most `points` rows, where
 * there are more the smallest and the largest of equal parts, in their order. `keys`: "loss,accuracy"; NULL: all. */
void fv__table_write(fv__writer *json, const char *name, const fv__table *table, const char *keys, int64_t from,
                     int64_t points);

void fv__table_end(fv__table *table);

/* The newest number of a column; NaN: none. */
double fv__table_last(const fv__table *table, const char *name);

#endif
