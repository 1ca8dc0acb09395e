/* The pickle machine: a stack of values, marks on it, and a memo. */
#include "formats/torch/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "formats/bytes/cursor.h"

enum { WINDOW = 4096, STACK_MAX = 1 << 22 };

typedef struct machine {
  fv__pickle *pickle;
  uint8_t window[WINDOW]; /* bytes [window_start, window_end) of the source */
  int64_t window_start, window_end;
  fv__pickle_value **stack;
  int32_t height, room;
  int32_t *marks; /* heights */
  int32_t mark_count, mark_room;
  fv__pickle_value **memo;
  int32_t memo_count, memo_room;
} machine;

fv_status fv__pickle_take(fv__pickle *pickle, void *memory, size_t bytes) {
  memset(memory, 0, sizeof(void *));
  if (bytes > (uint64_t)pickle->memory)
    return fail(FV_ERROR_FORMAT, "the pickle asks for more memory than the file's size allows");
  void *taken = fv__arena_take(pickle->arena, bytes);
  if (!taken) return fail(FV_ERROR_MEMORY, "no memory for a pickle");
  pickle->memory -= (int64_t)bytes;
  memcpy(memory, &taken, sizeof taken);
  return FV_OK;
}

/* Bytes of the pickle, through a window: opcodes are small, the source's reads are not free. */
static fv_status read_bytes(machine *m, void *buffer, size_t size) {
  fv__pickle *pickle = m->pickle;
  int64_t position = pickle->position;
  if (size > WINDOW) {
    TRY(fv__source_read(pickle->source, position, buffer, size));
    pickle->position += (int64_t)size;
    return FV_OK;
  }
  if (position < m->window_start || position + (int64_t)size > m->window_end) {
    int64_t left = pickle->source->size - position;
    if ((int64_t)size > left) return fail(FV_ERROR_FORMAT, "the pickle ends early, at byte %lld", (long long)position);
    int64_t take = left < WINDOW ? left : WINDOW;
    TRY(fv__source_read(pickle->source, position, m->window, (size_t)take));
    m->window_start = position;
    m->window_end = position + take;
  }
  memcpy(buffer, m->window + (position - m->window_start), size);
  pickle->position += (int64_t)size;
  return FV_OK;
}

static fv_status read_number(machine *m, uint64_t *number, int width) {
  uint8_t bytes[8];
  TRY(read_bytes(m, bytes, (size_t)width));
  fv__cursor at = fv__cursor_over(bytes, (size_t)width);
  *number = fv__cursor_number(&at, width);
  return FV_OK;
}

/* `room` elements become more; the arrays are the machine's own and small beside the values. */
static fv_status grow(void *array, int32_t *room, int32_t needed, size_t element) {
  if (needed <= *room) return FV_OK;
  if (needed > STACK_MAX) return fail(FV_ERROR_FORMAT, "the pickle's stack grows beyond %d values", STACK_MAX);
  void *old, *larger;
  memcpy(&old, array, sizeof old);
  int32_t more = needed < 32 ? 64 : 2 * needed;
  larger = reallocarray(old, (size_t)more, element);
  if (!larger) return fail(FV_ERROR_MEMORY, "no memory for a pickle");
  memcpy(array, &larger, sizeof larger);
  *room = more;
  return FV_OK;
}

static fv_status push(machine *m, fv__pickle_value *value) {
  TRY(grow(&m->stack, &m->room, m->height + 1, sizeof *m->stack));
  m->stack[m->height++] = value;
  return FV_OK;
}

static fv_status push_copy(machine *m, fv__pickle_value value) {
  fv__pickle_value *fresh;
  TRY(fv__pickle_take(m->pickle, &fresh, sizeof *fresh));
  *fresh = value;
  return push(m, fresh);
}

static fv_status push_kind(machine *m, fv__pickle_kind kind, int64_t integer) {
  return push_copy(m, (fv__pickle_value){.kind = kind, .integer = integer});
}

/* Values below the newest mark belong to somebody else. */
static int32_t floor_of(const machine *m) { return m->mark_count ? m->marks[m->mark_count - 1] : 0; }

