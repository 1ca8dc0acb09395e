/* Sources and zip archives: what is read, and what is refused. Archives are written here byte by byte, so that they can
 * be as dishonest as wanted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/zip.h"

typedef struct member {
  const char *name, *bytes;
  int method, flags;     /* 0 stored, 8 deflate; flag 1: encrypted */
  uint32_t mode;         /* Unix mode, 0: none */
  uint32_t claimed_size; /* 0: the true one */
} member;

typedef struct writer {
  uint8_t bytes[1 << 16];
  size_t size;
} writer;

static void put(writer *w, uint64_t number, int width) {
  for (int i = 0; i < width; i++) w->bytes[w->size++] = (uint8_t)(number >> (8 * i));
}

static void put_bytes(writer *w, const void *bytes, size_t size) {
  memcpy(w->bytes + w->size, bytes, size);
  w->size += size;
}

static size_t pack(uint8_t *out, size_t room, const member *m) {
  size_t size = strlen(m->bytes);
  if (m->method == 0) {
    memcpy(out, m->bytes, size);
    return size;
  }
  z_stream stream = {.next_in = (uint8_t *)m->bytes, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)room};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  deflate(&stream, Z_FINISH);
  size_t packed = room - stream.avail_out;
  deflateEnd(&stream);
  return packed;
}

static void put_common(writer *w, const member *m, uint32_t crc, size_t packed) {
  uint32_t size = m->claimed_size ? m->claimed_size : (uint32_t)strlen(m->bytes);
  put(w, 20, 2), put(w, (uint64_t)m->flags, 2), put(w, (uint64_t)m->method, 2), put(w, 0, 2), put(w, 33, 2);
  put(w, crc, 4), put(w, packed, 4), put(w, size, 4), put(w, strlen(m->name), 2), put(w, 0, 2);
}

static void make(writer *w, const member *members, int count) {
  w->size = 0;
  size_t offsets[8], packed_sizes[8];
  uint32_t crcs[8];
  for (int i = 0; i < count; i++) {
    uint8_t packed[4096];
    offsets[i] = w->size;
    packed_sizes[i] = pack(packed, sizeof packed, &members[i]);
    crcs[i] = (uint32_t)crc32(0, (const uint8_t *)members[i].bytes, (uInt)strlen(members[i].bytes));
    put(w, 0x04034b50, 4);
    put_common(w, &members[i], crcs[i], packed_sizes[i]);
    put_bytes(w, members[i].name, strlen(members[i].name));
    put_bytes(w, packed, packed_sizes[i]);
  }
  size_t directory = w->size;
  for (int i = 0; i < count; i++) {
    put(w, 0x02014b50, 4), put(w, 3 << 8 | 20, 2);
    put_common(w, &members[i], crcs[i], packed_sizes[i]);
    put(w, 0, 2), put(w, 0, 2), put(w, 0, 2), put(w, (uint64_t)members[i].mode << 16, 4), put(w, offsets[i], 4);
    put_bytes(w, members[i].name, strlen(members[i].name));
  }
  size_t directory_size = w->size - directory;
  put(w, 0x06054b50, 4), put(w, 0, 4), put(w, (uint64_t)count, 2), put(w, (uint64_t)count, 2);
  put(w, directory_size, 4), put(w, directory, 4), put(w, 0, 2);
}

static void members_are_read(void **state) {
  (void)state;
  const member members[] = {{.name = "config.json", .bytes = "{}"},
                            {.name = "folder/packed", .bytes = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .method = 8},
                            {.name = "model.weights.h5", .bytes = "0123456789"}};
  static writer w;
  make(&w, members, 3);
  fv__source source, part;
  fv__zip *zip;
  fv__source_memory(&source, w.bytes, w.size);
  if (fv__zip_open(&zip, &source)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv__zip_count(zip), 3);
  assert_int_equal(fv__zip_find(zip, "absent"), -1);
  for (int i = 0; i < 3; i++) {
    int32_t index = fv__zip_find(zip, members[i].name);
    char *bytes;
    assert_int_equal(index, i);
    assert_string_equal(fv__zip_name(zip, index), members[i].name);
    assert_int_equal(fv__zip_size(zip, index), strlen(members[i].bytes));
    assert_int_equal(fv__zip_read(zip, index, &bytes, 100), FV_OK);
    assert_string_equal(bytes, members[i].bytes);
    free(bytes);
    assert_int_equal(fv__zip_read(zip, index, &bytes, 1), FV_ERROR_MEMORY);
    assert_int_equal(fv__zip_member(&part, zip, index), FV_OK);
    for (int64_t at = part.size - 1; at >= 0; at--) { /* backwards: a source is not a stream */
      char c;
      assert_int_equal(fv__source_read(&part, at, &c, 1), FV_OK);
      assert_int_equal(c, members[i].bytes[at]);
    }
    fv__source_close(&part);
  }
  fv__zip_close(zip);
}

