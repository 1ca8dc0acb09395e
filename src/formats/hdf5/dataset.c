/* Datasets: what they hold, and reading them as float32.
 *
 *   layout message, version 3 and 4: version, class; then by class
 *     0: compact     size (2), data
 *     1: contiguous  address, size
 *     2: chunked     in version 3: rank + 1, address of the B-tree, chunk extents (4 each), then the element's size
 *     3: virtual     refused: it names other files
 *
 *   filter message: version, count; version 1: 6 reserved; then per filter
 *     id, length of name (version 2: only for ids from 256 on), flags, number of values,
 *     name (version 1: padded to 8), values (4 each; version 1: 4 of padding when their number is odd)
 */
#include "formats/hdf5/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* Bytes read at a time: where elements are converted, and where they only are looked at. */
enum { PIECE = 64 << 10, LOOKED_AT = 256 << 10 };

static fv_status parse_chunked(fv__hdf5_dataset *dataset, fv__cursor *at) {
  uint64_t rank = fv__cursor_number(at, 1);
  dataset->layout = FV__HDF5_CHUNKED;
  dataset->address = fv__hdf5_address(at);
  if (rank != (uint64_t)dataset->shape.rank + 1)
    return fail(FV_ERROR_FORMAT, "chunks of %d axes for data of %d", (int)rank - 1, dataset->shape.rank);
  for (int32_t i = 0; i < dataset->shape.rank; i++) {
    dataset->chunk[i] = (int64_t)fv__cursor_number(at, 4);
    if (dataset->chunk[i] == 0) return fail(FV_ERROR_FORMAT, "chunks of extent 0");
  }
  if (fv__cursor_number(at, 4) != dataset->type.size) return fail(FV_ERROR_FORMAT, "chunks of another element size");
  if (at->spent) return fail(FV_ERROR_FORMAT, "an HDF5 layout ends early");
  return FV_OK;
}

static fv_status parse_layout(fv__hdf5_dataset *dataset, fv__cursor at) {
  uint64_t version = fv__cursor_number(&at, 1), class = fv__cursor_number(&at, 1);
  if (version != 3 && version != 4)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 layout version %d; 3 and 4 are read", (int)version);
  switch (class) {
  case 0:
    dataset->layout = FV__HDF5_COMPACT;
    dataset->stored = (int64_t)fv__cursor_number(&at, 2);
    dataset->compact = fv__cursor_bytes(&at, (size_t)dataset->stored);
    break;
  case 1:
    dataset->layout = FV__HDF5_CONTIGUOUS;
    dataset->address = fv__hdf5_address(&at);
    dataset->stored = fv__hdf5_address(&at);
    break;
  case 2:
    if (version == 3) return parse_chunked(dataset, &at);
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 chunks with a newer index than a version 1 B-tree");
  case 3: return fail(FV_ERROR_UNSUPPORTED, "an HDF5 virtual dataset, which reads other files");
  default: return fail(FV_ERROR_UNSUPPORTED, "HDF5 layout class %d", (int)class);
  }
  if (at.spent) return fail(FV_ERROR_FORMAT, "an HDF5 layout ends early");
  return FV_OK;
}

fv_status fv__hdf5_filters_parse(fv__hdf5_dataset *dataset, fv__cursor at) {
  uint64_t version = fv__cursor_number(&at, 1), count = fv__cursor_number(&at, 1);
  if (version == 1)
    fv__cursor_skip(&at, 6);
  else if (version != 2)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 filter version %d; 1 and 2 are read", (int)version);
  if (count > FV__HDF5_FILTERS_MAX) return fail(FV_ERROR_UNSUPPORTED, "%d HDF5 filters", (int)count);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t id = fv__cursor_number(&at, 2);
    size_t name = version == 1 || id >= 256 ? (size_t)fv__cursor_number(&at, 2) : 0;
    fv__cursor_skip(&at, 2);
    size_t values = (size_t)fv__cursor_number(&at, 2);
    fv__cursor_skip(&at, version == 1 ? (name + 7) / 8 * 8 : name);
    fv__cursor_skip(&at, 4 * values + (version == 1 && values % 2 ? 4 : 0));
    if (at.spent) return fail(FV_ERROR_FORMAT, "an HDF5 filter ends early");
    if (id < FV__HDF5_DEFLATE || id > FV__HDF5_FLETCHER32)
      return fail(FV_ERROR_UNSUPPORTED, "HDF5 filter %d; deflate, shuffle and fletcher32 are read", (int)id);
    dataset->filters[dataset->filter_count++] = (fv__hdf5_filter)id;
  }
  return FV_OK;
}

