/* Short identities of contents: what is equal has the same, in every process and on every machine. They name pictures,
 * models and runs in addresses and caches; nobody is kept out by them. 64 bits: among a million things two share one
 * with a chance of 3 in 100 million. */
#ifndef FOVEA_SERVE_HASH_H
#define FOVEA_SERVE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Begins at FV__HASH_START; each call mixes what comes next into it. */
#define FV__HASH_START UINT64_C(0x9e3779b97f4a7c15)

uint64_t fv__hash_bytes(uint64_t hash, const void *bytes, size_t size);
uint64_t fv__hash_text(uint64_t hash, const char *text); /* NULL as "" */
uint64_t fv__hash_number(uint64_t hash, uint64_t number);

/* An identity as text: a letter, '_' and 16 hexadecimal digits, "m_0123456789abcdef". */
enum { FV__ID_SIZE = 20 };
char *fv__hash_id(char id[FV__ID_SIZE], char letter, uint64_t hash);

#endif
