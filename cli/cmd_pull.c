/* fovea pull: the official weights of a network of the zoo, fetched into the cache folder. The one command that uses
 * the network, and only because it was asked to. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fovea-tools/fetch.h>
#include <fovea/zoo.h>

#include "command.h"
#include "official.h"
#include "output.h"

enum { PATH_SIZE = 4096, NAME_SIZE = 128, BAR = 30 };

typedef struct pull_options {
  bool list;
  double alpha;
  int32_t input_shape[FV_OPTION_INTS_MAX];
  const char *base_url, *ca_file;
} pull_options;

static const fv_option options[] = {{"list", FV_OPTION_BOOL, offsetof(pull_options, list), "false", 0, 0, NULL,
                                     "show what there is: name, size, licence, file"},
                                    {"alpha", FV_OPTION_FLOAT, offsetof(pull_options, alpha), "0", 0, 16, NULL,
                                     "width multiplier of MobileNet, 0: its own, 1"},
                                    {"input_shape", FV_OPTION_INTS, offsetof(pull_options, input_shape), "", 0, 0, NULL,
                                     "H,W,C: of networks that have a file for each size"},
                                    {"base_url", FV_OPTION_TEXT, offsetof(pull_options, base_url), NULL, 0, 0, NULL,
                                     "URL: a mirror; the folder that holds the file, https alone"},
                                    {"ca_file", FV_OPTION_TEXT, offsetof(pull_options, ca_file), NULL, 0, 0, NULL,
                                     "FILE: certificates (PEM) to trust instead of the system's"},
                                    {0}};

/* ---- the list */

static int list(void) {
  printf("%-56s %13s  %-12s  %s\n", "name", "bytes", "licence", "file");
  for (int32_t i = 0; fv_zoo_at(i); i++)
    for (int32_t k = 0; fv_zoo_weights_at(fv_zoo_at(i)->name, k); k++) {
      const fv_zoo_weights *w = fv_zoo_weights_at(fv_zoo_at(i)->name, k);
      char words[NAME_SIZE], size[32] = "unknown";
      fv_zoo_weights_words(words, sizeof words, fv_zoo_at(i)->name, w);
      if (w->bytes) output_grouped(size, w->bytes);
      printf("%-56s %13s  %-12s  %s\n", words, size, w->licence ? w->licence : "unknown", w->file);
    }
  return COMMAND_OK;
}

/* ---- progress */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number) {
  (void)signal_number;
  interrupted = 1;
}

typedef struct progress {
  bool shown; /* on a terminal alone */
  double drawn, began;
  int64_t at_begin; /* bytes that an earlier call has left */
} progress;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void draw(const progress *p, int64_t done, int64_t total) {
  double speed = p->drawn > p->began ? (double)(done - p->at_begin) / (p->drawn - p->began) : 0;
  if (total > 0) {
    int full = (int)((double)BAR * (double)done / (double)total);
    full = full < 0 ? 0 : full > BAR ? BAR : full;
    fprintf(stderr, "\r[%.*s%*s] %3.0f %%  ", full, "##############################", BAR - full, "",
            100 * (double)done / (double)total);
    fprintf(stderr, "%.1f of %.1f MB  %.1f MB/s \033[K", 1e-6 * (double)done, 1e-6 * (double)total, 1e-6 * speed);
  } else {
    fprintf(stderr, "\r%.1f MB  %.1f MB/s \033[K", 1e-6 * (double)done, 1e-6 * speed);
  }
}

static bool on_progress(void *context, int64_t done, int64_t total) {
  progress *p = context;
  double now = seconds();
  if (p->began == 0) {
    p->began = now;
    p->at_begin = done;
  }
  if (p->shown && now - p->drawn > 0.1) {
    p->drawn = now;
    draw(p, done, total);
  }
  return !interrupted;
}

/* ---- fetching */

static void remark(const char *path, const char *text) {
  if (!command_quiet()) fprintf(stderr, "%s: %s\n", path, text);
}

static int fetch(const char *path, const char *address, const fv_zoo_weights *w, const pull_options *o) {
  progress p = {.shown = isatty(STDERR_FILENO) && !command_quiet()};
  const fv_fetch_options fetching = {
      .checksum = w->checksum, .bytes = w->bytes, .ca_file = o->ca_file, .progress = on_progress, .context = &p};
  struct sigaction once = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND}, before;
  sigaction(SIGINT, &once, &before); /* a second Ctrl-C ends at once */
  fv_status status = fv_fetch_file(path, address, &fetching);
  sigaction(SIGINT, &before, NULL);
  if (p.shown && p.drawn > 0) fputs("\r\033[K", stderr);
  if (status == FV_ERROR_UNSUPPORTED)
    return command_error(COMMAND_FAILURE, "%s: get %s and put it into %s", fv_error_message(), address, path);
  if (status == FV_ERROR_IO || status == FV_ERROR_NOT_FOUND) /* the network's fault, no file's */
    return command_error(COMMAND_FAILURE, "%s", fv_error_message());
  if (status) return command_fail(status);
  if (!w->checksum) remark(path, "fetched; no checksum is published for it");
  puts(path);
  return COMMAND_OK;
}