static void dishonest_archives_are_refused(void **state) {
  (void)state;
  const struct {
    member members[2];
    int count;
    const char *words;
  } cases[] = {
      {{{.name = "../up", .bytes = "x"}}, 1, "leads elsewhere"},
      {{{.name = "a/../../up", .bytes = "x"}}, 1, "leads elsewhere"},
      {{{.name = "/etc/passwd", .bytes = "x"}}, 1, "leads elsewhere"},
      {{{.name = "a\\b", .bytes = "x"}}, 1, "leads elsewhere"},
      {{{.name = "C:x", .bytes = "x"}}, 1, "leads elsewhere"},
      {{{.name = "link", .bytes = "/etc/passwd", .mode = 0120777}}, 1, "symbolic link"},
      {{{.name = "secret", .bytes = "x", .flags = 1}}, 1, "encrypted"},
      {{{.name = "twice", .bytes = "x"}, {.name = "twice", .bytes = "y"}}, 2, "already exists"},
      {{{.name = "bomb", .bytes = "aaaaaaaa", .method = 8, .claimed_size = 1u << 31}},
       1,
       "unpacks to 2147483648 bytes"},
      {{{.name = "stored", .bytes = "aaaaaaaa", .claimed_size = 7}}, 1, "two sizes differ"},
  };
  static writer w;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    make(&w, cases[i].members, cases[i].count);
    fv__source source;
    fv__zip *zip;
    fv__source_memory(&source, w.bytes, w.size);
    if (!fv__zip_open(&zip, &source)) fail_msg("case %zu was opened", i);
    assert_null(zip);
    if (!strstr(fv_error_message(), cases[i].words)) fail_msg("case %zu: %s", i, fv_error_message());
  }
}

static void longer_or_shorter_members_are_refused(void **state) {
  (void)state;
  const uint32_t claims[] = {37, 39};
  static writer w;
  for (int i = 0; i < 2; i++) {
    member m = {.name = "m", .bytes = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .method = 8, .claimed_size = claims[i]};
    make(&w, &m, 1);
    fv__source source;
    fv__zip *zip;
    char *bytes;
    fv__source_memory(&source, w.bytes, w.size);
    assert_int_equal(fv__zip_open(&zip, &source), FV_OK);
    assert_int_equal(fv__zip_read(zip, 0, &bytes, 100), FV_ERROR_FORMAT);
    assert_string_equal(fv_error_message(), "zip member 'm' is damaged");
    fv__zip_close(zip);
  }
}

/* One changed byte of a member's content, stored or packed, whichever way it is read. */
static void checksums_are_checked(void **state) {
  (void)state;
  for (int method = 0; method <= 8; method += 8) {
    const member m = {.name = "m", .bytes = "0123456789012345678901234567890", .method = method};
    static writer w;
    make(&w, &m, 1);
    w.bytes[31 + 4] ^= 1; /* after the header and its name */
    fv__source source, part;
    fv__zip *zip;
    char *bytes;
    fv__source_memory(&source, w.bytes, w.size);
    assert_int_equal(fv__zip_open(&zip, &source), FV_OK);
    assert_int_equal(fv__zip_read(zip, 0, &bytes, 100), FV_ERROR_FORMAT);
    assert_string_equal(fv_error_message(), "zip member 'm' is damaged");
    fv_status status = fv__zip_member(&part, zip, 0);
    if (!status) status = fv__zip_check(&part);
    assert_int_equal(status, FV_ERROR_FORMAT);
    assert_non_null(strstr(fv_error_message(), "damaged"));
    fv__source_close(&part);
    fv__zip_close(zip);
  }
}

static void nothing_is_no_archive(void **state) {
  (void)state;
  fv__source source;
  fv__zip *zip;
  fv__source_memory(&source, "", 0);
  assert_int_equal(fv__zip_open(&zip, &source), FV_ERROR_FORMAT);
  assert_string_equal(fv_error_message(), "not a whole zip archive: 0 bytes");
}

static void sources_keep_their_bounds(void **state) {
  (void)state;
  fv__source memory, range, file;
  char bytes[4] = "", *all;
  fv__source_memory(&memory, "0123456789", 10);
  assert_int_equal(fv__source_range(&range, &memory, 2, 5), FV_OK);
  assert_int_equal(fv__source_read(&range, 1, bytes, 3), FV_OK);
  assert_memory_equal(bytes, "345", 3);
  assert_int_equal(fv__source_read(&range, 3, bytes, 3), FV_ERROR_FORMAT);
  assert_int_equal(fv__source_read(&range, -1, bytes, 1), FV_ERROR_FORMAT);
  assert_int_equal(fv__source_range(&range, &memory, 6, 5), FV_ERROR_FORMAT);
  assert_int_equal(fv__source_range(&range, &memory, -1, 1), FV_ERROR_FORMAT);
  assert_int_equal(fv__source_read_all(&memory, &all, 10), FV_OK);
  assert_string_equal(all, "0123456789");
  free(all);
  assert_int_equal(fv__source_read_all(&memory, &all, 9), FV_ERROR_MEMORY);
  assert_int_equal(fv__source_open(&file, "/nonexistent/file"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv__source_open(&file, "/"), FV_ERROR_IO);
  assert_int_equal(fv__source_open(&file, "/dev/null"), FV_ERROR_IO);
  fv__source_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sources_keep_their_bounds),      cmocka_unit_test(members_are_read),
      cmocka_unit_test(dishonest_archives_are_refused), cmocka_unit_test(longer_or_shorter_members_are_refused),
      cmocka_unit_test(checksums_are_checked),          cmocka_unit_test(nothing_is_no_archive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