static fv_status pop(machine *m, fv__pickle_value **value) {
  *value = NULL;
  if (m->height <= floor_of(m)) return fail(FV_ERROR_FORMAT, "the pickle takes from an empty stack");
  *value = m->stack[--m->height];
  return FV_OK;
}

static fv_status append(machine *m, fv__pickle_value *list, fv__pickle_value *const *items, int32_t count) {
  if (count > STACK_MAX - list->list.count) return fail(FV_ERROR_FORMAT, "a container of too many items");
  int32_t needed = list->list.count + count;
  if (needed > list->list.room) {
    int32_t room = needed < 8 ? 8 : 2 * needed;
    fv__pickle_value **larger;
    TRY(fv__pickle_take(m->pickle, &larger, (size_t)room * sizeof *larger));
    if (list->list.count) memcpy(larger, list->list.items, (size_t)list->list.count * sizeof *larger);
    list->list.items = larger;
    list->list.room = room;
  }
  if (count) memcpy(list->list.items + list->list.count, items, (size_t)count * sizeof *items);
  list->list.count = needed;
  return FV_OK;
}

/* A list of the newest `count` values, which leave the stack. */
static fv_status push_list(machine *m, fv__pickle_kind kind, int32_t count) {
  if (count > m->height - floor_of(m)) return fail(FV_ERROR_FORMAT, "the pickle takes from an empty stack");
  if (kind == FV__PICKLE_DICT && count % 2) return fail(FV_ERROR_FORMAT, "a dict with a key and no value");
  fv__pickle_value *list;
  TRY(fv__pickle_take(m->pickle, &list, sizeof *list));
  list->kind = kind;
  m->height -= count;
  if (count) TRY(append(m, list, m->stack + m->height, count));
  return push(m, list);
}

static fv_status push_mark(machine *m) {
  TRY(grow(&m->marks, &m->mark_room, m->mark_count + 1, sizeof *m->marks));
  m->marks[m->mark_count++] = m->height;
  return FV_OK;
}

/* How many values lie above the newest mark, which goes. */
static fv_status pop_mark(machine *m, int32_t *count) {
  *count = 0;
  if (m->mark_count == 0) return fail(FV_ERROR_FORMAT, "the pickle misses a mark");
  *count = m->height - m->marks[--m->mark_count];
  return FV_OK;
}

/* Appends the newest `count` values to the container below them. */
static fv_status extend(machine *m, fv__pickle_kind kind, int32_t count) {
  if (count >= m->height - floor_of(m)) return fail(FV_ERROR_FORMAT, "the pickle takes from an empty stack");
  fv__pickle_value *container = m->stack[m->height - count - 1];
  if (container->kind != kind || (kind == FV__PICKLE_DICT && count % 2))
    return fail(FV_ERROR_FORMAT, "the pickle fills a container of another kind");
  m->height -= count;
  return append(m, container, m->stack + m->height, count);
}

static fv_status extend_from_mark(machine *m, fv__pickle_kind kind) {
  int32_t count;
  TRY(pop_mark(m, &count));
  return extend(m, kind, count);
}

static fv_status push_list_from_mark(machine *m, fv__pickle_kind kind) {
  int32_t count;
  TRY(pop_mark(m, &count));
  return push_list(m, kind, count);
}

static fv_status push_text(machine *m, fv__pickle_kind kind, int width) {
  uint64_t length;
  TRY(read_number(m, &length, width));
  if (length > (uint64_t)(m->pickle->source->size - m->pickle->position))
    return fail(FV_ERROR_FORMAT, "the pickle ends early, inside a text of %llu bytes", (unsigned long long)length);
  char *bytes;
  TRY(fv__pickle_take(m->pickle, &bytes, (size_t)length + 1));
  TRY(read_bytes(m, bytes, (size_t)length));
  bytes[length] = '\0';
  fv__pickle_value value = {.kind = kind};
  value.text.bytes = bytes;
  value.text.length = (size_t)length;
  return push_copy(m, value);
}