/* Two opaque bytes are what h5py makes of bfloat16; Keras says so in the attribute "dtype" (also beside integers). */
static fv_status explain_bfloat16(fv__hdf5_dataset *dataset, fv__hdf5 *file, fv__hdf5_object object) {
  fv__hdf5_type *type = &dataset->type;
  if (type->size != 2 || type->class == FV__HDF5_TEXT) return FV_OK;
  const char *text = "";
  fv_status status = fv__hdf5_text(file, &text, object, "dtype");
  if (status && status != FV_ERROR_NOT_FOUND) return status;
  if (!status && !strcmp(text, "bfloat16")) {
    type->class = FV__HDF5_NUMBER;
    type->element = FV__BFLOAT16;
  }
  return FV_OK;
}

static fv_status parse_dataset(fv__hdf5_dataset *dataset, fv__hdf5 *file, fv__hdf5_object object) {
  const fv__hdf5_header *header = &dataset->header;
  const fv__hdf5_message *space = fv__hdf5_message_find(header, FV__HDF5_DATASPACE);
  const fv__hdf5_message *type = fv__hdf5_message_find(header, FV__HDF5_DATATYPE);
  const fv__hdf5_message *layout = fv__hdf5_message_find(header, FV__HDF5_LAYOUT);
  const fv__hdf5_message *filters = fv__hdf5_message_find(header, FV__HDF5_FILTERS);
  if (!space || !type || !layout) return fail(FV_ERROR_NOT_FOUND, "expected a dataset, found another HDF5 object");
  if (fv__hdf5_message_find(header, FV__HDF5_EXTERNAL))
    return fail(FV_ERROR_UNSUPPORTED, "an HDF5 dataset whose data lie in another file");
  TRY(fv__hdf5_space_parse(&dataset->shape, &dataset->count, space->data));
  TRY(fv__hdf5_type_parse(&dataset->type, type->data));
  TRY(explain_bfloat16(dataset, file, object));
  if (dataset->type.class != FV__HDF5_NUMBER) return fail(FV_ERROR_UNSUPPORTED, "a dataset that holds no numbers");
  if (!fv__size_multiply(&dataset->bytes, dataset->count, dataset->type.size))
    return fail(FV_ERROR_FORMAT, "a dataset of more than 2^63 bytes");
  TRY(parse_layout(dataset, layout->data));
  if (filters) TRY(fv__hdf5_filters_parse(dataset, filters->data));
  return FV_OK;
}

fv_status fv__hdf5_dataset_open(fv__hdf5_dataset *dataset, fv__hdf5 *file, fv__hdf5_object object, int64_t count) {
  *dataset = (fv__hdf5_dataset){.address = -1};
  TRY(fv__hdf5_header_load(&dataset->header, file, object));
  TRY(parse_dataset(dataset, file, object));
  if (count >= 0 && count != dataset->count)
    return fail(FV_ERROR_FORMAT, "expected %lld numbers, found %lld", (long long)count, (long long)dataset->count);
  return FV_OK;
}

fv_status fv__hdf5_dataset_check(const fv__hdf5 *file, const fv__hdf5_dataset *dataset) {
  int64_t offset = dataset->address;
  if (dataset->filter_count) return fail(FV_ERROR_FORMAT, "HDF5 filters on data without chunks");
  if (dataset->stored != dataset->bytes)
    return fail(FV_ERROR_FORMAT, "expected %lld bytes, found %lld", (long long)dataset->bytes,
                (long long)dataset->stored);
  if (dataset->layout == FV__HDF5_COMPACT) return FV_OK;
  if (offset < 0) return fail(FV_ERROR_FORMAT, "expected %lld bytes, none were stored", (long long)dataset->bytes);
  if (offset > file->end || dataset->bytes > file->end - offset)
    return fail(FV_ERROR_FORMAT, "expected %lld bytes, found %lld", (long long)dataset->bytes,
                (long long)(offset > file->end ? 0 : file->end - offset));
  return FV_OK;
}

fv_status fv__hdf5_numbers_of(fv__hdf5 *file, fv__hdf5_numbers *numbers, fv__hdf5_object object) {
  fv__hdf5_dataset dataset;
  fv_status status = fv__hdf5_dataset_open(&dataset, file, object, -1);
  if (!status)
    *numbers = (fv__hdf5_numbers){.shape = dataset.shape,
                                  .count = dataset.count,
                                  .element = dataset.type.element,
                                  .big_endian = dataset.type.big_endian};
  fv__hdf5_header_free(&dataset.header);
  return status;
}

static fv_status look_at(fv__hdf5_check *check, const float *values, int64_t first, int64_t count) {
  return check ? check(values, first, count) : FV_OK;
}

