/* The names a state dict needs, and what calling them gives.
 *
 *   torch.FloatStorage ...           a number type, used in persistent ids: ("storage", type, key, place, count, view)
 *   torch._utils._rebuild_tensor_v2  (storage, offset, size, stride, requires_grad, hooks)
 *   torch._utils._rebuild_tensor_v3  the same and a number type, for types without a storage of their own
 *   torch._utils._rebuild_parameter  (tensor, requires_grad, hooks): the tensor itself
 *   collections.OrderedDict          () or a list of pairs, as Python 2 wrote it
 *   torch.float32 ..., torch.device  facts beside tensors, which are read and forgotten
 */
#include "formats/torch/pickle.h"

#include <string.h>

#include "base/size.h"

/* Below 100: a storage of this fv__element; from 200 on: the element itself. */
enum { REBUILD_TENSOR = 100, REBUILD_TYPED_TENSOR, REBUILD_PARAMETER, ORDERED_DICT, SIZE, DEVICE, TYPE = 200 };

static const struct {
  const char *module, *word;
  int meaning;
} known[] = {
    {"torch", "FloatStorage", FV__FLOAT32},
    {"torch", "DoubleStorage", FV__FLOAT64},
    {"torch", "HalfStorage", FV__FLOAT16},
    {"torch", "BFloat16Storage", FV__BFLOAT16},
    {"torch", "LongStorage", FV__INT64},
    {"torch", "IntStorage", FV__INT32},
    {"torch", "ShortStorage", FV__INT16},
    {"torch", "CharStorage", FV__INT8},
    {"torch", "ByteStorage", FV__UINT8},
    {"torch", "BoolStorage", FV__BOOL},
    {"torch.storage", "UntypedStorage", FV__UINT8},
    {"torch", "float32", TYPE + FV__FLOAT32},
    {"torch", "float64", TYPE + FV__FLOAT64},
    {"torch", "float16", TYPE + FV__FLOAT16},
    {"torch", "bfloat16", TYPE + FV__BFLOAT16},
    {"torch", "int64", TYPE + FV__INT64},
    {"torch", "int32", TYPE + FV__INT32},
    {"torch", "int16", TYPE + FV__INT16},
    {"torch", "int8", TYPE + FV__INT8},
    {"torch", "uint8", TYPE + FV__UINT8},
    {"torch", "uint16", TYPE + FV__UINT16},
    {"torch", "uint32", TYPE + FV__UINT32},
    {"torch", "uint64", TYPE + FV__UINT64},
    {"torch", "bool", TYPE + FV__BOOL},
    {"torch._utils", "_rebuild_tensor_v3", REBUILD_TYPED_TENSOR},
    {"torch._utils", "_rebuild_tensor_v2", REBUILD_TENSOR},
    {"torch._utils", "_rebuild_tensor", REBUILD_TENSOR},
    {"torch._utils", "_rebuild_parameter", REBUILD_PARAMETER},
    {"torch._utils", "_rebuild_parameter_with_state", REBUILD_PARAMETER},
    {"torch.nn.parameter", "Parameter", REBUILD_PARAMETER},
    {"collections", "OrderedDict", ORDERED_DICT},
    {"torch", "Size", SIZE},
    {"torch", "device", DEVICE},
};

fv_status fv__pickle_resolve(fv__pickle_value *name, const char *module, const char *word) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(known[i].module, module) || strcmp(known[i].word, word)) continue;
    *name = (fv__pickle_value){.kind = FV__PICKLE_NAME, .integer = known[i].meaning};
    return FV_OK;
  }
  return fail(FV_ERROR_UNSUPPORTED,
              "the pickle asks for %.80s.%.80s; only tensors and containers are read: save a network's state_dict()",
              module, word);
}

static bool is(const fv__pickle_value *list, int32_t index, fv__pickle_kind kind) {
  return index < list->list.count && list->list.items[index]->kind == kind;
}

