/* Official weights: which file belongs to which options, and where it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zoo/support/zoo.h"

enum { PATH_BYTES = 4096 };

bool fv_zoo_weights_folder(char *path, size_t size, int32_t index) {
  const char *cache = getenv("FOVEA_CACHE"), *home = getenv("HOME");
  *path = '\0';
  int length = 0;
  if (index == 0 && cache && *cache)
    length = snprintf(path, size, "%s", cache);
  else if (index == 0 && home && *home)
    length = snprintf(path, size, "%s/.cache/fovea", home);
  else if (index == 1 && home && *home)
    length = snprintf(path, size, "%s/.keras/models", home);
  if (length < 0 || (size_t)length >= size) *path = '\0';
  return index >= 0 && index < 2;
}

const fv_zoo_weights *fv_zoo_weights_at(const char *name, int32_t index) {
  const fv__network *network = fv__zoo_find(name);
  if (!network || index < 0) return NULL;
  for (const fv_zoo_weights *w = network->weights; w && w->file; w++)
    if (index-- == 0) return w;
  return NULL;
}

/* "128, 160, 192 or 224": every number once, as they come. */
static const char *list(char *text, size_t size, const double *numbers, int count) {
  size_t used = 0;
  *text = '\0';
  for (int i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%.6g",
                             i == 0           ? ""
                             : i + 1 == count ? " or "
                                              : ", ",
                             numbers[i]);
  return text;
}

enum { CHOICES = 16 };

static int add_choice(double *choices, int count, double choice) {
  for (int i = 0; i < count; i++)
    if (choices[i] == choice) return count;
  if (count < CHOICES) choices[count++] = choice;
  return count;
}

static fv_status no_file_for(const fv__network *network, const fv_zoo_options *o) {
  double alphas[CHOICES], sides[CHOICES];
  int alpha_count = 0, side_count = 0;
  bool alpha_known = false;
  char text[128];
  for (const fv_zoo_weights *w = network->weights; w->file; w++) {
    if (w->no_top != o->no_top) continue;
    if (w->alpha > 0) alpha_count = add_choice(alphas, alpha_count, w->alpha);
    if (w->side > 0) side_count = add_choice(sides, side_count, w->side);
    alpha_known = alpha_known || w->alpha == 0 || w->alpha == o->alpha;
  }
  if (!alpha_known && alpha_count)
    return fail(FV_ERROR_INVALID, "ImageNet weights are for alpha %s, not %g",
                list(text, sizeof text, alphas, alpha_count), o->alpha);
  if (side_count)
    return fail(FV_ERROR_INVALID, "ImageNet weights are for inputs of %s pixels, not %" PRId32 "x%" PRId32,
                list(text, sizeof text, sides, side_count), o->input_shape[0], o->input_shape[1]);
  return fail(FV_ERROR_INVALID, "there are no ImageNet weights %s the top", o->no_top ? "without" : "with");
}

/* The file for this alpha and side; without the top one for the network's own side serves every other. */
static fv_status choose(const fv_zoo_weights **weights, const fv__network *network, const fv_zoo_options *o) {
  const int32_t *s = o->input_shape;
  *weights = NULL;
  if (!network->weights) return fail(FV_ERROR_INVALID, "no ImageNet weights are published in a file that fovea reads");
  for (const fv_zoo_weights *w = network->weights; w->file; w++) {
    if (w->no_top != o->no_top || (w->alpha > 0 && w->alpha != o->alpha)) continue;
    bool fits = w->side == 0 || (s[0] == w->side && s[1] == w->side);
    if (fits || (o->no_top && !*weights && w->side == network->entry.height)) *weights = w;
    if (fits) break;
  }
  if (!*weights) return no_file_for(network, o);
  if (!o->no_top && o->classes != 1000)
    return fail(FV_ERROR_INVALID, "ImageNet weights have 1000 classes, not %" PRId32, o->classes);
  if (s[2] != 3) return fail(FV_ERROR_INVALID, "ImageNet weights are for 3 channels, not %" PRId32, s[2]);
  return FV_OK;
}

fv_status fv_zoo_weights_for(const fv_zoo_weights **weights, const char *name, const fv_zoo_options *options) {
  const fv__network *network;
  fv_zoo_options o;
  *weights = NULL;
  TRY(fv__zoo_resolve(&network, &o, name, options));
  fv_status status = choose(weights, network, &o);
  if (!status) return FV_OK;
  *weights = NULL;
  return note(status, "%s", network->entry.name);
}

const char *fv_zoo_weights_words(char *text, size_t size, const char *name, const fv_zoo_weights *weights) {
  const fv_zoo_entry *entry = fv_zoo_find(name);
  char alpha[32] = "", side[48] = "";
  if (weights->alpha > 0 && weights->alpha != 1) snprintf(alpha, sizeof alpha, " --alpha %g", weights->alpha);
  if (entry && weights->side > 0 && weights->side != entry->height)
    snprintf(side, sizeof side, " --input-shape %" PRId32 ",%" PRId32 ",3", weights->side, weights->side);
  snprintf(text, size, "%s%s%s%s", entry ? entry->name : "", entry && weights->no_top ? ":notop" : "",
           entry ? alpha : "", side);
  return text;
}

static fv_status not_here(const fv__network *network, const fv_zoo_weights *weights) {
  char cache[PATH_BYTES], words[128];
  const char *file = weights->file;
  fv_zoo_weights_folder(cache, sizeof cache, 0);
  if (!*cache) snprintf(cache, sizeof cache, "~/.cache/fovea");
  if (!weights->address)
    return fail(FV_ERROR_NOT_FOUND, "no %s in %.100s or ~/.keras/models; '%s' fetches it, --weights FILE names another",
                file, cache, weights->command);
  return fail(FV_ERROR_NOT_FOUND, "no %s in %.100s or ~/.keras/models; 'fovea pull %s' fetches it from %s%s", file,
              cache, fv_zoo_weights_words(words, sizeof words, network->entry.name, weights), weights->address, file);
}

fv_status fv__zoo_find_weights(char *path, size_t size, const fv__network *network, const fv_zoo_options *o) {
  const fv_zoo_weights *weights;
  char folder[PATH_BYTES];
  TRY(choose(&weights, network, o));
  for (int32_t i = 0; fv_zoo_weights_folder(folder, sizeof folder, i); i++) {
    int length = *folder ? snprintf(path, size, "%s/%s", folder, weights->file) : -1;
    if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return FV_OK;
  }
  return not_here(network, weights);
}

fv_status fv_zoo_find_weights(char *path, size_t size, const char *name, const fv_zoo_options *options) {
  const fv__network *network;
  fv_zoo_options o;
  TRY(fv__zoo_resolve(&network, &o, name, options));
  fv_status status = fv__zoo_find_weights(path, size, network, &o);
  return status ? note(status, "%s", network->entry.name) : FV_OK;
}
