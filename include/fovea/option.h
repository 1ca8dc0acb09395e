/* Option tables: each part (layer, command, network) describes its options once, in a constant table.
 *
 * The table feeds the C builder's defaults, the JSON reader and writer, the command line, `fovea help` and the docs.
 * An options structure is ordinary C with named initialisers; a field left out (zero) means the default:
 *   - a number whose zero is legal but is not the default is asked for with FV_ZERO;
 *   - a boolean whose default is true is stored inverted (`no_bias`), while tables, JSON and the command line keep the
 *     positive name ("use_bias");
 *   - a pair {5} means {5, 5}.
 */
#ifndef FOVEA_OPTION_H
#define FOVEA_OPTION_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

/* "Zero, and I mean it", for numbers whose default is another one. */
#define FV_ZERO INT32_MIN

/* Height and width, or rows and columns. width 0 means the same as height; both 0 mean the default. */
typedef struct fv_pair {
  int32_t height, width;
} fv_pair;

/* Four sides, taken as written; all 0 means the default ({FV_ZERO} is four zeros). */
typedef struct fv_quad {
  int32_t top, bottom, left, right;
} fv_quad;

/* Length of the array behind an INTS option; the last element stays 0. -1 stands for "unknown" in shapes. */
enum { FV_OPTION_INTS_MAX = 9 };

typedef enum fv_option_kind {
  FV_OPTION_INT,      /* int32_t */
  FV_OPTION_PAIR,     /* fv_pair */
  FV_OPTION_QUAD,     /* fv_quad */
  FV_OPTION_INTS,     /* int32_t[FV_OPTION_INTS_MAX]: several numbers, ended by the first 0; none means the default */
  FV_OPTION_FLOAT,    /* double; FV_ZERO for a meant zero */
  FV_OPTION_BOOL,     /* bool, default false */
  FV_OPTION_NOT_BOOL, /* bool stored inverted: the named option defaults to true */
  FV_OPTION_NAME,     /* int32_t: index into `names`, plus 1; 0 means the default */
  FV_OPTION_TEXT,     /* const char *; NULL means the default */
  FV_OPTION_OBJECT    /* const char *: JSON text kept as it is (initialisers, regularisers); NULL means none */
} fv_option_kind;

typedef struct fv_option {
  const char *name; /* the word in JSON and in C; a command line writes '-' for '_' */
  fv_option_kind kind;
  size_t offset;            /* of the field in the options structure */
  const char *default_text; /* as a user would write it, parsed like the command line; NULL: must be given;
                               "=pool_size": the same as another option, a number or a pair, earlier in the table */
  double low, high;         /* legal range of numbers; both 0: no limit. FLOAT with high infinite: "none" is infinity */
  const char *const *names; /* NAME: legal words, NULL-terminated */
  const char *help;         /* one lower-case sentence */
} fv_option;

/* A table ends with an option whose name is NULL. */

/* Fills every field that still means "default" with its explicit value and checks ranges.
 * Errors: FV_ERROR_INVALID names the option that is missing or out of range. TEXT defaults are lent by the table. */
FV_API FV_CHECK fv_status fv_options_complete(void *options, const fv_option *table);

/* The option called `name` ('-' and '_' are the same), or NULL. */
FV_API const fv_option *fv_option_find(const fv_option *table, const char *name);

/* Reads one option from text: "3", "3,5", "1,1,0,0", "0.5", "true", "same". TEXT and OBJECT fields keep the given
 * pointer. Errors: FV_ERROR_INVALID with what was expected. */
FV_API FV_CHECK fv_status fv_option_set(void *options, const fv_option *option, const char *text);

/* Writes the option's value as text (the inverse of fv_option_set) and always ends it with NUL; returns `text`. */
FV_API char *fv_option_text(char *text, size_t size, const void *options, const fv_option *option);

FV_END_DECLARATIONS

#endif
