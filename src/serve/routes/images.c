/* Pictures: the folder, pictures that are sent, thumbnails, the whole picture, and what the network sees of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/album.h"
#include "serve/follow.h"
#include "serve/want.h"

static void list(fv__request *request, fv__answer *answer) {
  static const char *const orders[] = {"name", "mtime", NULL};
  const char *folder = fv__request_query(request, "dir");
  fv__album_view view = {.folder = folder ? folder : ""};
  int order;
  if (!fv__want_whole(request, answer, "cursor", 0, INT32_MAX, 0, &view.from) ||
      !fv__want_whole(request, answer, "limit", 1, 1000, 200, &view.count) ||
      !fv__want_word(request, answer, "sort", orders, &order))
    return;
  view.by_time = order == 1;
  fv__writer json = {0};
  fv__follow_folder(request->server->follow, fv__album_folder(request->server->album), view.folder);
  const fv_status status = fv__album_list(&json, request->server->album, &view);
  if (status) {
    free(json.text);
    fv__answer_failure(answer, status, NULL);
  } else {
    fv__answer_json(answer, 200, &json);
  }
}

/* ---- adding */

/* A name for a picture that was sent: what the page says, without folders. */
static const char *name_of(const fv__request *request) {
  const char *name = fv__request_query(request, "name");
  const char *slash = name ? strrchr(name, '/') : NULL;
  if (slash) name = slash + 1;
  return name && name[0] ? name : "picture";
}

static void refuse(fv__answer *answer, fv_status status) {
  if (status == FV_ERROR_NOT_FOUND)
    fv__answer_failure(answer, status, NULL);
  else if (status == FV_ERROR_MEMORY)
    fv__answer_problem(answer, 413, "image_too_large", NULL, "%s", fv_error_message());
  else
    fv__answer_problem(answer, 422, "image_decode", NULL, "%s", fv_error_message());
}

static void add(fv__request *request, fv__answer *answer) {
  char id[FV__ID_SIZE];
  const fv_status status =
      fv__album_add(id, request->server->album, name_of(request), request->body, request->body_size);
  if (status) {
    refuse(answer, status);
    return;
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "id", id);
  fv__writer_text(&json, "name", name_of(request));
  fv__writer_end(&json);
  fv__answer_json(answer, 201, &json);
}

/* ---- looking */

static void send_png(fv__answer *answer, const fv_image *image) {
  void *bytes;
  size_t size;
  const fv_status status = fv_image_encode(&bytes, &size, image, ".png");
  if (status)
    fv__answer_failure(answer, status, NULL);
  else
    fv__answer_bytes(answer, "image/png", bytes, size);
}

/* At most `side` pixels high and wide. */
static void send_smaller(fv__answer *answer, const fv_image *image, int64_t side) {
  fv_image small = {0};
  const int32_t longer = image->height > image->width ? image->height : image->width;
  if (longer <= side) {
    send_png(answer, image);
    return;
  }
  const int32_t height = (int32_t)((image->height * side + longer / 2) / longer);
  const int32_t width = (int32_t)((image->width * side + longer / 2) / longer);
  const fv_status status = fv_image_resize(&small, image, height ? height : 1, width ? width : 1, "pil-box");
  if (status)
    fv__answer_failure(answer, status, NULL);
  else
    send_png(answer, &small);
  fv_image_destroy(&small);
}

static fv__picture *want_picture(fv__request *request, fv__answer *answer) {
  fv__picture *picture;
  const fv_status status = fv__album_picture(&picture, request->server->album, request->captures[0]);
  if (status) refuse(answer, status);
  return picture;
}

static void thumb(fv__request *request, fv__answer *answer) {
  int64_t side;
  if (!fv__want_whole(request, answer, "s", 16, 1024, 96, &side)) return;
  fv__picture *picture = want_picture(request, answer);
  if (picture) send_smaller(answer, &picture->image, side);
  fv__picture_leave(picture);
}

static void full(fv__request *request, fv__answer *answer) {
  int64_t side;
  if (!fv__want_whole(request, answer, "s", 16, 8192, 2048, &side)) return;
  fv__picture *picture = want_picture(request, answer);
  if (picture) send_smaller(answer, &picture->image, side);
  fv__picture_leave(picture);
}

static void show(fv__request *request, fv__answer *answer) {
  fv__picture *picture = want_picture(request, answer);
  if (!picture) return;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "id", picture->id);
  fv__writer_text(&json, "name", picture->name);
  fv__writer_whole(&json, "height", picture->image.height);
  fv__writer_whole(&json, "width", picture->image.width);
  fv__writer_whole(&json, "channels", picture->image.channels);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  fv__picture_leave(picture);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/images", .slow = true, .handle = list},
    {.method = "POST", .path = "/api/v1/images", .takes = "image/", .slow = true, .handle = add},
    {.method = "GET", .path = "/api/v1/images/{image}", .slow = true, .is_constant = true, .handle = show},
    {.method = "GET", .path = "/api/v1/images/{image}/thumb.png", .slow = true, .is_constant = true, .handle = thumb},
    {.method = "GET", .path = "/api/v1/images/{image}/full.png", .slow = true, .is_constant = true, .handle = full},
    {0}};

const fv__route_family fv__routes_images = {.routes = routes};
