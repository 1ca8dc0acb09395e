/* The album: pictures of the folder, pictures that were sent, and a test card.
 *
 * A picture's identity is made of its file's content (all of a small file or of one without compression, else of 16
 * pieces and the size): it survives a move and a restart, and is known before anything is decoded.
 */
#ifndef FOVEA_SERVE_ALBUM_H
#define FOVEA_SERVE_ALBUM_H

#include <stdatomic.h>
#include <stdbool.h>

#include <fovea/image.h>

#include "serve/hash.h"
#include "serve/writer.h"

/* What one picture may be at most. */
enum { FV__PICTURE_PIXELS = 64 << 20, FV__PICTURE_BYTES = 128 << 20 };

typedef struct fv__album fv__album;

/* A decoded picture. Several may have it at once; nobody changes it. */
typedef struct fv__picture {
  struct fv__picture *next;
  atomic_int references;
  char id[FV__ID_SIZE];
  char *name; /* its path in the folder, or what it was sent as */
  fv_image image;
} fv__picture;

/* `folder` is a path; `upright`: pictures are turned as their Exif orientation says. Errors: FV_ERROR_NOT_FOUND,
 * FV_ERROR_IO, FV_ERROR_MEMORY. */
fv_status fv__album_create(fv__album **album, const char *folder, bool upright) FV_CHECK;
void fv__album_destroy(fv__album *album); /* NULL is fine */

const struct fv__folder *fv__album_folder(const fv__album *album);

/* A picture by identity, decoded; left with fv__picture_leave. Errors: FV_ERROR_NOT_FOUND, those of fv_image_decode. */
fv_status fv__album_picture(fv__picture **picture, fv__album *album, const char *id) FV_CHECK;
void fv__picture_leave(fv__picture *picture); /* NULL is fine */

/* Adds an encoded picture that was sent; the bytes are copied when it can be decoded. Errors: as above. */
fv_status fv__album_add(char id[FV__ID_SIZE], fv__album *album, const char *name, const void *bytes,
                        size_t size) FV_CHECK;

/* The picture that is shown first: the first of the folder by name, else the test card. */
void fv__album_default(fv__album *album, char id[FV__ID_SIZE]);

/* Up to `room` pictures of the folder, evenly by name; the test card where there is none. Returns how many. */
int fv__album_sample(fv__album *album, char ids[][FV__ID_SIZE], int room);

/* Which part of a folder, and in which order. */
typedef struct fv__album_view {
  const char *folder; /* beneath the album's; "": itself */
  int64_t from, count;
  bool by_time; /* the newest first; else by name */
} fv__album_view;

/* Writes {"dir", "images": [{id, name, bytes}], "folders": [{name, dir}], "rejects": [{name, reason}], "total", "next",
 * "added": [...]}. Errors: FV_ERROR_NOT_FOUND. */
fv_status fv__album_list(fv__writer *json, fv__album *album, const fv__album_view *view) FV_CHECK;

/* A name of a picture, copied; false: unknown. */
bool fv__album_name(fv__album *album, const char *id, char name[512]);

/* Bytes that the album holds, for /stats. */
size_t fv__album_bytes(fv__album *album);

#endif
