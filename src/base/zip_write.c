/* Zip archives, written.
 *
 *   per member   local header: signature, version 2.0, flags (bit 11: the name is UTF-8), method 0, time, date,
 *                checksum, two sizes, length of the name; the name; the bytes
 *   directory    the same per member with its place; then the end record
 * Source: PKWARE, ".ZIP File Format Specification", 4.3.
 */
#include "base/zip_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/zip.h"

enum { FIRST_DAY = 1 << 5 | 1, VERSION = 20, UTF8_NAMES = 1 << 11, MEMBERS_MAX = 65535 };

typedef struct member_facts {
  int64_t start, size;
  uint32_t checksum;
} member_facts;

/* From `version needed` to the length of the extra field: the part that both headers share. */
static void put_facts(fv__sink *out, const fv__zip_member_draft *member, const member_facts *facts) {
  fv__sink_number(out, VERSION, 2);
  fv__sink_number(out, UTF8_NAMES, 2);
  fv__sink_number(out, 0, 2);
  fv__sink_number(out, 0, 2);
  fv__sink_number(out, FIRST_DAY, 2);
  fv__sink_number(out, facts->checksum, 4);
  fv__sink_number(out, (uint64_t)facts->size, 4);
  fv__sink_number(out, (uint64_t)facts->size, 4);
  fv__sink_number(out, strlen(member->name), 2);
  fv__sink_number(out, 0, 2);
}

static fv_status put_member(fv__sink *out, const fv__zip_member_draft *member, member_facts *facts, int64_t base) {
  if (!fv__zip_name_is_honest(member->name))
    return fail(FV_ERROR_UNSUPPORTED, "'%.100s' cannot be the name of a zip's member", member->name);
  fv__sink measure = {.is_checked = true};
  member->write(member->context, &measure);
  *facts = (member_facts){out->size - base, measure.size, measure.checksum};
  if (facts->start + facts->size > (int64_t)UINT32_MAX - 1 || strlen(member->name) > UINT16_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "more than 4 GiB do not fit into a zip");
  fv__sink_number(out, 0x04034b50, 4);
  put_facts(out, member, facts);
  fv__sink_put(out, member->name, strlen(member->name));
  member->write(member->context, out);
  return FV_OK;
}

static void put_directory(fv__sink *out, const fv__zip_member_draft *members, const member_facts *facts, int32_t count,
                          int64_t base) {
  int64_t start = out->size;
  for (int32_t i = 0; i < count; i++) {
    fv__sink_number(out, 0x02014b50, 4);
    fv__sink_number(out, VERSION, 2);
    put_facts(out, &members[i], &facts[i]);
    fv__sink_zeros(out, 10); /* no comment, disk 0, no attributes */
    fv__sink_number(out, (uint64_t)facts[i].start, 4);
    fv__sink_put(out, members[i].name, strlen(members[i].name));
  }
  int64_t size = out->size - start;
  fv__sink_number(out, 0x06054b50, 4);
  fv__sink_number(out, 0, 4);
  fv__sink_number(out, (uint64_t)count, 2);
  fv__sink_number(out, (uint64_t)count, 2);
  fv__sink_number(out, (uint64_t)size, 4);
  fv__sink_number(out, (uint64_t)(start - base), 4);
  fv__sink_number(out, 0, 2);
}

fv_status fv__zip_write(fv__sink *sink, const fv__zip_member_draft *members, int32_t count) {
  int64_t base = sink->size;
  if (count > MEMBERS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d members do not fit into a zip", MEMBERS_MAX);
  member_facts *facts = calloc((size_t)count + 1, sizeof *facts);
  if (!facts) return fail(FV_ERROR_MEMORY, "no memory for a zip");
  fv_status status = FV_OK;
  for (int32_t i = 0; i < count && !status; i++) status = put_member(sink, &members[i], &facts[i], base);
  if (!status && sink->size - base > (int64_t)UINT32_MAX - 1)
    status = fail(FV_ERROR_UNSUPPORTED, "more than 4 GiB do not fit into a zip");
  if (!status) put_directory(sink, members, facts, count, base);
  free(facts);
  return status;
}

void fv__zip_put_text(void *context, fv__sink *sink) { fv__sink_put(sink, context, strlen(context)); }
