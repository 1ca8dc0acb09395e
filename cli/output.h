/* Text from outside (file names, class names, layer names) on stdout, safe for its reader. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdint.h>

#include <fovea/shape.h>

/* As it is, but control characters become '?': a name cannot move the cursor or color the terminal. */
void output_plain(const char *text);

/* A JSON string with its quotes: escaped, always valid UTF-8 (a byte that is not becomes U+FFFD). */
void output_json(const char *text);

/* A CSV field, in quotes where RFC 4180 wants them. */
void output_csv(const char *text);

/* "1,234,567". Returns `text`. */
char *output_grouped(char text[32], int64_t number);

/* A JSON array of a shape, null where unknown. */
void output_json_shape(const fv_shape *shape);

#endif
