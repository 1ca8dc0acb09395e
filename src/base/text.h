/* Small work on text, independent of the locale. */
#ifndef FOVEA_BASE_TEXT_H
#define FOVEA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal text to double with '.' whatever the locale; the whole text must be used ("1/255" is a quotient and legal).
 * "inf", "-inf" and "nan" are not. False when it is not a finite number. */
bool fv__text_to_double(const char *text, double *value);

/* The shortest decimal text that reads back to the same double, with '.', always ended by NUL; "10" and "1e-05", not
 * "1e+01". */
void fv__text_from_double(char *text, size_t size, double value);

/* Keras's automatic name of a class: "GlobalAveragePooling2D" becomes "global_average_pooling2d" (two regular
 * expression passes: a capital followed by small letters, then a small letter or digit before a capital). */
void fv__snake_case(char *text, size_t size, const char *class_name);

/* Whether bytes are UTF-8: nothing overlong, no surrogates, nothing beyond U+10FFFF. */
bool fv__text_is_utf8(const char *bytes, size_t size);

bool fv__text_ends_with(const char *text, const char *ending);   /* exact case */
bool fv__text_equal_ignoring_case(const char *a, const char *b); /* ASCII */
bool fv__text_ends_with_ignoring_case(const char *text, const char *ending);

#endif
