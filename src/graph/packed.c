/* The cache of packed weights: a short list, searched by comparing problems. */
#include "graph/packed.h"

#include <stdlib.h>
#include <string.h>

struct fv__packed {
  struct fv__packed *next;
  const fv__way *way;
  fv__op op; /* the key: without batch, values and epilogue bounds */
  unsigned version;
  int references;
  void *data;
  size_t bytes;
};

/* What packing may depend on: everything of the op but the batch, the values it is wired to, its clamp
 * and the accuracy asked for: that is in the way. */
static fv__op key_of(const fv__op *op) {
  fv__op key;
  memcpy(&key, op, sizeof key);
  key.window.n = 0;
  key.inputs[0] = key.inputs[1] = key.residual = key.output = 0;
  key.low = key.high = 0;
  key.accuracy = FV_ACCURACY_DEFAULT;
  return key;
}

static fv__packed *find(fv__core *core, const fv__op *key, const fv__way *way) {
  unsigned version = atomic_load(&core->version);
  for (fv__packed *entry = core->packed; entry; entry = entry->next)
    if (entry->way == way && entry->version == version && !memcmp(&entry->op, key, sizeof *key)) return entry;
  return NULL;
}

static const float *numbers(const fv__core *core, int32_t weight) {
  return weight < 0 ? NULL : core->weights[weight].data;
}

/* An entry with memory of its own, not packed yet. */
static fv_status add(fv__core *core, const fv__op *key, const fv__way *way, size_t bytes, fv__packed **packed) {
  fv__packed *entry = calloc(1, sizeof *entry);
  void *data = fv__block_take(bytes);
  if (!entry || !data) {
    free(entry);
    fv__block_free(data, bytes);
    return fail(FV_ERROR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
  }
  *entry = (fv__packed){
      .next = core->packed, .way = way, .version = atomic_load(&core->version), .data = data, .bytes = bytes};
  memcpy(&entry->op, key, sizeof *key);
  core->packed = entry;
  *packed = entry;
  return FV_OK;
}

static fv_status find_or_add(fv__core *core, fv__packed_wish *wish, bool *fresh) {
  *fresh = false;
  size_t bytes = wish->way->packed_bytes ? wish->way->packed_bytes(wish->op) : 0;
  if (bytes == 0) return FV_OK;
  fv__op key = key_of(wish->op);
  wish->packed = find(core, &key, wish->way);
  if (!wish->packed) {
    TRY(add(core, &key, wish->way, bytes, &wish->packed));
    *fresh = true;
  }
  wish->packed->references++;
  return FV_OK;
}

typedef struct packing {
  const fv__core *core;
  fv__packed_wish **fresh;
} packing;

static void pack_one(void *context, int64_t piece, int thread) {
  (void)thread;
  const packing *job = context;
  const fv__packed_wish *wish = job->fresh[piece];
  const fv__op *op = wish->op;
  const fv__op_weights weights = {numbers(job->core, op->kernel),
                                  numbers(job->core, op->bias),
                                  numbers(job->core, op->normalisation.gamma),
                                  numbers(job->core, op->normalisation.beta),
                                  numbers(job->core, op->normalisation.mean),
                                  numbers(job->core, op->normalisation.variance)};
  wish->way->pack(op, &weights, wish->packed->data);
}

static void release_locked(fv__core *core, fv__packed *packed) {
  if (!packed || --packed->references > 0) return;
  fv__packed **link = &core->packed;
  while (*link != packed) link = &(*link)->next;
  *link = packed->next;
  fv__block_free(packed->data, packed->bytes);
  free(packed);
}

fv_status fv__packed_take(fv__core *core, fv__pool *pool, fv__packed_wish *wishes, int32_t count) {
  packing job = {core, calloc((size_t)count + 1, sizeof *job.fresh)};
  if (!job.fresh) return fail(FV_ERROR_MEMORY, "no memory to pack weights");
  pthread_mutex_lock(&core->lock);
  int32_t fresh_count = 0;
  fv_status status = FV_OK;
  for (int32_t i = 0; i < count && !status; i++) {
    bool fresh;
    status = find_or_add(core, &wishes[i], &fresh);
    if (fresh) job.fresh[fresh_count++] = &wishes[i];
  }
  if (!status)
    fv__parallel_for(pool, fresh_count, pack_one, &job);
  else
    for (int32_t i = 0; i < count; i++) {
      release_locked(core, wishes[i].packed);
      wishes[i].packed = NULL;
    }
  pthread_mutex_unlock(&core->lock);
  free(job.fresh);
  return status;
}

void fv__packed_release(fv__core *core, fv__packed *packed) {
  pthread_mutex_lock(&core->lock);
  release_locked(core, packed);
  pthread_mutex_unlock(&core->lock);
}

const void *fv__packed_data(const fv__packed *packed) { return packed ? packed->data : NULL; }
size_t fv__packed_bytes(const fv__packed *packed) { return packed ? packed->bytes : 0; }

size_t fv__packed_needed(fv__core *core, const fv__op *op, const fv__way *way) {
  size_t bytes = way->packed_bytes ? way->packed_bytes(op) : 0;
  if (bytes == 0) return 0;
  fv__op key = key_of(op);
  pthread_mutex_lock(&core->lock);
  bool there = find(core, &key, way) != NULL;
  pthread_mutex_unlock(&core->lock);
  return there ? 0 : bytes;
}