/* Whether the file is in one of the folders, and right; a wrong one is said. */
static int search(bool *found, const fv_zoo_weights *w) {
  char folder[PATH_SIZE], path[PATH_SIZE + NAME_SIZE];
  *found = false;
  for (int32_t i = 0; fv_zoo_weights_folder(folder, sizeof folder, i); i++) {
    bool fits = true;
    snprintf(path, sizeof path, "%s/%s", folder, w->file);
    if (!*folder || access(path, F_OK)) continue;
    fv_status status = w->checksum ? fv_fetch_check(&fits, path, w->checksum) : FV_OK;
    bool checked = w->checksum && status != FV_ERROR_UNSUPPORTED;
    if (status && checked) return command_fail(status);
    if (checked && !fits) {
      remark(path, "is not the official file, its checksum is another");
      continue;
    }
    remark(path, checked       ? "is there"
                 : w->checksum ? "is there; this fovea was built without libcrypto and cannot check it"
                               : "is there; no checksum is published for it");
    puts(path);
    *found = true;
    return COMMAND_OK;
  }
  return COMMAND_OK;
}

/* Where the file goes. */
static int cache_path(char *path, size_t size, const fv_zoo_weights *w) {
  char folder[PATH_SIZE];
  fv_zoo_weights_folder(folder, sizeof folder, 0);
  if (!*folder) return command_error(COMMAND_FAILURE, "neither FOVEA_CACHE nor HOME says where the cache folder is");
  snprintf(path, size, "%s/%s", folder, w->file);
  return COMMAND_OK;
}

static int pull(const fv_zoo_weights *w, const pull_options *o) {
  char path[PATH_SIZE + NAME_SIZE], address[PATH_SIZE];
  bool found;
  const char *base = o->base_url ? o->base_url : w->address;
  int status = search(&found, w);
  if (status || found) return status;
  if (!base)
    return command_error(COMMAND_BAD_INPUT,
                         "%s has no address of its own: '%s' fetches it, or name a mirror with "
                         "--base-url",
                         w->file, w->command);
  size_t length = strlen(base);
  int written =
      snprintf(address, sizeof address, "%s%s%s", base, length && base[length - 1] == '/' ? "" : "/", w->file);
  if (written < 0 || (size_t)written >= sizeof address) return command_usage("--base-url is too long");
  status = cache_path(path, sizeof path, w);
  return status ? status : fetch(path, address, w, o);
}

/* ---- a file that is there already */

static int take_file(const char *source) {
  char path[PATH_SIZE + NAME_SIZE];
  official known;
  fv_status status = official_recognise(&known, source);
  if (status) return command_fail(status);
  const fv_zoo_weights *w = known.weights;
  if (!w) return command_error(COMMAND_BAD_INPUT, "%s: has the checksum of no official file", source);
  int failed = cache_path(path, sizeof path, w);
  if (failed) return failed;
  status = fv_fetch_copy(path, source, &(fv_fetch_options){.checksum = w->checksum, .bytes = w->bytes});
  if (status) return command_fail(status);
  puts(path);
  return COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const pull_options *o = pointer;
  if (o->list) return argument_count ? command_usage("pull --list takes no argument") : list();
  if (argument_count != 1) return command_usage("pull takes one network, NAME or NAME:notop; --list shows them");
  char name[NAME_SIZE];
  const char *argument = arguments[0], *colon = strchr(argument, ':');
  fv_zoo_options zoo = {.alpha = o->alpha};
  memcpy(zoo.input_shape, o->input_shape, sizeof zoo.input_shape);
  size_t length = colon ? (size_t)(colon - argument) : strlen(argument);
  snprintf(name, sizeof name, "%.*s", (int)(length < NAME_SIZE ? length : NAME_SIZE), argument);
  if (!fv_zoo_find(name) && (strchr(argument, '/') || access(argument, F_OK) == 0)) return take_file(argument);
  if (!fv_zoo_find(name)) return command_usage("there is no network '%s'; `fovea pull --list` shows them", name);
  if (colon && strcmp(colon, ":notop") != 0)
    return command_usage("after the network's name there may be :notop, found '%s'", colon);
  zoo.no_top = colon != NULL;
  const fv_zoo_weights *w;
  fv_status status = fv_zoo_weights_for(&w, name, &zoo);
  if (status) return command_error(COMMAND_USAGE, "%s", fv_error_message());
  return pull(w, o);
}

const fv_command command_pull = {
    .name = "pull",
    .arguments = "NETWORK[:notop] | FILE",
    .help = "fetch the official weights of a network into the cache folder, or put a file there that is known",
    .examples = "fovea pull VGG16\n"
                "fovea pull VGG16:notop --base-url https://mirror.example/keras\n"
                "fovea pull downloads/resnet50.h5\n"
                "fovea pull --list",
    .options = options,
    .options_size = sizeof(pull_options),
    .shortcuts = NULL,
    .run = run,
};
