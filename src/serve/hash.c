/* A hash of words of 8 bytes: each is mixed in by the finisher of splitmix64 (Steele, Lea, Flood, Fast Splittable
 * Pseudorandom Number Generators, 2014), which is a bijection: two contents of the same length that differ in one word
 * never meet there. The length goes in last. */
#include "serve/hash.h"

#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint64_t fv__hash_number(uint64_t hash, uint64_t number) { return mix((hash ^ number) + UINT64_C(0x9e3779b97f4a7c15)); }

uint64_t fv__hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  const uint8_t *at = bytes;
  size_t left = size;
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    hash = fv__hash_number(hash, word);
  }
  uint64_t last = 0;
  if (left) memcpy(&last, at, left);
  return fv__hash_number(fv__hash_number(hash, last), size);
}

uint64_t fv__hash_text(uint64_t hash, const char *text) {
  return fv__hash_bytes(hash, text ? text : "", text ? strlen(text) : 0);
}

char *fv__hash_id(char id[FV__ID_SIZE], char letter, uint64_t hash) {
  snprintf(id, FV__ID_SIZE, "%c_%016llx", letter, (unsigned long long)hash);
  return id;
}
