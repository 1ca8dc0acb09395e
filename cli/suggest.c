/* The distance is Damerau's in its restricted form: the fewest letters to insert, delete, replace, or swap with a
 * neighbour (F. J. Damerau, A technique for computer detection and correction of spelling errors, CACM 7, 1964). A
 * candidate that continues the word, or is it in other capitals, counts as one mistake. */
#include "suggest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 63 };

static int distance(const char *a, const char *b) {
  int table[3][LONGEST + 1] = {{0}};
  int height = (int)strlen(a), width = (int)strlen(b);
  for (int j = 0; j <= width; j++) table[0][j] = j;
  for (int i = 1; i <= height; i++) {
    int *row = table[i % 3], *above = table[(i + 2) % 3], *second = table[(i + 1) % 3];
    row[0] = i;
    for (int j = 1; j <= width; j++) {
      int best = above[j - 1] + (a[i - 1] != b[j - 1]);
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && second[j - 2] + 1 < best)
        best = second[j - 2] + 1;
      row[j] = best;
    }
  }
  return table[height % 3][width];
}

suggestion suggest_begin(const char *word) {
  return (suggestion){.word = word, .distance = (int)((strlen(word) + 2) / 3) + 1};
}

void suggest_offer(suggestion *nearest, const char *candidate) {
  size_t length = strlen(nearest->word);
  if (length > LONGEST || strlen(candidate) > LONGEST) return;
  int here = distance(nearest->word, candidate);
  if (here > 1 && length > 1 && !strncasecmp(candidate, nearest->word, length)) here = 1;
  if (here >= nearest->distance) return;
  nearest->distance = here;
  snprintf(nearest->name, sizeof nearest->name, "%s", candidate);
}
