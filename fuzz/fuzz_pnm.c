/* PPM and PGM pictures: the codec alone, from memory. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) { return decode_picture(&fv__codec_pnm, bytes, size); }
