/* What every public header needs: visibility, attributes, C linkage.
 *
 * FV_API marks what the shared library exports; everything else is hidden. FV_CHECK marks functions whose
 * result must be looked at: they can fail.
 */
#ifndef FOVEA_EXPORT_H
#define FOVEA_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define FV_API __attribute__((visibility("default")))
#define FV_CHECK __attribute__((warn_unused_result))
#define FV_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define FV_API
#define FV_CHECK
#define FV_PRINTF(text, first)
#endif

#ifdef __cplusplus
#define FV_BEGIN_DECLARATIONS extern "C" {
#define FV_END_DECLARATIONS }
#else
#define FV_BEGIN_DECLARATIONS
#define FV_END_DECLARATIONS
#endif

#endif
