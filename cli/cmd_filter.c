/* fovea filter: kernels swept over a picture, each into a file, all side by side in a figure. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fovea-tools/figure.h>

#include "laboratory.h"
#include "pictures.h"
#include "planes.h"

enum { MOST_KERNELS = 64, NAME_SIZE = 128 };

typedef struct filter_options {
  const char *names, *kernel, *kernel_file, *output, *figure;
  int32_t channel, scale;
  const char *signal;
  int32_t threads;
  bool list, upright, explain;
  fv_filter_options filter;
} filter_options;

static const char *const channels[] = {"all", "gray", "gray-cv", "r", "g", "b", NULL};

static const fv_option options[] = {
    {"names", FV_OPTION_TEXT, offsetof(filter_options, names), NULL, 0, 0, NULL,
     "NAME,...: kernels by name, some with options: gaussian-7:sigma=2; --list shows them"},
    {"kernel", FV_OPTION_TEXT, offsetof(filter_options, kernel), NULL, 0, 0, NULL,
     "NUMBERS: a kernel of your own, rows separated by ';'"},
    {"kernel_file", FV_OPTION_TEXT, offsetof(filter_options, kernel_file), NULL, 0, 0, NULL,
     "FILE: a kernel from a file of text, a row per line, or a .npy"},
    {"output", FV_OPTION_TEXT, offsetof(filter_options, output), NULL, 0, 0, NULL,
     "FILE: where to write, .png, .jpg, .bmp or .ppm, or .npy for float32 numbers as computed; with several kernels "
     "each "
     "writes FILE with -NAME before the ending"},
    {"figure", FV_OPTION_TEXT, offsetof(filter_options, figure), NULL, 0, 0, NULL,
     "FILE: a picture of all results side by side with their names, .png, .svg, .pdf or another"},
    {"channel", FV_OPTION_NAME, offsetof(filter_options, channel), "all", 0, 0, channels,
     "what is filtered: all colours one by one, their gray (gray-cv: OpenCV's), or one of them"},
    FV_FILTER_OPTION_ROWS(filter_options, filter),
    PLANES_SCALE_ROW(filter_options),
    PICTURE_UPRIGHT_ROW(filter_options, upright),
    PLANES_THREADS_ROW(filter_options),
    {"explain", FV_OPTION_BOOL, offsetof(filter_options, explain), "false", 0, 0, NULL,
     "say what the kernels do, without a picture: effect, sum, separable or not, cost; --figure draws their numbers "
     "and their frequency response"},
    {"signal", FV_OPTION_TEXT, offsetof(filter_options, signal), NULL, 0, 0, NULL,
     "FILE: a line of numbers (.csv, .txt, .npy) instead of a picture: its convolution, kernel flipped, a kernel's "
     "columns summed; -o takes .csv or .npy, --figure draws flip, shift, multiply, sum"},
    {"list", FV_OPTION_BOOL, offsetof(filter_options, list), "false", 0, 0, NULL,
     "show the kernels there are and stop"},
    {0}};

/* ---- the kernels asked for */

typedef struct filter {
  fv_filter_kernel kernel;
  char name[NAME_SIZE];           /* in titles */
  char file_name[NAME_SIZE + 12]; /* between FILE and its ending, different for every kernel */
} filter;

typedef struct filter_set {
  filter filters[MOST_KERNELS];
  int32_t count;
} filter_set;

static bool is_taken(const filter_set *set, const char *file_name) {
  for (int32_t i = 0; i < set->count; i++)
    if (!strcasecmp(set->filters[i].file_name, file_name)) return true;
  return false;
}

/* "gabor:angle=45" is gabor-angle=45 in a file's name; a name that stands there already gets a number. */
static void name_file(const filter_set *set, filter *next) {
  char name[NAME_SIZE];
  snprintf(name, sizeof name, "%s", next->name);
  for (char *at = name; *at; at++)
    if (*at == ':' || *at == '/') *at = '-';
  snprintf(next->file_name, sizeof next->file_name, "%s", name);
  for (int number = 2; is_taken(set, next->file_name); number++)
    snprintf(next->file_name, sizeof next->file_name, "%s-%d", name, number);
}

