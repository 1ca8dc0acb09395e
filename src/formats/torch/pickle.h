/* A pickle machine that can execute nothing.
 *
 * It builds values (numbers, texts, containers), storages named by persistent ids, and tensors. The only names it
 * resolves are torch's storage types, collections.OrderedDict, and the functions that put a tensor together; what they
 * would do is done here. Source: the opcodes' description in Python's Lib/pickletools.py.
 */
#ifndef FOVEA_FORMATS_TORCH_PICKLE_H
#define FOVEA_FORMATS_TORCH_PICKLE_H

#include <fovea/shape.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/source.h"
#include "formats/bytes/element.h"

typedef enum fv__pickle_kind {
  FV__PICKLE_NONE,
  FV__PICKLE_BOOL,
  FV__PICKLE_INTEGER,
  FV__PICKLE_LARGE, /* an integer beyond 64 bits: its little-endian bytes, as text */
  FV__PICKLE_FLOAT,
  FV__PICKLE_TEXT, /* also bytes */
  FV__PICKLE_LIST, /* also tuples and sets */
  FV__PICKLE_DICT, /* keys and values in turn */
  FV__PICKLE_NAME, /* a resolved global */
  FV__PICKLE_STORAGE,
  FV__PICKLE_TENSOR
} fv__pickle_kind;

typedef struct fv__pickle_value fv__pickle_value;
struct fv__pickle_value {
  fv__pickle_kind kind;
  union {
    int64_t integer; /* BOOL, INTEGER, NAME: which */
    double number;
    struct {
      const char *bytes; /* ended by a NUL that is not counted */
      size_t length;
    } text;
    struct {
      fv__pickle_value **items;
      int32_t count, room;
    } list; /* LIST, DICT */
    struct {
      const char *key;
      fv__element element;
      int64_t count;   /* elements; their bytes fit 63 bits */
      int64_t address; /* of the elements; -1 until it is known */
    } storage;
    struct {
      fv__pickle_value *storage;
      fv__element element;
      int64_t offset, strides[FV_MAX_RANK];
      fv_shape shape;
    } tensor;
  };
};

typedef struct fv__pickle {
  fv__arena *arena;
  int64_t memory; /* bytes the arena may still give */
  const fv__source *source;
  int64_t position; /* of the next byte of the source */
} fv__pickle;

/* Runs one pickle from `position` to its STOP and yields what it built. */
fv_status fv__pickle_run(fv__pickle *pickle, fv__pickle_value **value) FV_CHECK;

/* Memory from the arena, within the bound. */
fv_status fv__pickle_take(fv__pickle *pickle, void *memory, size_t bytes) FV_CHECK;

/* Names (names.c): what a global, a call of it and a persistent id become. */
fv_status fv__pickle_resolve(fv__pickle_value *name, const char *module, const char *word) FV_CHECK;
fv_status fv__pickle_call(fv__pickle *pickle, fv__pickle_value *result, const fv__pickle_value *name,
                          const fv__pickle_value *arguments) FV_CHECK;
fv_status fv__pickle_persistent(fv__pickle_value *result, const fv__pickle_value *id) FV_CHECK;

#endif
