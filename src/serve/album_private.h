/* What album.c and album_list.c share: the table of known files. */
#ifndef FOVEA_SERVE_ALBUM_PRIVATE_H
#define FOVEA_SERVE_ALBUM_PRIVATE_H

#include <pthread.h>

#include "serve/album.h"
#include "serve/folder.h"

enum { FV__ALBUM_BUCKETS = 4096 };

/* A file that was looked at, or a picture that was sent. */
typedef struct fv__entry {
  struct fv__entry *next_path, *next_id, *next_added;
  char *path; /* beneath the folder, or a name */
  fv__file_facts facts;
  char id[FV__ID_SIZE]; /* "": it cannot be shown, and `reason` says why */
  char *reason;
  uint8_t *bytes; /* of one that was sent; NULL: in the folder */
} fv__entry;

struct fv__album {
  fv__folder folder;
  bool upright;
  pthread_mutex_t lock;  /* of everything below */
  pthread_mutex_t scans; /* one folder at a time is looked through */
  fv__entry *by_path[FV__ALBUM_BUCKETS], *by_id[FV__ALBUM_BUCKETS];
  fv__entry *added; /* what was sent, the newest first */
  size_t added_bytes;
  fv__picture *decoded; /* the last used first */
  size_t decoded_bytes;
  fv__picture *card;
};

/* With the lock held. A file's entry when it is as it was then; NULL. */
fv__entry *fv__album_known(fv__album *album, const char *path, const fv__file_facts *facts);
fv__entry *fv__album_by_id(fv__album *album, const char *id);

/* With the lock held: makes or renews an entry; NULL without memory. `id` NULL: it cannot be shown. */
fv__entry *fv__album_note(fv__album *album, const char *path, const fv__file_facts *facts, const char *id,
                          const char *reason);

/* Looks through the folder and what is below it, for an identity that is not known yet. */
void fv__album_search(fv__album *album);

#endif