/* Room for one more kernel; NULL, after a sentence, when there is none. */
static filter *add(filter_set *set, const char *name) {
  if (set->count == MOST_KERNELS) {
    command_usage("at most %d kernels at once", MOST_KERNELS);
    return NULL;
  }
  filter *next = &set->filters[set->count];
  snprintf(next->name, sizeof next->name, "%s", name);
  name_file(set, next);
  set->count++;
  return next;
}

static int add_named(filter_set *set, const char *names) {
  while (*names) {
    char name[NAME_SIZE];
    size_t length = strcspn(names, ", ");
    if (length >= sizeof name) return command_usage("the name of a kernel is longer than %d signs", NAME_SIZE - 1);
    if (length) {
      snprintf(name, sizeof name, "%.*s", (int)length, names);
      filter *next = add(set, name);
      if (!next) return COMMAND_USAGE;
      fv_status failed = fv_filter_kernel_make(&next->kernel, name);
      if (failed == FV_ERROR_NOT_FOUND)
        return command_usage("%s; `fovea filter --list` shows them", fv_error_message());
      if (failed) return command_fail(failed);
    }
    names += length + (names[length] != '\0');
  }
  return COMMAND_OK;
}

/* The file's name without folder and ending. */
static void base_name(char name[NAME_SIZE], const char *path) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
  size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
  snprintf(name, NAME_SIZE, "%.*s", (int)length, base);
}

