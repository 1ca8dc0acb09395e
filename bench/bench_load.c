/* Opening a large file: fv_model_load against reading the same bytes, both with the page cache warm.
 *
 *   read    read() of the whole file into fresh memory of its size, which a loader needs too
 *   huge    the same with huge pages asked for, as a model's weights do
 *   reused  read() into one buffer of 1 MiB over and over: what the page cache gives when nothing is kept
 *   load    fv_model_load: the same bytes, made a model, every number checked to be finite
 *
 * Seen on a shared core of an x86-64 server (553 MB, 15 rounds, minima): read 327 ms, huge 100, reused 47, load 122: at
 * 267 % of read and 81 % of huge; before the numbers were checked in the cache, 70 % of huge. 558 MB of private memory.
 *
 * Rounds of all are interleaved; minima and medians are shown. Must: load at 70 % of read's speed or better, and
 * private memory after it at most 1.15 times the weights and 60 MB. FILE: one that tools/make-large-h5 made.
 *
 * Usage: bench_load FILE [ROUNDS]. Exit status 1 when a limit is missed; without FILE it says so and ends with 0.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fovea/fovea.h>

enum { ROUNDS_MOST = 100, REUSED_BYTES = 1 << 20 };
enum { READ, HUGE, REUSED, LOAD, WAYS };

static double wall_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Reads the file to its end; `reused`: always to the beginning of `buffer`. */
static bool read_file(const char *path, char *buffer, size_t size, bool reused) {
  const int file = open(path, O_RDONLY);
  size_t done = 0;
  for (ssize_t got = 1; file >= 0 && got > 0 && done < size; done += (size_t)got) {
    const size_t left = size - done;
    got = read(file, reused ? buffer : buffer + done, reused && left > REUSED_BYTES ? REUSED_BYTES : left);
    if (got < 0) break;
  }
  if (file >= 0) close(file);
  return done == size;
}

static bool time_read(double *seconds, const char *path, size_t size, int way) {
  const double start = wall_seconds();
  const bool reused = way == REUSED;
  const size_t room = reused ? REUSED_BYTES : size;
  char *buffer = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) return false;
  if (way == HUGE) madvise(buffer, room, MADV_HUGEPAGE);
  const bool done = read_file(path, buffer, size, reused);
  *seconds = wall_seconds() - start;
  munmap(buffer, room);
  return done;
}

/* Memory that only this process has, in MB. */
static double private_megabytes(void) {
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  char line[256];
  double total = 0;
  while (file && fgets(line, sizeof line, file)) {
    long kilobytes;
    if (sscanf(line, "Private_Clean: %ld", &kilobytes) == 1 || sscanf(line, "Private_Dirty: %ld", &kilobytes) == 1)
      total += (double)kilobytes * 1024e-6;
  }
  if (file) fclose(file);
  return total;
}

/* What the process held at most, by the kernel's own record; shared pages of the program are in it too. */
static double peak_megabytes(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes = 0;
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
  if (file) fclose(file);
  return (double)kilobytes * 1024e-6;
}

typedef struct memory_use {
  double weights, held, peak; /* MB */
} memory_use;

static bool time_load(double *seconds, memory_use *memory, const char *path) {
  const double start = wall_seconds();
  fv_model *model;
  if (fv_model_load(&model, path, NULL)) {
    fprintf(stderr, "%s\n", fv_error_message());
    return false;
  }
  *seconds = wall_seconds() - start;
  *memory = (memory_use){4e-6 * (double)fv_model_parameters(model), private_megabytes(), peak_megabytes()};
  fv_model_destroy(model);
  return true;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **words) {
  const char *path = count > 1 ? words[1] : FOVEA_BINARY_DIR "/bench/large.h5";
  int rounds = count > 2 ? atoi(words[2]) : 9;
  rounds = rounds < 1 ? 1 : rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds;
  struct stat facts;
  if (stat(path, &facts)) {
    printf("no file %s: make one with tools/make-large-h5\n", path);
    return count > 1;
  }
  double seconds[WAYS][ROUNDS_MOST];
  memory_use memory;
  const size_t size = (size_t)facts.st_size;
  double unused;
  /* The first load comes before the reads, so that the peak is its own. */
  if (!time_load(&unused, &memory, path)) return 1;
  for (int i = 0; i < rounds; i++)
    for (int way = 0; way < WAYS; way++) {
      const bool done = way == LOAD ? time_load(&seconds[LOAD][i], &(memory_use){0}, path)
                                    : time_read(&seconds[way][i], path, size, way);
      if (!done) return 1;
    }
  static const char *const names[] = {"read", "huge", "reused", "load"};
  for (int way = 0; way < WAYS; way++) {
    qsort(seconds[way], (size_t)rounds, sizeof **seconds, by_size);
    printf("%-7s least %7.1f ms, median %7.1f ms, %6.2f GB/s\n", names[way], 1e3 * seconds[way][0],
           1e3 * seconds[way][rounds / 2], 1e-9 * (double)size / seconds[way][0]);
  }
  const double speed = seconds[READ][0] / seconds[LOAD][0], limit = 1.15 * memory.weights + 60;
  printf("load runs at %.0f %% of read (70 %% is the least), at %.0f %% of huge\n", 100 * speed,
         100 * seconds[HUGE][0] / seconds[LOAD][0]);
  printf("private memory: %.0f MB held, %.0f MB at most, for %.0f MB of weights (limit %.0f MB)\n", memory.held,
         memory.peak, memory.weights, limit);
  return speed < 0.7 || memory.peak > limit;
}
