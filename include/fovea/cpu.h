/* The machine: which instruction set the kernels use, and how many threads work.
 *
 * The processor is asked once. The environment variable FOVEA_CPU (baseline, avx2, avx512) or fv_cpu_set_level masks
 * it down, never up. 64-bit ARM has one level, NEON. The level is the library's only global state; plans keep the level
 * they were made with.
 */
#ifndef FOVEA_CPU_H
#define FOVEA_CPU_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_cpu_level {
  FV_CPU_BASELINE, /* x86-64 with SSE2, aarch64 with NEON, or plain C vectors elsewhere */
  FV_CPU_AVX2,     /* AVX2 and FMA */
  FV_CPU_AVX512,   /* AVX-512F */
  FV_CPU_LEVELS
} fv_cpu_level;

/* The level new plans use. */
FV_API fv_cpu_level fv_cpu(void);

/* The best level this processor and this build have, whatever the mask. */
FV_API fv_cpu_level fv_cpu_best(void);

/* "baseline", "avx2", "avx512"; on aarch64 the first is "neon". */
FV_API const char *fv_cpu_name(fv_cpu_level level);

/* What this processor calls itself, "AMD EPYC 7763 64-Core Processor (family 25, model 1)"; "unknown" where it cannot
 * be asked. Writes at most `size` bytes, ended by NUL. Returns `text`. */
FV_API char *fv_cpu_processor(char *text, size_t size);

/* Masks the level for plans made from now on. Errors: FV_ERROR_UNSUPPORTED when the processor lacks it. */
FV_API FV_CHECK fv_status fv_cpu_set_level(fv_cpu_level level);

/* Processors this process may run on (its affinity mask), at least 1. The default number of threads. */
FV_API int fv_cpu_threads(void);

/* Measures what one core can do at the present level: GFLOP/s (a multiply-add is two) of multiply-adds on registers, by
 * this thread's processor time. Takes some milliseconds; the largest of several calls counts. */
FV_API double fv_cpu_peak(void);

/* The library's version, "0.1.0", and the versions of the libraries it was built with, "libpng 1.6.39, zlib ...". */
FV_API const char *fv_version(void);
FV_API const char *fv_libraries(void);

FV_END_DECLARATIONS

#endif
