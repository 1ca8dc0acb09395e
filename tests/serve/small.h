/* A small network, a folder of pictures, and an explorer that shows them. Included by a program's only file, after
 * client.h. */
#ifndef FOVEA_TESTS_SERVE_SMALL_H
#define FOVEA_TESTS_SERVE_SMALL_H

#include <sys/stat.h>

#include <fovea/fovea.h>

static char folder[64];
static fv_model *model;
static fv_explorer *explorer;
static int port;

static inline const char *in_folder(const char *name) {
  static char paths[8][400];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static inline void put_file(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(in_folder(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* A picture of its own for each seed; its kind is PNG whatever its name says. */
static inline void put_picture(const char *name, int side, int seed) {
  fv_image image;
  void *bytes;
  size_t size;
  assert_int_equal(fv_image_create(&image, side, side + 3, 3), FV_OK);
  for (int i = 0; i < side * (side + 3) * 3; i++) image.pixels[i] = (uint8_t)(i * (seed * 2 + 1) + i / 50 * seed);
  assert_int_equal(fv_image_encode(&bytes, &size, &image, ".png"), FV_OK);
  put_file(name, bytes, size);
  free(bytes);
  fv_image_destroy(&image);
}

/* Convolutions, a pooling, a classifier of ten. */
static inline fv_model *small_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {24, 24, 3});
  x = fv_conv2d(g, x, .name = "first", .filters = 6, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_max_pooling2d(g, x, .name = "pool");
  x = fv_conv2d(g, x, .name = "block/second", .filters = 9, .kernel_size = {3}, .activation = "tanh");
  x = fv_global_average_pooling2d(g, x, .name = "mean");
  x = fv_dense(g, x, .name = "classes", .units = 10, .activation = "softmax");
  fv_model *made;
  assert_int_equal(fv_model_create(&made, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(made, "by-name:1"), FV_OK);
  assert_int_equal(fv_model_set_name(made, "small"), FV_OK);
  return made;
}

static inline void start_with(fv_model *shown, const fv_explore_options *options) {
  fv_explore_options o = *options;
  o.port = FV_EXPLORE_ANY_PORT;
  o.input_folder = folder;
  const fv_status status = fv_explorer_start(&explorer, shown, &o);
  if (status) print_message("%s\n", fv_error_message());
  assert_int_equal(status, FV_OK);
  port = port_of(explorer);
}

static inline int make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/fovea serve-XXXXXX"); /* a blank in it */
  return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void) {
  char command[200];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

/* A text of JSON's, copied: what follows "KEY":" in the body. */
static inline char *text_of(const reply *r, const char *key) {
  char word[64];
  snprintf(word, sizeof word, "\"%s\":\"", key);
  const char *at = strstr(r->body, word);
  if (!at) fail_msg("no %s in %s", key, r->body);
  at += strlen(word);
  return strndup(at, strcspn(at, "\""));
}

/* The identity of the picture called `name`. */
static inline char *picture_id(const char *name) {
  char word[300];
  reply r = get(port, "/api/v1/images?limit=1000");
  snprintf(word, sizeof word, "\"name\":\"%s\"", name);
  const char *at = strstr(r.body, word);
  if (!at) fail_msg("no %s in %s", name, r.body);
  while (strncmp(at, "\"id\":\"", 6) != 0) at--;
  char *id = strndup(at + 6, 18);
  end_reply(&r);
  return id;
}

/* Waits for a run to be done: asks again, 10 seconds at most. False: it failed. */
static inline bool wait_for_run(const char *run) {
  char target[100];
  snprintf(target, sizeof target, "/api/v1/runs/%s", run);
  for (int i = 0; i < 2000; i++) {
    reply r = get(port, target);
    const bool done = strstr(r.body, "\"state\":\"done\"") != NULL,
               failed = strstr(r.body, "\"state\":\"failed\"") != NULL;
    end_reply(&r);
    if (done || failed) return done;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  return false;
}

/* Asks for a run of a model on a picture and waits for it. Returns its identity, to be freed. */
static inline char *run_on(const char *model_id, const char *picture) {
  char body[200];
  snprintf(body, sizeof body, "{\"model\":\"%s\",\"image\":\"%s\"}", model_id, picture);
  reply r = post_json(port, "/api/v1/runs", body);
  if (r.status != 200 && r.status != 202) fail_msg("%d: %s", r.status, r.body);
  char *run = text_of(&r, "run");
  end_reply(&r);
  assert_true(wait_for_run(run));
  return run;
}

/* GET of a target with up to two words put in. */
static inline reply get_of(const char *format, const char *one, const char *two) {
  char target[600];
  snprintf(target, sizeof target, format, one, two);
  return get(port, target);
}

#endif
