/* Suppression: the best box stays and what overlaps it too much goes, or sinks; then the best of what is left. */
#include <fovea/boxes.h>

#include <math.h>

/* The place of the best score that is not below `lowest` among those at or behind `from` in `order`; -1: none. */
static int32_t best_of(const int32_t *order, int32_t from, int32_t count, const float *scores, double lowest) {
  int32_t best = -1;
  for (int32_t i = from; i < count; i++) {
    const float score = scores[order[i]];
    if (!((double)score >= lowest)) continue;
    const bool is_better = best < 0 || score > scores[order[best]] ||
                           (score == scores[order[best]] && order[i] < order[best]); /* also after exchanges */
    if (is_better) best = i;
  }
  return best;
}

/* What becomes of a score beside a better box of the same class: its factor. */
static double factor(const fv_suppress_options *o, double overlap) {
  if (o->kind == FV_SUPPRESSION_GAUSSIAN) return exp(-overlap * overlap / o->sigma);
  if (overlap <= o->overlap) return 1;
  return o->kind == FV_SUPPRESSION_LINEAR ? 1 - overlap : 0;
}

int32_t fv_boxes_suppress(int32_t *kept, const fv_box *boxes, float *scores, const int32_t *classes, int32_t count,
                          const fv_suppress_options *options) {
  fv_suppress_options o = options ? *options : (fv_suppress_options){.most = 0};
  if (!o.kind) o.kind = FV_SUPPRESSION_HARD;
  if (o.overlap == 0) o.overlap = 0.5;
  if (o.sigma == 0) o.sigma = 0.5;
  int32_t left = 0, done = 0;
  for (int32_t i = 0; i < count; i++)
    if ((double)scores[i] >= o.lowest_score) kept[left++] = i;
  while (done < left && !(o.most > 0 && done == o.most)) {
    const int32_t place = best_of(kept, done, left, scores, o.lowest_score);
    if (place < 0) break;
    const int32_t best = kept[place];
    kept[place] = kept[done];
    kept[done++] = best;
    int32_t stay = done; /* those that go are dropped from behind it */
    for (int32_t i = done; i < left; i++) {
      const int32_t other = kept[i];
      if (!classes || classes[other] == classes[best]) {
        const double by = factor(&o, fv_box_overlap(FV_OVERLAP_IOU, &boxes[other], &boxes[best], NULL));
        if (by == 0) continue;
        scores[other] = (float)(scores[other] * by);
      }
      kept[stay++] = other;
    }
    left = stay;
  }
  return done;
}
