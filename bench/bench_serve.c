/* bench_serve: what the explorer's server takes for its share of a click, over loopback, without a browser.
 *
 *   bench_serve [NETWORK [ROUNDS]]      VGG16 with weights by name, 20 rounds
 *
 * A line for each question: the best and the 95th percentile of the rounds in milliseconds, and the bytes that came.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <fovea-tools/explore.h>
#include <fovea/fovea.h>

enum { MOST_ROUNDS = 1000 };

static int port, rounds = 20;
static char token[64], buffer[64 << 20];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void give_up(const char *why) {
  fprintf(stderr, "bench_serve: %s\n", why);
  exit(1);
}

/* One exchange on a connection of its own; the body is at the answer, its size the result. */
static size_t exchange(const char *method, const char *target, const char *body, const char **answer) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char text[2048];
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address)) give_up("no connection");
  int length = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n", method,
                        target, port);
  if (body)
    length += snprintf(text + length, sizeof text - (size_t)length,
                       "Content-Type: application/json\r\nX-Explorer-Token: %s\r\nContent-Length: %zu\r\n", token,
                       strlen(body));
  length += snprintf(text + length, sizeof text - (size_t)length, "\r\n%s", body ? body : "");
  if (send(s, text, (size_t)length, MSG_NOSIGNAL) != length) give_up("nothing is taken");
  size_t size = 0;
  for (ssize_t got; size < sizeof buffer - 1 && (got = recv(s, buffer + size, sizeof buffer - 1 - size, 0)) > 0;)
    size += (size_t)got;
  close(s);
  buffer[size] = '\0';
  const char *head = strstr(buffer, "\r\n\r\n");
  if (!head || atoi(buffer + 9) >= 400) give_up(target);
  *answer = head + 4;
  return size - (size_t)(head + 4 - buffer);
}

/* The text behind "KEY":" of an answer. */
static void take(char *to, size_t room, const char *answer, const char *key) {
  char word[64];
  snprintf(word, sizeof word, "\"%s\":\"", key);
  const char *at = strstr(answer, word);
  if (!at) give_up(key);
  at += strlen(word);
  snprintf(to, room, "%.*s", (int)strcspn(at, "\""), at);
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void measure(const char *name, const char *target) {
  static double times[MOST_ROUNDS];
  const char *answer;
  size_t size = 0;
  for (int i = 0; i < rounds; i++) {
    const double start = now();
    size = exchange("GET", target, NULL, &answer);
    times[i] = now() - start;
  }
  qsort(times, (size_t)rounds, sizeof *times, by_size);
  printf("%-34s %8.2f ms  %8.2f ms  %9zu bytes\n", name, times[0], times[(rounds - 1) * 95 / 100], size);
}

/* Asks for a run and waits for it; milliseconds. */
static double run_once(char run[32], const char *model, const char *image) {
  char body[200], target[100], state[32];
  const char *answer;
  snprintf(body, sizeof body, "{\"model\":\"%s\",\"image\":\"%s\"}", model, image);
  const double start = now();
  exchange("POST", "/api/v1/runs", body, &answer);
  take(run, 32, answer, "run");
  snprintf(target, sizeof target, "/api/v1/runs/%s", run);
  for (;;) {
    exchange("GET", target, NULL, &answer);
    take(state, sizeof state, answer, "state");
    if (!strcmp(state, "done")) return now() - start;
    if (!strcmp(state, "failed")) give_up("the run failed");
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
}

/* Every layer's maps, as the page asks for them: the slowest one counts. */
static void measure_layers(const fv_model *model, const char *run) {
  double worst = 0;
  char target[512], worst_name[128] = "";
  size_t worst_size = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const char *answer;
    double best = 1e9;
    size_t size = 0;
    snprintf(target, sizeof target, "/api/v1/runs/%s/maps/%d", run, (int)i);
    for (int k = 0; k < 3; k++) {
      const double start = now();
      size = exchange("GET", target, NULL, &answer);
      if (now() - start < best) best = now() - start;
    }
    if (best < worst) continue;
    worst = best;
    worst_size = size;
    snprintf(worst_name, sizeof worst_name, "%s", fv_model_layer(model, i).name);
  }
  printf("%-34s %8.2f ms  %11s  %9zu bytes  %s\n", "maps, the slowest layer", worst, "", worst_size, worst_name);
}

int main(int count, char **words) {
  const char *network = count > 1 ? words[1] : "VGG16";
  if (count > 2) rounds = atoi(words[2]);
  if (rounds < 1 || rounds > MOST_ROUNDS) give_up("expected 1 to 1000 rounds");
  fv_model *model;
  if (fv_zoo_build(&model, network, &(fv_zoo_options){.weights = "by-name:1"})) give_up(fv_error_message());
  fv_explorer *explorer;
  const double start = now();
  if (fv_explorer_start(&explorer, NULL, &(fv_explore_options){.port = FV_EXPLORE_ANY_PORT}))
    give_up(fv_error_message());
  const char *address = fv_explorer_address(explorer);
  port = atoi(strrchr(address, ':') + 1);
  printf("%-34s %8.2f ms\n", "start to listening", now() - start);
  const double given = now();
  if (fv_explorer_give(explorer, model, network)) give_up(fv_error_message());
  printf("%-34s %8.2f ms\n", "a model is taken", now() - given);
  const char *answer;
  char image[32], run[32], target[256], id[32];
  exchange("GET", "/api/v1/hello", NULL, &answer);
  take(token, sizeof token, answer, "token");
  take(image, sizeof image, answer, "image");
  take(id, sizeof id, answer, "model");
  printf("%-34s %8.2f ms\n", "the first run, with its plan", run_once(run, id, image));
  measure("hello", "/api/v1/hello");
  measure("model", "/api/v1/models/default");
  measure("graph, every layer", "/api/v1/models/default/graph?fold=none");
  measure("graph, blocks", "/api/v1/models/default/graph?fold=block");
  snprintf(target, sizeof target, "/api/v1/runs/%s/top?k=5", run);
  measure("top", target);
  snprintf(target, sizeof target, "/api/v1/runs/%s/layers", run);
  measure("layers of the run", target);
  measure_layers(model, run);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
  return 0;
}