/* The product of the extents, and the place of the last element, must stay inside the storage. */
static fv_status check_extent(const fv__pickle_value *result) {
  const fv_shape *shape = &result->tensor.shape;
  const fv__pickle_value *storage = result->tensor.storage;
  const int64_t stored = storage->storage.count * (int64_t)fv__element_size(storage->storage.element) /
                         (int64_t)fv__element_size(result->tensor.element); /* checked with the persistent id */
  int64_t count, last = result->tensor.offset;
  TRY(fv_shape_elements(&count, shape));
  for (int32_t i = 0; i < shape->rank && count > 0; i++) {
    int64_t step;
    if (!fv__size_multiply(&step, shape->dims[i] - 1, result->tensor.strides[i]) || !fv__size_add(&last, last, step))
      return fail(FV_ERROR_FORMAT, "a tensor whose strides overflow");
  }
  if (result->tensor.offset > stored || (count > 0 && last >= stored)) {
    char text[128];
    return fail(FV_ERROR_FORMAT, "a tensor of shape %s reaches element %lld of a storage of %lld",
                fv_shape_text(text, sizeof text, shape), (long long)last, (long long)stored);
  }
  return FV_OK;
}

/* The element: the storage's, or in the newest form an argument's. */
static fv_status find_element(fv__element *element, const fv__pickle_value *arguments, bool is_typed) {
  *element = arguments->list.items[0]->storage.element;
  if (!is_typed) return FV_OK;
  if (!is(arguments, 6, FV__PICKLE_NAME) || arguments->list.items[6]->integer < TYPE)
    return fail(FV_ERROR_FORMAT, "a tensor of no number type");
  *element = (fv__element)(arguments->list.items[6]->integer - TYPE);
  return FV_OK;
}

static fv_status rebuild_tensor(fv__pickle_value *result, const fv__pickle_value *arguments, bool is_typed) {
  if (!is(arguments, 0, FV__PICKLE_STORAGE) || !is(arguments, 1, FV__PICKLE_INTEGER) ||
      !is(arguments, 2, FV__PICKLE_LIST) || !is(arguments, 3, FV__PICKLE_LIST))
    return fail(FV_ERROR_FORMAT, "a tensor that is not storage, offset, size and stride");
  const fv__pickle_value *size = arguments->list.items[2], *stride = arguments->list.items[3];
  if (size->list.count != stride->list.count || size->list.count > FV_MAX_RANK)
    return fail(FV_ERROR_UNSUPPORTED, "a tensor of %d extents and %d strides; at most %d axes are read",
                size->list.count, stride->list.count, FV_MAX_RANK);
  *result = (fv__pickle_value){.kind = FV__PICKLE_TENSOR};
  result->tensor.storage = arguments->list.items[0];
  TRY(find_element(&result->tensor.element, arguments, is_typed));
  result->tensor.offset = arguments->list.items[1]->integer;
  result->tensor.shape.rank = size->list.count;
  if (result->tensor.offset < 0) return fail(FV_ERROR_FORMAT, "a tensor at a negative offset");
  for (int32_t i = 0; i < size->list.count; i++) {
    if (!is(size, i, FV__PICKLE_INTEGER) || !is(stride, i, FV__PICKLE_INTEGER) || size->list.items[i]->integer < 0 ||
        stride->list.items[i]->integer < 0)
      return fail(FV_ERROR_FORMAT, "a tensor whose sizes or strides are no whole numbers from 0 on");
    result->tensor.shape.dims[i] = size->list.items[i]->integer;
    result->tensor.strides[i] = stride->list.items[i]->integer;
  }
  return check_extent(result);
}

