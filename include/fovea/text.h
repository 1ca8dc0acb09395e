/* Text from outside: names of files and of classes, which may hold any bytes. */
#ifndef FOVEA_TEXT_H
#define FOVEA_TEXT_H

#include <stddef.h>

#include <fovea/export.h>

FV_BEGIN_DECLARATIONS

/* Bytes of the UTF-8 sign that `text` begins with, 1 to 4; 0 when it is none: cut off, overlong, half of a surrogate
 * pair, beyond U+10FFFF (RFC 3629). `size` bytes are there; for text that ends in NUL 4 will do, since nothing is read
 * behind a NUL. */
FV_API size_t fv_text_sign(const char *text, size_t size);

FV_END_DECLARATIONS

#endif
