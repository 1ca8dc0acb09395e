/* Jobs: how far one is, stopping it, what it made. */
#include <string.h>

#include "serve/want.h"

static const char *const states[] = {"waiting", "running", "done", "failed", "cancelled"};

static bool look(fv__request *request, fv__answer *answer, fv__job_view *view) {
  if (fv__queue_look(request->server->queue, request->captures[0], view)) return true;
  fv__answer_problem(answer, 404, "not_found", NULL, "there is no job %s", request->captures[0]);
  return false;
}

static void show(fv__request *request, fv__answer *answer) {
  fv__job_view view;
  if (!look(request, answer, &view)) return;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "job", view.id);
  fv__writer_text(&json, "state", states[view.state]);
  fv__writer_whole(&json, "done", view.done);
  fv__writer_whole(&json, "of", view.of);
  if (view.status) fv__writer_text(&json, "code", fv_status_name(view.status));
  if (view.message[0]) fv__writer_text(&json, "detail", view.message);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  answer->cache = "no-store";
}

static void cancel(fv__request *request, fv__answer *answer) {
  fv__job_view view;
  if (!look(request, answer, &view)) return;
  fv__queue_cancel(request->server->queue, view.id);
  show(request, answer);
}

static void result(fv__request *request, fv__answer *answer) {
  fv__job_view view;
  const char *type;
  size_t size;
  if (!look(request, answer, &view)) return;
  void *bytes = fv__queue_result(request->server->queue, view.id, &type, &size);
  if (bytes)
    fv__answer_bytes(answer, type, bytes, size);
  else if (view.state == FV__JOB_WAITING || view.state == FV__JOB_RUNNING)
    fv__answer_problem(answer, 409, "not_now", "wait for the event job.done", "job %s is not done", view.id);
  else if (view.status)
    fv__answer_problem(answer, 409, "failed", NULL, "%s", view.message);
  else
    fv__answer_problem(answer, 404, "not_found", NULL, "job %s made nothing to fetch", view.id);
}

static const fv__route routes[] = {{.method = "GET", .path = "/api/v1/jobs/{job}", .handle = show},
                                   {.method = "DELETE", .path = "/api/v1/jobs/{job}", .handle = cancel},
                                   {.method = "GET", .path = "/api/v1/jobs/{job}/result", .handle = result},
                                   {0}};

const fv__route_family fv__routes_jobs = {.routes = routes};
