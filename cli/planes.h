/* What filter, pool and resize share: one picture in, pictures or numbers out, and the remark about a stride. */
#ifndef PLANES_H
#define PLANES_H

#include <fovea/filter.h>

#include "command.h"

/* The row of an option table for a structure whose `scale` says how numbers become pixels. */
extern const char *const planes_scales[];
#define PLANES_SCALE_ROW(structure)                                                                                    \
  {                                                                                                                    \
    "scale", FV_OPTION_NAME, offsetof(structure, scale), "clip", 0, 0, planes_scales,                                  \
        "how numbers become pixels: clip to 0..255, auto: the smallest black and the largest white, none: they must "  \
        "fit"                                                                                                          \
  }

/* Reads the one IMAGE of a command line that planes_check took, a file or "-" for stdin, and turns it `upright` if
 * asked. Returns COMMAND_OK or, after a sentence on stderr, the exit status. */
int planes_read(fv_image *image, bool upright, char **arguments);

/* The row for `threads`, as other commands have it. */
#define PLANES_THREADS_ROW(structure)                                                                                  \
  { "threads", FV_OPTION_INT, offsetof(structure, threads), "0", 0, 256, NULL, "threads, 0: one per processor" }

/* What a command line of IMAGE, -o and --figure must be before anything is read: one image, something to write, endings
 * that are known, and not one name for both. `output` and `figure` are NULL where not given; `can_draw` is whether the
 * command has --figure. The same statuses. */
int planes_check(int argument_count, const char *output, const char *figure, bool can_draw);

/* Whether two names stand for one file: folders are looked up, the files need not be there. */
bool planes_same_file(const char *a, const char *b);

/* Whether `path` asks for numbers (.npy) instead of a picture. */
bool planes_is_numbers(const char *path);

/* Writes a picture or, as it is, a tensor for a .npy; the same statuses. */
int planes_write(const char *path, const fv_tensor *numbers, fv_image_scale scale);
int planes_write_image(const char *path, const fv_image *image);

/* A failure of writing: a wrong ending is usage, a full disk a lack of resources, anything else a failure. */
int planes_write_failed(fv_status status);

/* Says on stderr which rows and columns of a picture of `height` x `width` a stride leaves out, and which padding takes
 * them in; `same_helps` is whether padding same would. Nothing when none are left out or with --quiet. */
void planes_remark(const fv_sweep_report *report, int32_t height, int32_t width, bool same_helps);

/* Whether windows of `size` every `stride` pixels touch: then padding same leaves nothing out. */
bool planes_windows_touch(fv_pair size, fv_pair stride);

#endif
