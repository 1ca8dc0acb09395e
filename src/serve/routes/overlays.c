/* Overlays: which channels are switched off or scaled. One is kept by its identity until a run asks for it. */
#include <stdlib.h>
#include <string.h>

#include "serve/averages.h"
#include "serve/changes.h"
#include "serve/want.h"

/* Reads the text for the first of the shown models that has all its layers, "model" of the query alone when it is
 * there; *found is that model, to be left. NULL: the message is the last model's. */
static fv_overlay *read_for_any(fv__request *request, fv_status *status, fv__shown **found) {
  fv__shown *shown[64];
  const char *only = fv__request_query(request, "model");
  const int count = fv__gallery_all(request->server->gallery, shown, 64);
  fv_overlay *overlay = NULL;
  *status = fv_error_set(FV_ERROR_NOT_FOUND, "there is no model yet");
  *found = NULL;
  for (int i = 0; i < count; i++) {
    if (!overlay && (!only || !strcmp(only, shown[i]->id))) {
      *status = fv_overlay_create(&overlay, shown[i]->model);
      if (!*status) *status = fv_overlay_read(overlay, (const char *)request->body, request->body_size);
      if (*status) {
        fv_overlay_destroy(overlay);
        overlay = NULL;
      }
    }
    if (overlay && !*found)
      *found = shown[i];
    else
      fv__shown_leave(shown[i]);
  }
  return overlay;
}

static void tell(fv__answer *answer, int status, const char *id, const char *text) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "id", id);
  fv__writer_raw(&json, "overlay", text);
  fv__writer_end(&json);
  fv__answer_json(answer, status, &json);
}

/* The folder's means are on their way: the same is to be asked again when the job is done. */
static void tell_job(fv__answer *answer, const char *job) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "job", job);
  fv__writer_text(&json, "state", "waiting");
  fv__writer_end(&json);
  fv__answer_json(answer, 202, &json);
}

static void keep(fv__request *request, fv__answer *answer) {
  fv_status status;
  char id[FV__ID_SIZE], job[FV__ID_SIZE] = "";
  fv__shown *shown;
  fv_overlay *overlay = read_for_any(request, &status, &shown);
  if (overlay && (status = fv__averages_put(&overlay, request->server, shown, job))) {
    fv_overlay_destroy(overlay);
    overlay = NULL;
  }
  char *text = overlay && !job[0] ? fv__changes_keep(request->server->shelf, overlay, id) : NULL;
  if (overlay && job[0])
    tell_job(answer, job);
  else if (!overlay)
    fv__answer_failure(answer, status, status == FV_ERROR_FORMAT || status == FV_ERROR_INVALID ? "bad_param" : NULL);
  else if (!text)
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for an overlay");
  else
    tell(answer, 201, id, text);
  free(text);
  fv_overlay_destroy(overlay);
  fv__shown_leave(shown);
}

static void show(fv__request *request, fv__answer *answer) {
  char *text = fv__changes_text(request->server->shelf, request->captures[0]);
  if (text)
    tell(answer, 200, request->captures[0], text);
  else
    fv__answer_problem(answer, 404, "not_found", "POST /api/v1/overlays keeps one", "there is no overlay %s",
                       request->captures[0]);
  free(text);
}

static const fv__route routes[] = {
    {.method = "POST", .path = "/api/v1/overlays", .takes = "application/json", .slow = true, .handle = keep},
    {.method = "GET", .path = "/api/v1/overlays/{overlay}", .is_constant = true, .handle = show},
    {0}};

const fv__route_family fv__routes_overlays = {.routes = routes};
