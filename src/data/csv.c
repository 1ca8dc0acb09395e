/* A reader of separated text. Fields are unquoted in place, so a row costs nothing but its pointers. */
#include "data/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { COLUMNS_MAX = 64 };

typedef struct reader {
  char *at, *end;
  char separator;
  int64_t line;
} reader;

typedef struct row {
  char *fields[COLUMNS_MAX]; /* further ones are skipped */
  int count;
  int64_t line;
} row;

/* The first separator of the first line that stands outside quotes. */
static char find_separator(const char *text) {
  bool quoted = false;
  for (; *text && (quoted || (*text != '\n' && *text != '\r')); text++) {
    if (*text == '"') quoted = !quoted;
    if (!quoted && (*text == ',' || *text == ';' || *text == '\t')) return *text;
  }
  return ',';
}

static bool ends_field(const reader *r, const char *at) {
  return at == r->end || *at == r->separator || *at == '\n' || *at == '\r';
}

/* A quoted field: "" stands for one quote. */
static fv_status read_quoted(reader *r) {
  const int64_t begin = r->line;
  char *to = r->at;
  for (char *from = r->at + 1; from < r->end; from++) {
    if (*from == '"' && from[1] != '"') {
      char *after = from + 1;
      if (!ends_field(r, after))
        return fail(FV_ERROR_FORMAT, "line %lld: text after a closing quote", (long long)r->line);
      *to = '\0'; /* `to` is before the closing quote */
      r->at = after;
      return FV_OK;
    }
    if (*from == '"') from++;
    if (*from == '\n') r->line++;
    *to++ = *from;
  }
  return fail(FV_ERROR_FORMAT, "line %lld: a quote is not closed", (long long)begin);
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Blanks around a plain field do not belong to it. Returns where the separator or the end of the line is. */
static void read_plain(reader *r, char **field, char **last) {
  while (!ends_field(r, r->at) && is_blank(*r->at)) r->at++;
  *field = r->at;
  while (!ends_field(r, r->at)) r->at++;
  char *end = r->at;
  while (end > *field && is_blank(end[-1])) end--;
  *last = end;
}

/* Reads a line; at the end of it the separators are NUL. */
static fv_status read_row(row *found, reader *r) {
  *found = (row){.line = r->line};
  for (;;) {
    char *field = r->at, *last = NULL;
    if (r->at < r->end && *r->at == '"')
      TRY(read_quoted(r));
    else
      read_plain(r, &field, &last);
    if (found->count < COLUMNS_MAX) found->fields[found->count++] = field;
    const char stop = r->at < r->end ? *r->at : '\0';
    if (last) *last = '\0';
    if (r->at < r->end) r->at++;
    if (stop == r->separator) continue;
    if (stop == '\r' && r->at < r->end && *r->at == '\n') r->at++;
    r->line++;
    return FV_OK;
  }
}

static bool is_empty(const row *r) { return r->count == 1 && !r->fields[0][0]; }

/* ---- columns */

static const char *const path_words[] = {"path",     "file",  "filename",   "file_name",
                                         "filepath", "image", "image_path", NULL};
static const char *const label_words[] = {"label", "class", "category", "class_name", "target", NULL};

static int find_column(const row *header, const char *const *words) {
  for (int column = 0; column < header->count; column++)
    for (int i = 0; words[i]; i++)
      if (fv__text_equal_ignoring_case(header->fields[column], words[i])) return column;
  return -1;
}

typedef struct columns {
  int path, label;
} columns;

static bool is_header(columns *c, const row *first) {
  const columns found = {find_column(first, path_words), find_column(first, label_words)};
  if (found.path < 0 || found.label < 0) return false;
  *c = found;
  return true;
}

static fv_status add(fv__csv *csv, int64_t *capacity, const row *r, const columns *c) {
  const int most = c->path > c->label ? c->path : c->label;
  if (r->count <= most)
    return fail(FV_ERROR_FORMAT, "line %lld: expected %d columns, found %d", (long long)r->line, most + 1, r->count);
  const char *path = r->fields[c->path], *label = r->fields[c->label];
  if (!path[0] || !label[0])
    return fail(FV_ERROR_FORMAT, "line %lld: the %s is empty", (long long)r->line, path[0] ? "label" : "path");
  if (csv->count == *capacity) {
    const int64_t more = *capacity ? 2 * *capacity : 256;
    fv__csv_row *rows = realloc(csv->rows, (size_t)more * sizeof *rows);
    if (!rows) return fail(FV_ERROR_MEMORY, "no memory for %lld rows", (long long)more);
    csv->rows = rows;
    *capacity = more;
  }
  csv->rows[csv->count++] = (fv__csv_row){path, label, r->line};
  return FV_OK;
}

static fv_status read_rows(fv__csv *csv, reader *r, bool (*is_there)(void *, const char *), void *context) {
  columns c = {0, 1};
  int64_t capacity = 0;
  bool is_first = true;
  while (r->at < r->end) {
    row found;
    TRY(read_row(&found, r));
    if (is_empty(&found)) continue;
    if (is_first) {
      is_first = false;
      csv->has_header = !(is_there && is_there(context, found.fields[0])) && is_header(&c, &found);
      if (csv->has_header) continue;
    }
    TRY(add(csv, &capacity, &found, &c));
  }
  return FV_OK;
}

fv_status fv__csv_read(fv__csv *csv, char *text, size_t size, bool (*is_there)(void *context, const char *path),
                       void *context) {
  *csv = (fv__csv){0};
  if (memchr(text, '\0', size)) return fail(FV_ERROR_FORMAT, "holds bytes of zero, no text");
  reader r = {text, text + size, ',', 1};
  if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) r.at += 3; /* the mark of UTF-8 */
  r.separator = find_separator(r.at);
  fv_status status = read_rows(csv, &r, is_there, context);
  if (status) fv__csv_clear(csv);
  return status;
}

void fv__csv_clear(fv__csv *csv) {
  free(csv->rows);
  *csv = (fv__csv){0};
}