/* Float32 goes straight to its place. */
static fv_status read_floats(fv__hdf5_walk *walk, float *values, const fv__hdf5_dataset *dataset,
                             fv__hdf5_check *check) {
  const int64_t at_once = LOOKED_AT / (int64_t)sizeof *values;
  for (int64_t done = 0; done < dataset->count;) {
    int64_t count = dataset->count - done < at_once ? dataset->count - done : at_once;
    float *here = values + done;
    TRY(fv__hdf5_bytes(walk, dataset->address + done * (int64_t)sizeof *values, here, count * (int64_t)sizeof *values));
    fv__element_convert(here, here, (size_t)count, FV__FLOAT32, dataset->type.big_endian);
    TRY(look_at(check, values, done, count));
    done += count;
  }
  return FV_OK;
}

/* Other types than float32 pass through a small buffer. */
static fv_status read_contiguous(fv__hdf5 *file, float *values, const fv__hdf5_dataset *dataset,
                                 fv__hdf5_check *check) {
  const fv__hdf5_type *type = &dataset->type;
  int64_t offset = dataset->address;
  fv__hdf5_walk walk = fv__hdf5_walk_begin(file);
  if (type->element == FV__FLOAT32) return read_floats(&walk, values, dataset, check);
  uint8_t piece[PIECE];
  const int64_t at_once = PIECE / (int64_t)type->size;
  for (int64_t done = 0; done < dataset->count;) {
    int64_t count = dataset->count - done < at_once ? dataset->count - done : at_once;
    TRY(fv__hdf5_bytes(&walk, offset, piece, count * (int64_t)type->size));
    fv__element_convert(values + done, piece, (size_t)count, type->element, type->big_endian);
    TRY(look_at(check, values, done, count));
    offset += count * (int64_t)type->size;
    done += count;
  }
  return FV_OK;
}

static fv_status read_dataset(fv__hdf5 *file, float *values, const fv__hdf5_dataset *dataset, fv__hdf5_check *check) {
  if (dataset->count == 0) return FV_OK;
  if (dataset->layout == FV__HDF5_CHUNKED) {
    TRY(fv__hdf5_chunks_read(file, values, dataset));
    return look_at(check, values, 0, dataset->count);
  }
  TRY(fv__hdf5_dataset_check(file, dataset));
  if (dataset->layout == FV__HDF5_CONTIGUOUS) return read_contiguous(file, values, dataset, check);
  fv__element_convert(values, dataset->compact, (size_t)dataset->count, dataset->type.element,
                      dataset->type.big_endian);
  return look_at(check, values, 0, dataset->count);
}

fv_status fv__hdf5_read(fv__hdf5 *file, float *values, int64_t count, fv__hdf5_object object, fv__hdf5_check *check) {
  fv__hdf5_dataset dataset;
  fv_status status = fv__hdf5_dataset_open(&dataset, file, object, count);
  if (!status) status = read_dataset(file, values, &dataset, check);
  fv__hdf5_header_free(&dataset.header);
  return status;
}

static fv_status read_integers(fv__hdf5 *file, int64_t *values, const fv__hdf5_dataset *dataset) {
  const fv__hdf5_type *type = &dataset->type;
  uint8_t element[8];
  if (type->element < FV__INT8) return fail(FV_ERROR_UNSUPPORTED, "numbers that are not whole");
  if (dataset->layout == FV__HDF5_CHUNKED) return fail(FV_ERROR_UNSUPPORTED, "whole numbers in HDF5 chunks");
  TRY(fv__hdf5_dataset_check(file, dataset));
  fv__hdf5_walk walk = fv__hdf5_walk_begin(file);
  for (int64_t i = 0; i < dataset->count; i++) {
    int64_t offset = i * (int64_t)type->size;
    if (dataset->layout == FV__HDF5_CONTIGUOUS)
      TRY(fv__hdf5_bytes(&walk, dataset->address + offset, element, (int64_t)type->size));
    const uint8_t *at = dataset->layout == FV__HDF5_CONTIGUOUS ? element : dataset->compact + offset;
    if (!fv__element_integer(&values[i], at, type->element, type->big_endian))
      return fail(FV_ERROR_UNSUPPORTED, "a whole number beyond 2^63");
  }
  return FV_OK;
}

fv_status fv__hdf5_read_integers(fv__hdf5 *file, int64_t *values, int64_t count, fv__hdf5_object object) {
  fv__hdf5_dataset dataset;
  fv_status status = fv__hdf5_dataset_open(&dataset, file, object, count);
  if (!status) status = read_integers(file, values, &dataset);
  fv__hdf5_header_free(&dataset.header);
  return status;
}
