/* "did you mean ...?": the nearest of several words to one that was mistyped. */
#ifndef SUGGEST_H
#define SUGGEST_H

typedef struct suggestion {
  const char *word; /* what was typed */
  int distance;     /* of the nearest so far; anything at this distance or farther is no candidate */
  char name[64];    /* the nearest so far, "" when none is near */
} suggestion;

suggestion suggest_begin(const char *word);
void suggest_offer(suggestion *nearest, const char *candidate);

#endif
