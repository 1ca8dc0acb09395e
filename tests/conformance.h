/* What the parts of `make conformance` share: the page, its tables, and how many numbers are too far off. */
#ifndef FOVEA_TESTS_CONFORMANCE_H
#define FOVEA_TESTS_CONFORMANCE_H

#include <stdio.h>

#include "support/golden.h"

extern FILE *page;
extern int page_failures;

/* Begins a table of `columns` ("file" or "file | verdict"), what is allowed, and a column per CPU level. */
void page_head(const char *title, const char *explanation, const char *columns);

/* One cell; what is not allowed is bold and counts. */
void page_cell(double error, double allowed);
void page_failed(const char *what); /* with the library's sentence on standard error */

/* One cell per level of what `measure` finds. */
typedef fv_status page_measure(void *context, double *error);
void page_levels(const char *what, double allowed, page_measure *measure, void *context);

/* The cells of a line without numbers, after its name and verdict. */
void page_no_numbers(void);

/* Sections of their own files. */
void conformance_cases(void);  /* keras-js */
void conformance_models(void); /* Keras's files of other people */
void conformance_known(void);  /* networks whose answers, sizes or tensors are known */

#endif