/* A two's complement number of any length; up to eight bytes it is an integer. */
static fv_status push_long(machine *m, int width) {
  TRY(push_text(m, FV__PICKLE_LARGE, width));
  fv__pickle_value *value = m->stack[m->height - 1];
  size_t length = value->text.length;
  if (length > 8) return FV_OK;
  fv__cursor at = fv__cursor_over(value->text.bytes, length);
  uint64_t number = length ? fv__cursor_number(&at, (int)length) : 0;
  if (length > 0 && length < 8 && number >> (8 * length - 1)) number |= UINT64_MAX << (8 * length);
  *value = (fv__pickle_value){.kind = FV__PICKLE_INTEGER, .integer = (int64_t)number};
  return FV_OK;
}

static fv_status push_float(machine *m) {
  uint8_t bytes[8], turned[8];
  TRY(read_bytes(m, bytes, sizeof bytes));
  for (int i = 0; i < 8; i++) turned[i] = bytes[7 - i];
  fv__cursor at = fv__cursor_over(turned, sizeof turned);
  uint64_t bits = fv__cursor_number(&at, 8);
  fv__pickle_value value = {.kind = FV__PICKLE_FLOAT};
  memcpy(&value.number, &bits, sizeof value.number);
  return push_copy(m, value);
}

static fv_status push_integer(machine *m, int width, bool is_signed) {
  uint64_t number;
  TRY(read_number(m, &number, width));
  return push_kind(m, FV__PICKLE_INTEGER, is_signed ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* A line of text, as GLOBAL has two of. */
static fv_status read_line(machine *m, char *line, size_t size) {
  for (size_t i = 0; i < size; i++) {
    TRY(read_bytes(m, line + i, 1));
    if (line[i] != '\n') continue;
    line[i] = '\0';
    return FV_OK;
  }
  return fail(FV_ERROR_FORMAT, "the pickle has a name of more than %zu bytes", size);
}

static fv_status push_global(machine *m) {
  char module[256], word[256];
  TRY(read_line(m, module, sizeof module));
  TRY(read_line(m, word, sizeof word));
  fv__pickle_value name;
  TRY(fv__pickle_resolve(&name, module, word));
  return push_copy(m, name);
}

static fv_status push_stack_global(machine *m) {
  fv__pickle_value *word, *module, name;
  TRY(pop(m, &word));
  TRY(pop(m, &module));
  if (word->kind != FV__PICKLE_TEXT || module->kind != FV__PICKLE_TEXT)
    return fail(FV_ERROR_FORMAT, "the pickle has a name that is no text");
  TRY(fv__pickle_resolve(&name, module->text.bytes, word->text.bytes));
  return push_copy(m, name);
}

static fv_status reduce(machine *m) {
  fv__pickle_value *arguments, *name, result;
  TRY(pop(m, &arguments));
  TRY(pop(m, &name));
  TRY(fv__pickle_call(m->pickle, &result, name, arguments));
  return push_copy(m, result);
}

/* BUILD sets attributes (an OrderedDict's _metadata): they are read and forgotten. */
static fv_status build(machine *m) {
  fv__pickle_value *state, *object;
  TRY(pop(m, &state));
  TRY(pop(m, &object));
  if (object->kind != FV__PICKLE_DICT && object->kind != FV__PICKLE_TENSOR)
    return fail(FV_ERROR_FORMAT, "the pickle sets attributes of something that has none");
  return push(m, object);
}

static fv_status persistent(machine *m) {
  fv__pickle_value *id, result;
  TRY(pop(m, &id));
  TRY(fv__pickle_persistent(&result, id));
  return push_copy(m, result);
}

/* Python numbers the memo from 0 in order, so an entry is a known one or the next. */
static fv_status memo_put(machine *m, uint64_t index) {
  if (index > (uint64_t)m->memo_count || m->height <= floor_of(m))
    return fail(FV_ERROR_FORMAT, "the pickle's memo is out of order");
  TRY(grow(&m->memo, &m->memo_room, (int32_t)index + 1, sizeof *m->memo));
  m->memo[index] = m->stack[m->height - 1];
  if (index == (uint64_t)m->memo_count) m->memo_count++;
  return FV_OK;
}

static fv_status memo_put_numbered(machine *m, int width) {
  uint64_t index;
  TRY(read_number(m, &index, width));
  return memo_put(m, index);
}

static fv_status memo_get(machine *m, int width) {
  uint64_t index;
  TRY(read_number(m, &index, width));
  if (index >= (uint64_t)m->memo_count) return fail(FV_ERROR_FORMAT, "the pickle's memo has no entry %d", (int)index);
  return push(m, m->memo[index]);
}

static fv_status check_protocol(machine *m) {
  uint64_t protocol;
  TRY(read_number(m, &protocol, 1));
  if (protocol < 2 || protocol > 5)
    return fail(FV_ERROR_UNSUPPORTED, "pickle protocol %d; 2 to 5 are read", (int)protocol);
  return FV_OK;
}

static fv_status skip_frame_size(machine *m) {
  uint64_t size;
  return read_number(m, &size, 8);
}

static fv_status drop(machine *m) {
  fv__pickle_value *dropped;
  return pop(m, &dropped);
}

static fv_status execute(machine *m, uint8_t opcode) {
  switch (opcode) {
  case 0x80: return check_protocol(m);
  case 0x95: return skip_frame_size(m);
  case '(': return push_mark(m);
  case '0': return drop(m);
  case 'N': return push_kind(m, FV__PICKLE_NONE, 0);
  case 0x88: return push_kind(m, FV__PICKLE_BOOL, 1);
  case 0x89: return push_kind(m, FV__PICKLE_BOOL, 0);
  case 'J': return push_integer(m, 4, true);
  case 'K': return push_integer(m, 1, false);
  case 'M': return push_integer(m, 2, false);
  case 0x8a: return push_long(m, 1);
  case 0x8b: return push_long(m, 4);
  case 'G': return push_float(m);
  case 'X':
  case 'T':
  case 'B': return push_text(m, FV__PICKLE_TEXT, 4);
  case 'U':
  case 'C':
  case 0x8c: return push_text(m, FV__PICKLE_TEXT, 1);
  case ']':
  case ')':
  case 0x8f: return push_list(m, FV__PICKLE_LIST, 0);
  case '}': return push_list(m, FV__PICKLE_DICT, 0);
  case 'l':
  case 't': return push_list_from_mark(m, FV__PICKLE_LIST);
  case 'd': return push_list_from_mark(m, FV__PICKLE_DICT);
  case 0x85: return push_list(m, FV__PICKLE_LIST, 1);
  case 0x86: return push_list(m, FV__PICKLE_LIST, 2);
  case 0x87: return push_list(m, FV__PICKLE_LIST, 3);
  case 'a': return extend(m, FV__PICKLE_LIST, 1);
  case 'e':
  case 0x90: return extend_from_mark(m, FV__PICKLE_LIST);
  case 's': return extend(m, FV__PICKLE_DICT, 2);
  case 'u': return extend_from_mark(m, FV__PICKLE_DICT);
  case 'c': return push_global(m);
  case 0x93: return push_stack_global(m);
  case 'R': return reduce(m);
  case 'b': return build(m);
  case 'Q': return persistent(m);
  case 'q': return memo_put_numbered(m, 1);
  case 'r': return memo_put_numbered(m, 4);
  case 0x94: return memo_put(m, (uint64_t)m->memo_count);
  case 'h': return memo_get(m, 1);
  case 'j': return memo_get(m, 4);
  default:
    return fail(FV_ERROR_UNSUPPORTED, "pickle opcode 0x%02x at byte %lld", opcode, (long long)m->pickle->position - 1);
  }
}

static fv_status run(machine *m, fv__pickle_value **value) {
  for (;;) {
    uint8_t opcode = 0;
    TRY(read_bytes(m, &opcode, 1));
    if (opcode == '.') break;
    TRY(execute(m, opcode));
  }
  if (m->height != 1 || m->mark_count) return fail(FV_ERROR_FORMAT, "the pickle leaves %d values", m->height);
  *value = m->stack[0];
  return FV_OK;
}

fv_status fv__pickle_run(fv__pickle *pickle, fv__pickle_value **value) {
  machine *m = calloc(1, sizeof *m);
  if (!m) return fail(FV_ERROR_MEMORY, "no memory for a pickle");
  m->pickle = pickle;
  fv_status status = run(m, value);
  free(m->stack);
  free(m->marks);
  free(m->memo);
  free(m);
  return status;
}
