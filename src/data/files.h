/* Files of pictures, a sample each: what folders and lists have in common. */
#ifndef FOVEA_DATA_FILES_H
#define FOVEA_DATA_FILES_H

#include "data/source.h"

typedef struct fv__file_entry {
  const char *path;  /* in the store's arena */
  int32_t label;     /* or */
  const char *class; /* its class's name, where classes are not yet numbered */
} fv__file_entry;

typedef struct fv__files {
  fv__file_entry *entries; /* owned */
  int64_t count, capacity;
} fv__files;

fv_status fv__files_add(fv__files *files, fv__file_entry entry) FV_CHECK;
void fv__files_clear(fv__files *files);

/* Checks every file as the options say and moves those that cannot be pictures to the store's list of broken ones.
 * Errors: FV_ERROR_MEMORY; with refuse_broken what is wrong with the first. */
fv_status fv__files_check(fv__files *files, fv__store *store, const fv_dataset_options *options) FV_CHECK;

/* The store takes the files; labels and number of samples are the caller's to set. */
fv_status fv__files_give(fv__store *store, fv__files *files) FV_CHECK;

/* Functions for descriptors. */
fv_status fv__files_read(fv_sample *sample, const fv__store *store, int64_t index) FV_CHECK;
void fv__files_name(char *text, size_t size, const fv__store *store, int64_t index);
void fv__files_close(fv__store *store);

#endif
