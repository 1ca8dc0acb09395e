/* fovea as one of the engines whose training bench/peers/train times side by side.
 *
 * Usage: fovea_train NETWORK DROPOUT THREADS       (bench/training.h has the networks)
 *
 * What it is told on standard input, and what it answers on standard output, a line each:
 *   (start)         ready 0.1.0
 *   losses 3        losses 2.41 2.40 2.38     of three steps, before each
 *   run 5           times 0.0123 0.0121 ...   seconds of five steps
 * The processors it may use are set by who starts it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../training.h"

static int give_up(const char *sentence) {
  fprintf(stderr, "fovea_train: %s\n", sentence);
  return 1;
}

static void answer(training *t, int steps, const char *word, bool is_timed) {
  fputs(word, stdout);
  for (int i = 0; i < steps; i++) {
    const double start = training_seconds(), loss = training_step(t);
    printf(" %.9g", is_timed ? training_seconds() - start : loss);
  }
  putchar('\n');
}

int main(int count, char **arguments) {
  if (count != 4) return give_up("usage: fovea_train NETWORK DROPOUT THREADS");
  training t;
  char line[256];
  training_open(&t, arguments[1], atof(arguments[2]), atoi(arguments[3]));
  printf("ready %s\n", fv_version());
  for (fflush(stdout); fgets(line, sizeof line, stdin); fflush(stdout)) {
    if (!strncmp(line, "losses ", 7))
      answer(&t, atoi(line + 7), "losses", false);
    else if (!strncmp(line, "run ", 4))
      answer(&t, atoi(line + 4), "times", true);
    else
      return give_up("asked for something unknown");
  }
  training_close(&t);
  return 0;
}