/* Nothing, or a list of [key, value]. */
static fv_status make_dict(fv__pickle *pickle, fv__pickle_value *result, const fv__pickle_value *arguments) {
  *result = (fv__pickle_value){.kind = FV__PICKLE_DICT};
  if (arguments->list.count == 0) return FV_OK;
  if (arguments->list.count > 1 || !is(arguments, 0, FV__PICKLE_LIST))
    return fail(FV_ERROR_FORMAT, "an OrderedDict made of something other than pairs");
  const fv__pickle_value *pairs = arguments->list.items[0];
  fv__pickle_value **items;
  if (pairs->list.count == 0) return FV_OK;
  if (pairs->list.count > INT32_MAX / 2) return fail(FV_ERROR_FORMAT, "a container of too many items");
  TRY(fv__pickle_take(pickle, &items, 2 * (size_t)pairs->list.count * sizeof *items));
  for (int32_t i = 0; i < pairs->list.count; i++) {
    const fv__pickle_value *pair = pairs->list.items[i];
    if (pair->kind != FV__PICKLE_LIST || pair->list.count != 2)
      return fail(FV_ERROR_FORMAT, "an OrderedDict made of something other than pairs");
    items[2 * i] = pair->list.items[0];
    items[2 * i + 1] = pair->list.items[1];
  }
  result->list.items = items;
  result->list.count = result->list.room = 2 * pairs->list.count;
  return FV_OK;
}

fv_status fv__pickle_call(fv__pickle *pickle, fv__pickle_value *result, const fv__pickle_value *name,
                          const fv__pickle_value *arguments) {
  if (name->kind != FV__PICKLE_NAME || arguments->kind != FV__PICKLE_LIST)
    return fail(FV_ERROR_FORMAT, "the pickle calls something that is no function");
  switch (name->integer) {
  case REBUILD_TENSOR: return rebuild_tensor(result, arguments, false);
  case REBUILD_TYPED_TENSOR: return rebuild_tensor(result, arguments, true);
  case REBUILD_PARAMETER:
    if (!is(arguments, 0, FV__PICKLE_TENSOR)) return fail(FV_ERROR_FORMAT, "a parameter without a tensor");
    *result = *arguments->list.items[0];
    return FV_OK;
  case SIZE:
    if (!is(arguments, 0, FV__PICKLE_LIST)) return fail(FV_ERROR_FORMAT, "a size without extents");
    *result = *arguments->list.items[0];
    return FV_OK;
  case ORDERED_DICT: return make_dict(pickle, result, arguments);
  case DEVICE: *result = (fv__pickle_value){.kind = FV__PICKLE_NONE}; return FV_OK;
  default: return fail(FV_ERROR_UNSUPPORTED, "the pickle makes a storage by itself");
  }
}

fv_status fv__pickle_persistent(fv__pickle_value *result, const fv__pickle_value *id) {
  if (id->kind != FV__PICKLE_LIST || !is(id, 0, FV__PICKLE_TEXT) || strcmp(id->list.items[0]->text.bytes, "storage") ||
      !is(id, 1, FV__PICKLE_NAME) || !is(id, 2, FV__PICKLE_TEXT) || !is(id, 4, FV__PICKLE_INTEGER))
    return fail(FV_ERROR_FORMAT, "a persistent id that is no storage");
  int64_t meaning = id->list.items[1]->integer, count = id->list.items[4]->integer, bytes;
  if (meaning >= REBUILD_TENSOR) return fail(FV_ERROR_FORMAT, "a storage of no number type");
  if (!fv__size_multiply(&bytes, count, (int64_t)fv__element_size((fv__element)meaning)))
    return fail(FV_ERROR_FORMAT, "a storage of %lld elements", (long long)count);
  if (id->list.count > 5 && !is(id, 5, FV__PICKLE_NONE))
    return fail(FV_ERROR_UNSUPPORTED, "a storage that is a view of another (files of torch before 0.4)");
  *result = (fv__pickle_value){.kind = FV__PICKLE_STORAGE};
  result->storage.key = id->list.items[2]->text.bytes;
  result->storage.element = (fv__element)meaning;
  result->storage.count = count;
  result->storage.address = -1;
  return FV_OK;
}