static int add_own(filter_set *set, const char *numbers, const char *file) {
  char name[NAME_SIZE] = "kernel";
  if (file) base_name(name, file);
  filter *next = add(set, name);
  if (!next) return COMMAND_USAGE;
  fv_status failed = file ? fv_filter_kernel_read(&next->kernel, file) : fv_filter_kernel_parse(&next->kernel, numbers);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int collect(filter_set *set, const filter_options *given) {
  int status = given->names ? add_named(set, given->names) : COMMAND_OK;
  if (!status && given->kernel) status = add_own(set, given->kernel, NULL);
  if (!status && given->kernel_file) status = add_own(set, NULL, given->kernel_file);
  if (!status && set->count == 0)
    return command_usage("which kernel? -k NAME, --kernel NUMBERS or --kernel-file FILE; --list shows the names");
  return status;
}

static void print_kernel(const fv_filter_kernel *kernel) {
  printf("%s: %s\n", kernel->name, kernel->help);
  for (int32_t y = 0; y < kernel->height; y++) {
    fputs("   ", stdout);
    for (int32_t x = 0; x < kernel->width; x++) printf(" %8.4g", kernel->weights[y * kernel->width + x]);
    putchar('\n');
  }
}

static void print_family(const fv_filter_family *family) {
  printf("%s: %s\n", family->name, family->help);
  for (const fv_option *option = family->options; option->name; option++)
    printf("    :%s=%s  %s\n", option->name, option->default_text, option->help);
}

static int list_kernels(void) {
  for (int32_t i = 0; fv_filter_kernel_at(i); i++) print_kernel(fv_filter_kernel_at(i));
  puts("\nwith options, as in gaussian-7 (a size of 7), gaussian:sigma=2 or gabor:angle=45:wavelength=6:\n");
  for (int32_t i = 0; fv_filter_family_at(i); i++) print_family(fv_filter_family_at(i));
  return COMMAND_OK;
}

/* ---- results */

/* `path`, with -NAME before its ending when there are several. */
static char *output_path(const char *path, const filter *f, bool several) {
  size_t size = strlen(path) + sizeof f->file_name + 2;
  char *made = malloc(size);
  if (!made) return NULL;
  const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  if (!dot || (slash && dot < slash)) dot = path + strlen(path);
  if (several)
    snprintf(made, size, "%.*s-%s%s", (int)(dot - path), path, f->file_name, dot);
  else
    snprintf(made, size, "%s", path);
  return made;
}

/* Whether the figure would take the place of a result. */
static int check_paths(const filter_options *given, const filter_set *set) {
  for (int32_t i = 0; given->output && given->figure && i < set->count; i++) {
    char *path = output_path(given->output, &set->filters[i], set->count > 1);
    if (!path) return command_fail(fv_error_set(FV_ERROR_MEMORY, "no memory for a file name"));
    const bool same = planes_same_file(path, given->figure);
    free(path);
    if (same) return command_usage("-o and --figure name the same file, %s", given->figure);
  }
  return COMMAND_OK;
}

static int write_result(const filter_options *given, const filter *f, const fv_tensor *result, bool several) {
  char *path = output_path(given->output, f, several);
  if (!path) return command_fail(fv_error_set(FV_ERROR_MEMORY, "no memory for a file name"));
  int status = planes_write(path, result, (fv_image_scale)given->scale);
  free(path);
  return status;
}

/* Filters once; the remark about the stride is the same for kernels of one size, so it is made for the first only. */
static int run_filter(fv_image *shown, const filter_options *given, const filter_set *set, int32_t index,
                      const fv_tensor *numbers, fv_workers *workers) {
  const filter *f = &set->filters[index];
  fv_tensor result;
  fv_sweep_report report;
  fv_filter_options how = given->filter;
  how.workers = workers;
  fv_status failed = fv_filter_apply(&result, &report, numbers, &f->kernel, &how);
  if (failed) return command_fail(failed);
  const fv_filter_kernel *first = &set->filters[0].kernel;
  if (index == 0 || f->kernel.height != first->height || f->kernel.width != first->width)
    planes_remark(&report, (int32_t)numbers->shape.dims[0], (int32_t)numbers->shape.dims[1],
                  strcmp(given->filter.padding, "same") != 0 &&
                      planes_windows_touch((fv_pair){f->kernel.height, f->kernel.width}, given->filter.stride));
  int status = given->output ? write_result(given, f, &result, set->count > 1) : COMMAND_OK;
  if (!status && given->figure) {
    failed = fv_image_from_tensor(shown, &result, (fv_image_scale)given->scale);
    if (failed) status = command_fail_about(given->figure, failed);
  }
  fv_tensor_destroy(&result);
  return status;
}

static int run_filters(const filter_options *given, const filter_set *set, const fv_tensor *numbers,
                       const char *title) {
  fv_image shown[MOST_KERNELS] = {{0}};
  fv_figure_picture pictures[MOST_KERNELS];
  fv_workers *workers;
  fv_status started = fv_workers_create(&workers, given->threads);
  int status = started ? command_fail(started) : COMMAND_OK;
  for (int32_t i = 0; !status && i < set->count; i++) {
    status = run_filter(&shown[i], given, set, i, numbers, workers);
    pictures[i] = (fv_figure_picture){.title = set->filters[i].name, .image = &shown[i]};
  }
  fv_workers_destroy(workers);
  if (!status && given->figure) {
    fv_status failed = fv_figure_grid(given->figure, pictures, set->count, &(fv_figure_options){.title = title});
    if (failed) status = planes_write_failed(failed);
  }
  for (int32_t i = 0; i < set->count; i++) fv_image_destroy(&shown[i]);
  return status;
}

static int filter_image(const filter_options *given, const filter_set *set, char **arguments) {
  fv_image image, chosen = {0};
  fv_tensor numbers = {0};
  int status = check_paths(given, set);
  if (!status) status = planes_read(&image, given->upright, arguments);
  if (status) return status;
  fv_status failed = fv_image_channel(&chosen, &image, channels[given->channel - 1]);
  fv_image_destroy(&image);
  if (!failed) failed = fv_image_to_tensor(&numbers, &chosen);
  fv_image_destroy(&chosen);
  if (failed) return command_fail(failed);
  const char *slash = strrchr(arguments[0], '/');
  status = run_filters(given, set, &numbers, slash ? slash + 1 : arguments[0]);
  fv_tensor_destroy(&numbers);
  return status;
}

/* ---- without a picture */

static int explain_all(const filter_options *given, const filter_set *set) {
  fv_image images[2 * MOST_KERNELS] = {{0}};
  fv_figure_picture pictures[2 * MOST_KERNELS];
  int status = COMMAND_OK;
  for (int32_t i = 0; !status && i < set->count; i++) {
    const filter *f = &set->filters[i];
    fv_image *numbers = &images[2 * i], *response = &images[2 * i + 1];
    pictures[2 * i] = (fv_figure_picture){f->name, NULL, numbers};
    pictures[2 * i + 1] = (fv_figure_picture){"gain", "flat areas in the middle, finest detail outside", response};
    status = laboratory_explain(&f->kernel, f->name);
    if (status || !given->figure) continue;
    fv_status failed = laboratory_pictures(numbers, response, &f->kernel);
    if (failed) status = command_fail_about(f->name, failed);
  }
  if (!status && given->figure) {
    fv_figure_options layout = {.title = "kernels and their frequency response", .columns = set->count > 1 ? 4 : 2};
    fv_status failed = fv_figure_grid(given->figure, pictures, 2 * set->count, &layout);
    if (failed) status = planes_write_failed(failed);
  }
  for (int32_t i = 0; i < 2 * set->count; i++) fv_image_destroy(&images[i]);
  return status;
}

static int filter_signal(const filter_options *given, const filter_set *set, int argument_count) {
  if (argument_count) return command_usage("--signal takes the place of a picture");
  if (set->count != 1) return command_usage("--signal takes one kernel, not %d", (int)set->count);
  int status = check_paths(given, set);
  if (status) return status;
  return laboratory_signal(given->signal, &set->filters[0].kernel, set->filters[0].name, &given->filter, given->output,
                           given->figure);
}

static int run_with(const filter_options *given, const filter_set *set, int argument_count, char **arguments) {
  if (given->signal) return filter_signal(given, set, argument_count);
  if (!given->explain) return filter_image(given, set, arguments);
  if (argument_count || given->output) return command_usage("--explain takes no picture and no -o; --figure draws");
  return explain_all(given, set);
}

/* What can be said before any file is read. */
static int check_request(const filter_options *given, int argument_count) {
  if (given->explain && given->signal) return command_usage("--explain or --signal, not both");
  if (!given->explain && !given->signal) return planes_check(argument_count, given->output, given->figure, true);
  if (given->signal && !given->output && !given->figure)
    return command_usage("nothing to write: give -o FILE, --figure FILE or both");
  fv_status failed = given->figure ? fv_figure_check_name(given->figure) : FV_OK;
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int run(void *given_options, int argument_count, char **arguments) {
  const filter_options *given = given_options;
  if (given->list) return list_kernels();
  int status = check_request(given, argument_count);
  if (status) return status;
  filter_set set = {.count = 0};
  status = collect(&set, given);
  if (!status) status = run_with(given, &set, argument_count, arguments);
  for (int32_t i = 0; i < set.count; i++) fv_filter_kernel_destroy(&set.filters[i].kernel);
  return status;
}

const fv_command command_filter = {
    .name = "filter",
    .arguments = "[IMAGE]",
    .help = "sweep kernels over a picture: blur, edges, your own",
    .examples = "fovea filter photo.jpg -k blur -o blurred.png\n"
                "fovea filter photo.jpg -k blur,identity,laplacian,sobel-left,sobel-upper --figure all.png\n"
                "fovea filter photo.jpg --kernel \"0 1 0; 1 -4 1; 0 1 0\" --channel gray --scale auto -o edges.png\n"
                "fovea filter photo.jpg -k gaussian-9,gabor:angle=45:wavelength=6,motion-15 -o photo.png\n"
                "fovea filter -k gaussian-7,sobel-x --explain --figure explained.svg\n"
                "fovea filter --signal steps.csv -k blur --figure convolution.pdf -o smooth.csv\n"
                "fovea filter --list\n",
    .options = options,
    .options_size = sizeof(filter_options),
    .shortcuts = "k=names,o=output",
    .run = run,
};
