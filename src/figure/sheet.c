/* A contact sheet of wrong answers: over each picture what it was found to be, under it what it is and the end of its
 * file's name, where names differ. */
#include <fovea-tools/figure.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 160, SIDE = 160, NAME = 14 /* bytes of a file's name that have room */ };

typedef struct words {
  char title[TEXT], remark[TEXT];
} words;

static void write_words(words *w, const fv_figure_mistake *mistake) {
  const char *file = mistake->file ? mistake->file : "";
  for (const char *c = file; *c; c++)
    if (*c == '/' && c[1]) file = c + 1;
  const size_t length = strlen(file);
  const char *end = length > NAME ? file + length - NAME : file;
  while ((*end & 0xC0) == 0x80) end++; /* not in the middle of a character */
  snprintf(w->title, TEXT, "%.100s %.0f %%", mistake->found, 100 * mistake->score);
  snprintf(w->remark, TEXT, "is %.60s%s%s%s", mistake->is, *file ? " \xc2\xb7 " : "", end > file ? "\xe2\x80\xa6" : "",
           end);
}

fv_status fv_figure_mistakes(const char *path, const fv_figure_mistake *mistakes, int32_t count,
                             const fv_figure_options *options) {
  if (count < 1 || count > FV_FIGURE_MAX_PICTURES)
    return fv_error_set(FV_ERROR_INVALID, "a sheet of mistakes has 1 to 1024 pictures");
  fv_figure_options told = options ? *options : (fv_figure_options){0};
  if (!told.side) told.side = SIDE;
  words *all = calloc((size_t)count, sizeof *all);
  fv_figure_picture *pictures = calloc((size_t)count, sizeof *pictures);
  fv_status status = all && pictures ? FV_OK : fv_error_set(FV_ERROR_MEMORY, "no memory for a figure");
  for (int32_t i = 0; !status && i < count; i++) {
    write_words(&all[i], &mistakes[i]);
    pictures[i] = (fv_figure_picture){all[i].title, all[i].remark, mistakes[i].image};
  }
  if (!status) status = fv_figure_grid(path, pictures, count, &told);
  free(all);
  free(pictures);
  return status;
}
