/* Tables of columns. */
#include "serve/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int32_t find(const fv__table *table, const char *name) {
  for (int32_t i = 0; i < table->column_count; i++)
    if (!strcmp(table->names[i], name)) return i;
  return -1;
}

static bool grow(fv__table *table) {
  if (table->row_count < table->room) return true;
  if (table->row_count >= FV__SERIES_ROWS) return false;
  const int64_t room = table->room ? 2 * table->room : 1024;
  for (int32_t i = 0; i < table->column_count; i++) {
    float *more = reallocarray(table->columns[i], (size_t)room, sizeof *more);
    if (!more) return false;
    table->columns[i] = more;
  }
  table->room = room;
  return true;
}

/* A column that comes later was not said in the rows before. */
static int32_t add_column(fv__table *table, const char *name) {
  const int32_t index = table->column_count;
  if (index == FV__SERIES_COLUMNS || strlen(name) >= FV__SERIES_NAME) return -1;
  float *column = reallocarray(NULL, (size_t)(table->room ? table->room : 1), sizeof *column);
  if (!column) return -1;
  for (int64_t i = 0; i < table->row_count; i++) column[i] = NAN;
  memcpy(table->names[index], name, strlen(name) + 1);
  table->columns[index] = column;
  table->column_count++;
  return index;
}

void fv__table_add(fv__table *table, const json_t *object) {
  const char *name;
  json_t *value;
  if (!grow(table)) return;
  for (int32_t i = 0; i < table->column_count; i++) table->columns[i][table->row_count] = NAN;
  json_object_foreach((json_t *)object, name, value) {
    if (!json_is_number(value) && !json_is_null(value)) continue;
    int32_t index = find(table, name);
    if (index < 0) index = add_column(table, name);
    if (index >= 0)
      table->columns[index][table->row_count] = json_is_number(value) ? (float)json_number_value(value) : NAN;
  }
  table->row_count++;
}

void fv__table_end(fv__table *table) {
  for (int32_t i = 0; i < table->column_count; i++) free(table->columns[i]);
  *table = (fv__table){0};
}

double fv__table_last(const fv__table *table, const char *name) {
  const int32_t index = find(table, name);
  return index < 0 || !table->row_count ? NAN : table->columns[index][table->row_count - 1];
}

/* ---- writing */

static bool is_wanted(const char *keys, const char *name) {
  const size_t size = strlen(name);
  for (const char *at = keys; at && (at = strstr(at, name)); at += size)
    if ((at == keys || at[-1] == ',') && (at[size] == ',' || !at[size])) return true;
  return !keys || !strcmp(name, "step") || !strcmp(name, "epoch");
}

/* Rows [from, end) of a part, as their smallest and largest, whichever comes first. The first column of both tables is
 * what the others are drawn over: it keeps its first and last. */
static void write_part(fv__writer *json, const float *column, bool is_axis, int64_t from, int64_t end) {
  int64_t low = -1, high = -1;
  for (int64_t i = from; i < end; i++) {
    if (isnan(column[i])) continue;
    if (low < 0 || column[i] < column[low]) low = i;
    if (high < 0 || column[i] > column[high]) high = i;
  }
  if (is_axis) low = from;
  if (is_axis) high = end - 1;
  const int64_t first = low < high ? low : high, second = low < high ? high : low;
  fv__writer_number(json, NULL, first < 0 ? NAN : column[first]);
  fv__writer_number(json, NULL, second < 0 ? NAN : column[second]);
}

static void write_column(fv__writer *json, const fv__table *table, int32_t index, int64_t from, int64_t points) {
  const float *column = table->columns[index];
  const char *name = table->names[index];
  const bool is_axis = !strcmp(name, "step") || !strcmp(name, "epoch");
  const int64_t rows = table->row_count - from, parts = points / 2 > 0 ? points / 2 : 1;
  fv__writer_begin(json, name, '[');
  if (rows <= points) {
    for (int64_t i = from; i < table->row_count; i++) fv__writer_number(json, NULL, column[i]);
  } else {
    for (int64_t p = 0; p < parts; p++)
      write_part(json, column, is_axis, from + p * rows / parts, from + (p + 1) * rows / parts);
  }
  fv__writer_end(json);
}

void fv__table_write(fv__writer *json, const char *name, const fv__table *table, const char *keys, int64_t from,
                     int64_t points) {
  if (from > table->row_count) from = table->row_count;
  fv__writer_begin(json, name, '{');
  for (int32_t i = 0; i < table->column_count; i++)
    if (is_wanted(keys, table->names[i])) write_column(json, table, i, from, points);
  fv__writer_end(json);
}
