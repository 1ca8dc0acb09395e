/* Data sets of every kind of source, written here; broken files, splits, and what a set must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#undef fail

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <fovea/fovea.h>

#include "data/sets.h"

static void folder(const char *name) { assert_int_equal(mkdir(at(name), 0755), 0); }

static void text(const char *name, const char *words) { put(name, words, strlen(words)); }

/* A picture whose gray says which one it is. */
static void picture(const char *name, int gray) {
  fv_image image;
  assert_int_equal(fv_image_create(&image, 4, 6, 3), FV_OK);
  memset(image.pixels, gray, 4 * 6 * 3);
  assert_int_equal(fv_image_write(at(name), &image), FV_OK);
  fv_image_destroy(&image);
}

static void refused(const char *name, const fv_dataset_options *options, fv_status expected, const char *words) {
  fv_dataset *d;
  const fv_status status = fv_dataset_open(&d, at(name), options);
  if (status != expected || !strstr(fv_error_message(), words)) print_message("%s: %s\n", name, fv_error_message());
  assert_int_equal(status, expected);
  assert_null(d);
  assert_non_null(strstr(fv_error_message(), words));
}

/* ---- folders */

static void make_folders(const char *name) {
  char path[128];
  folder(name);
  const char *const classes[] = {"rose", "Tulip", "aster", ".hidden"};
  for (int c = 0; c < 4; c++) {
    snprintf(path, sizeof path, "%s/%s", name, classes[c]);
    folder(path);
    for (int i = 0; i < 5; i++) {
      snprintf(path, sizeof path, "%s/%s/%d.png", name, classes[c], 9 - i);
      picture(path, 50 * c + 9 - i);
    }
  }
}

static void folders(void **state) {
  (void)state;
  make_folders("f");
  text("f/README.txt", "not a class");
  folder("f/aster/more");
  picture("f/aster/more/1.jpg", 200);
  picture("f/aster/.secret.png", 1);
  fv_dataset *d = open_set("f", NULL);
  assert_string_equal(fv_dataset_kind(d), "folder");
  assert_int_equal(fv_dataset_count(d), 16);
  assert_int_equal(fv_dataset_class_count(d), 3);
  const char *const names[] = {"Tulip", "aster", "rose"}; /* in the order of their bytes */
  const int64_t counts[] = {5, 6, 5};
  for (int c = 0; c < 3; c++) {
    assert_string_equal(fv_dataset_class_name(d, c), names[c]);
    assert_int_equal(fv_dataset_class_samples(d, c), counts[c]);
  }
  assert_string_equal(fv_dataset_class_name(d, 3), "");
  assert_int_equal(fv_dataset_label(d, 0), 0);
  assert_int_equal(gray_of(d, 0), 55);
  assert_int_equal(gray_of(d, 15), 9);
  char name[256];
  assert_string_equal(fv_dataset_name(name, sizeof name, d, 10), at("f/aster/more/1.jpg"));
  assert_int_equal(fv_dataset_label(d, 16), -1);
  assert_int_equal(fv_dataset_label(d, -1), -1);
  assert_int_equal(fv_dataset_shape(d).rank, 0);
  assert_null(fv_dataset_validation(d));
  assert_int_equal(fv_dataset_broken_count(d), 0);
  fv_sample sample;
  assert_int_equal(fv_dataset_read(&sample, d, 16), FV_ERROR_INVALID);
  float weights[3];
  fv_dataset_class_weights(weights, d);
  assert_float_equal(weights[1], 16.0 / 18, 1e-6);
  fv_dataset_destroy(d);
}

static void links_in_a_circle(void **state) {
  (void)state;
  make_folders("l");
  assert_int_equal(symlink("..", at("l/rose/up")), 0);          /* enters all classes once */
  assert_int_equal(symlink("../rose", at("l/aster/twice")), 0); /* and rose's circle */
  assert_int_equal(symlink("nowhere", at("l/Tulip/gone.png")), 0);
  fv_dataset *d = open_set("l", NULL);
  assert_int_equal(fv_dataset_class_samples(d, 0), 5);
  assert_int_equal(fv_dataset_class_samples(d, 2), 15);
  assert_int_equal(fv_dataset_broken_count(d), 3); /* a dangling link, reached on three ways */
  assert_non_null(strstr(fv_dataset_broken(d, 0).name, "gone.png"));
  fv_dataset_destroy(d);
}

static void training_and_validation(void **state) {
  (void)state;
  folder("tv");
  make_folders("tv/train");
  folder("tv/validation");
  folder("tv/validation/rose");
  picture("tv/validation/rose/a.png", 77);
  fv_dataset *d = open_set("tv", NULL);
  assert_int_equal(fv_dataset_count(d), 15);
  const fv_dataset *v = fv_dataset_validation(d);
  assert_non_null(v);
  assert_int_equal(fv_dataset_count(v), 1);
  assert_int_equal(fv_dataset_class_count(v), 3);
  assert_int_equal(fv_dataset_label(v, 0), 2);
  assert_int_equal(gray_of(v, 0), 77);
  fv_dataset *other = open_set("tv/validation", &(fv_dataset_options){.classes = d});
  assert_int_equal(fv_dataset_label(other, 0), 2);
  fv_dataset_destroy(d);
  assert_string_equal(fv_dataset_class_name(other, 0), "Tulip"); /* its own copy */
  fv_dataset_destroy(other);
  folder("tv/validation/moss");
  d = open_set("tv", NULL); /* an empty class is nobody's */
  fv_dataset_destroy(d);
  picture("tv/validation/moss/a.png", 1);
  refused("tv", NULL, FV_ERROR_INVALID, "moss");
}

static void copy_part(const char *to, const char *from, double part) {
  uint8_t *bytes;
  size_t size;
  assert_int_equal(fv__file_read(&bytes, &size, at(from), 1 << 20), FV_OK);
  put(to, bytes, (size_t)((double)size * part));
  free(bytes);
}

static void broken_files(void **state) {
  (void)state;
  make_folders("b");
  picture("b/rose/good.jpg", 5);
  picture("b/rose/good.bmp", 5);
  copy_part("b/rose/cut10.jpg", "b/rose/good.jpg", 0.1);
  copy_part("b/rose/cut99.jpg", "b/rose/good.jpg", 0.99);
  copy_part("b/rose/cut.png", "b/rose/9.png", 0.8);
  copy_part("b/rose/cut.bmp", "b/rose/good.bmp", 0.8);
  put("b/rose/empty.jpg", "", 0);
  text("b/rose/page.jpg", "<html><body>not found</body></html>");
  text("b/rose/film.png", "GIF89a and more");
  text("b/rose/Thumbs.db", "whatever");
  assert_int_equal(mkfifo(at("b/rose/pipe.jpg"), 0644), 0);
  const int64_t expected = 9;
  for (int check = FV_DATASET_CHECK_QUICK; check <= FV_DATASET_CHECK_FULL; check++) {
    fv_workers *workers;
    assert_int_equal(fv_workers_create(&workers, 2), FV_OK);
    fv_dataset *d = open_set("b", &(fv_dataset_options){.check = (fv_dataset_check)check, .workers = workers});
    fv_workers_destroy(workers);
    assert_int_equal(fv_dataset_count(d), 17);
    assert_int_equal(fv_dataset_broken_count(d), expected);
    for (int64_t i = 0; i < expected; i++) {
      const fv_broken_file broken = fv_dataset_broken(d, i);
      assert_non_null(strstr(broken.message, broken.name));
      for (int64_t k = 0; k < i; k++) assert_string_not_equal(fv_dataset_broken(d, k).name, broken.name);
    }
    assert_null(fv_dataset_broken(d, expected).name);
    for (int64_t i = 0; i < 17; i++) gray_of(d, i);
    fv_dataset_destroy(d);
  }
  refused("b", &(fv_dataset_options){.refuse_broken = true}, FV_ERROR_FORMAT, "b/rose/");
  fv_dataset *d = open_set("b", &(fv_dataset_options){.check = FV_DATASET_CHECK_NONE});
  assert_int_equal(fv_dataset_broken_count(d), 2); /* the pipe and the empty one */
  fv_dataset_destroy(d);
}

static void nothing_there(void **state) {
  (void)state;
  folder("n");
  refused("n", NULL, FV_ERROR_FORMAT, "expected a folder for each class");
  folder("n/class");
  refused("n", NULL, FV_ERROR_FORMAT, "no samples");
  text("n/class/a.jpg", "no");
  refused("n", NULL, FV_ERROR_FORMAT, "no samples");
  refused("nowhere", NULL, FV_ERROR_NOT_FOUND, "no such file or folder");
  text("empty.csv", "");
  refused("empty.csv", NULL, FV_ERROR_FORMAT, "no samples");
  text("words", "just words");
  refused("words", NULL, FV_ERROR_FORMAT, "no data set");
  fv_dataset *d;
  assert_int_equal(fv_dataset_open(&d, "", NULL), FV_ERROR_NOT_FOUND);
  fv_dataset_destroy(NULL);
}

/* ---- lists */

static void lists(void **state) {
  (void)state;
  folder("c");
  for (int i = 0; i < 4; i++) {
    char name[32];
    snprintf(name, sizeof name, "c/p %d.png", i);
    picture(name, 10 * i);
  }
  text("c/a.csv", "\xef\xbb\xbf"
                  "id;class;file\r\n1;10;\"p 0.png\"\r\n2; 9 ;p 1.png\r\n\r\n3;\"10\";p 2.png");
  fv_dataset *d = open_set("c/a.csv", NULL);
  assert_string_equal(fv_dataset_kind(d), "csv");
  assert_int_equal(fv_dataset_count(d), 3);
  assert_int_equal(fv_dataset_class_count(d), 2);
  assert_string_equal(fv_dataset_class_name(d, 0), "9"); /* numbers in their order */
  assert_int_equal(fv_dataset_label(d, 0), 1);
  assert_int_equal(gray_of(d, 2), 20);
  fv_dataset_destroy(d);
  text("c/b.tsv", "p 3.png\tthe \"b\"\np 1.png\t\"the \"\"b\"\"\"\np 9.png\tx\n");
  d = open_set("c/b.tsv", NULL);
  assert_int_equal(fv_dataset_count(d), 2);
  assert_int_equal(fv_dataset_class_count(d), 1);
  assert_string_equal(fv_dataset_class_name(d, 0), "the \"b\"");
  assert_int_equal(fv_dataset_broken_count(d), 1);
  fv_dataset_destroy(d);
  text("c/c.csv", "p 0.png,a\np 1.png\n");
  refused("c/c.csv", NULL, FV_ERROR_FORMAT, "line 2: expected 2 columns, found 1");
  text("c/d.csv", "p 0.png,\"a\np 1.png,b\n");
  refused("c/d.csv", NULL, FV_ERROR_FORMAT, "line 1: a quote is not closed");
  text("c/e.csv", "p 0.png,\n");
  refused("c/e.csv", NULL, FV_ERROR_FORMAT, "line 1: the label is empty");
  put("c/f.csv", "a\0b,c\n", 6);
  refused("c/f.csv", NULL, FV_ERROR_FORMAT, "bytes of zero");
}

/* ---- IDX */

static void put_packed(const char *name, const void *bytes, size_t size) {
  gzFile file = gzopen(at(name), "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
  assert_int_equal(gzclose(file), Z_OK);
}

enum { IDX_IMAGES = 16 + 3 * 2 * 4, IDX_LABELS = 8 + 3 };

static void idx_bytes(uint8_t images[IDX_IMAGES], uint8_t labels[IDX_LABELS]) {
  const uint8_t image_head[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4};
  const uint8_t label_head[8] = {0, 0, 8, 1, 0, 0, 0, 3};
  memcpy(images, image_head, 16);
  for (int i = 0; i < 24; i++) images[16 + i] = (uint8_t)(10 + i);
  memcpy(labels, label_head, 8);
  labels[8] = 7;
  labels[9] = 0;
  labels[10] = 3;
}

static void check_idx(const fv_dataset *d) {
  assert_string_equal(fv_dataset_kind(d), "idx");
  assert_int_equal(fv_dataset_count(d), 3);
  assert_int_equal(fv_dataset_class_count(d), 8);
  assert_string_equal(fv_dataset_class_name(d, 7), "7");
  assert_int_equal(fv_dataset_label(d, 0), 7);
  assert_int_equal(gray_of(d, 1), 18);
  const fv_shape shape = fv_dataset_shape(d);
  assert_true(fv_shape_equal(&shape, &(fv_shape){3, {2, 4, 1}}));
}

static void idx_files(void **state) {
  (void)state;
  uint8_t images[IDX_IMAGES], labels[IDX_LABELS];
  idx_bytes(images, labels);
  folder("idx");
  put("idx/train-images-idx3-ubyte", images, sizeof images);
  put_packed("idx/train-labels-idx1-ubyte.gz", labels, sizeof labels);
  const char *const names[] = {"idx", "idx/train", "idx/train-images-idx3-ubyte"};
  for (int i = 0; i < 3; i++) {
    fv_dataset *d = open_set(names[i], NULL);
    check_idx(d);
    assert_null(fv_dataset_validation(d));
    fv_dataset_destroy(d);
  }
  put_packed("idx/t10k-images-idx3-ubyte.gz", images, sizeof images);
  put("idx/t10k-labels.idx1-ubyte", labels, sizeof labels);
  fv_dataset *d = open_set("idx", NULL);
  check_idx(d);
  check_idx(fv_dataset_validation(d));
  char name[256];
  assert_string_equal(fv_dataset_name(name, sizeof name, d, 2), at("idx/train-images-idx3-ubyte[2]"));
  fv_dataset_destroy(d);
  text("idx/names", "a\nb\nc\nd\n");
  refused("idx", &(fv_dataset_options){.class_names = at("idx/names")}, FV_ERROR_INVALID, "expected 8 class names");
  text("idx/names", "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
  d = open_set("idx", &(fv_dataset_options){.class_names = at("idx/names")});
  assert_int_equal(fv_dataset_class_count(d), 9);
  assert_string_equal(fv_dataset_class_name(d, 7), "h");
  fv_dataset_destroy(d);
  folder("Fashion");
  put("Fashion/train-images-idx3-ubyte", images, sizeof images);
  put("Fashion/train-labels-idx1-ubyte", labels, sizeof labels);
  d = open_set("Fashion", NULL);
  assert_int_equal(fv_dataset_class_count(d), 10);
  assert_string_equal(fv_dataset_class_name(d, 9), "Ankle boot");
  fv_dataset *digits = open_set("idx", &(fv_dataset_options){.classes = d});
  assert_int_equal(fv_dataset_label(digits, 0), 7);
  fv_dataset_destroy(digits);
  fv_dataset_destroy(d);
}

/* Every cut and every wrong byte of the heads gives an error or the same set. */
static void idx_damage(void **state) {
  (void)state;
  uint8_t images[IDX_IMAGES], labels[IDX_LABELS];
  idx_bytes(images, labels);
  folder("cut");
  put("cut/train-labels-idx1-ubyte", labels, sizeof labels);
  for (size_t size = 0; size < sizeof images; size++) {
    put("cut/train-images-idx3-ubyte", images, size);
    fv_dataset *d;
    assert_int_not_equal(fv_dataset_open(&d, at("cut/train"), NULL), FV_OK);
  }
  for (int i = 0; i < 16; i++)
    for (int bit = 0; bit < 8; bit++) {
      images[i] ^= (uint8_t)(1 << bit);
      put("cut/train-images-idx3-ubyte", images, sizeof images);
      fv_dataset *d;
      const fv_status status = fv_dataset_open(&d, at("cut/train"), NULL);
      if (!status) gray_of(d, 2);
      assert_true(status || fv_dataset_count(d) == 3);
      fv_dataset_destroy(d);
      images[i] ^= (uint8_t)(1 << bit);
    }
  put_packed("whole.gz", images, sizeof images);
  uint8_t *packed;
  size_t size;
  assert_int_equal(fv__file_read(&packed, &size, at("whole.gz"), 1 << 20), FV_OK);
  unlink(at("cut/train-images-idx3-ubyte"));
  for (size_t cut = 0; cut < size; cut++) {
    put("cut/train-images-idx3-ubyte.gz", packed, cut);
    fv_dataset *d;
    assert_int_not_equal(fv_dataset_open(&d, at("cut"), NULL), FV_OK);
  }
  packed[size - 6] ^= 1; /* the sum */
  put("cut/train-images-idx3-ubyte.gz", packed, size);
  refused("cut", NULL, FV_ERROR_FORMAT, "damaged");
  packed[size - 6] ^= 1;
  packed = realloc(packed, size + 1);
  packed[size] = 0;
  put("cut/train-images-idx3-ubyte.gz", packed, size + 1);
  refused("cut", NULL, FV_ERROR_FORMAT, "more than");
  free(packed);
}

static void idx_bombs(void **state) {
  (void)state;
  folder("bomb");
  const uint8_t huge[20] = {0,   0,   8,    4,   0x7f, 255, 255,  255, 0x7f, 255,
                            255, 255, 0x7f, 255, 255,  255, 0x7f, 255, 255,  255};
  text("bomb/train-labels-idx1-ubyte", "");
  put("bomb/train-images-idx3-ubyte", huge, sizeof huge);
  refused("bomb", NULL, FV_ERROR_FORMAT, "declares too many");
  unlink(at("bomb/train-images-idx3-ubyte"));
  const uint8_t large[16] = {0, 0, 8, 3, 0, 0x10, 0, 0, 0, 0, 0x10, 0, 0, 0, 1, 0};
  put_packed("bomb/train-images-idx3-ubyte.gz", large, sizeof large);
  refused("bomb", NULL, FV_ERROR_FORMAT, "in a packed file of");
  const uint8_t floats[16] = {0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  put("bomb/train-images-idx3-ubyte", floats, sizeof floats);
  refused("bomb", NULL, FV_ERROR_UNSUPPORTED, "floats");
}

static void real_mnist(void **state) {
  (void)state;
  fv_dataset *d;
  if (fv_dataset_open(&d, FOVEA_SOURCE_DIR "/../shared/data/mnist/t10k", NULL)) skip();
  assert_int_equal(fv_dataset_count(d), 10000);
  assert_int_equal(fv_dataset_class_count(d), 10);
  const int32_t first[] = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9};
  for (int i = 0; i < 10; i++) assert_int_equal(fv_dataset_label(d, i), first[i]);
  assert_int_equal(fv_dataset_class_samples(d, 5), 892);
  fv_dataset_destroy(d);
}

/* ---- CIFAR-10 */

static void cifar(void **state) {
  (void)state;
  static uint8_t records[2 * 3073];
  memset(records, 9, sizeof records);
  records[0] = 3;
  records[3073] = 9;
  for (int i = 0; i < 1024; i++) records[3074 + i] = 100; /* red */
  folder("cifar");
  put("cifar/data_batch_1.bin", records, sizeof records);
  put("cifar/data_batch_2.bin", records, 3073);
  put("cifar/test_batch.bin", records + 3073, 3073);
  fv_dataset *d = open_set("cifar", NULL);
  assert_string_equal(fv_dataset_kind(d), "cifar10");
  assert_int_equal(fv_dataset_count(d), 3);
  assert_string_equal(fv_dataset_class_name(d, 9), "truck");
  assert_int_equal(fv_dataset_label(d, 1), 9);
  fv_sample sample;
  assert_int_equal(fv_dataset_read(&sample, d, 1), FV_OK);
  assert_int_equal(sample.image.pixels[3 * 1023], 100);
  assert_int_equal(sample.image.pixels[3 * 1023 + 1], 9);
  fv_sample_destroy(&sample);
  assert_int_equal(gray_of(fv_dataset_validation(d), 0), 100);
  char name[256];
  assert_string_equal(fv_dataset_name(name, sizeof name, d, 2), at("cifar/data_batch_2.bin[0]"));
  fv_dataset_destroy(d);
  d = open_set("cifar/test_batch.bin", NULL);
  assert_int_equal(fv_dataset_count(d), 1);
  fv_dataset_destroy(d);
  put("cifar/data_batch_1.bin", records, sizeof records - 1);
  refused("cifar", NULL, FV_ERROR_FORMAT, "expected records of 3073 bytes");
  records[0] = 10;
  put("cifar/data_batch_1.bin", records, sizeof records);
  refused("cifar", NULL, FV_ERROR_FORMAT, "expected a class of 0 to 9, found 10");
}

/* ---- arrays */

static void write_array(const char *name, fv_shape shape, const float *numbers) {
  fv_tensor tensor;
  int64_t count;
  assert_int_equal(fv_tensor_create(&tensor, &shape), FV_OK);
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  memcpy(tensor.data, numbers, (size_t)count * sizeof *numbers);
  assert_int_equal(fv_npy_write(at(name), &tensor), FV_OK);
  fv_tensor_destroy(&tensor);
}

static void arrays(void **state) {
  (void)state;
  const float x[8] = {1.5f, 2, 3, 4, 5, 6, 7, 8}, y[2] = {4, 1}, one_hot[6] = {0, 0, 1, 1, 0, 0};
  folder("a");
  write_array("a/x_small.npy", (fv_shape){3, {2, 2, 2}}, x);
  write_array("a/y_small.npy", (fv_shape){1, {2}}, y);
  fv_dataset *d = open_set("a/x_small.npy", NULL);
  assert_string_equal(fv_dataset_kind(d), "npy");
  assert_int_equal(fv_dataset_class_count(d), 5);
  assert_int_equal(fv_dataset_label(d, 0), 4);
  fv_sample sample;
  assert_int_equal(fv_dataset_read(&sample, d, 0), FV_OK);
  assert_null(sample.image.pixels);
  assert_true(fv_shape_equal(&sample.numbers.shape, &(fv_shape){3, {2, 2, 1}}));
  assert_true(sample.numbers.data[0] == 1.5f);
  fv_sample_destroy(&sample);
  fv_dataset_destroy(d);
  write_array("a/y_small.npy", (fv_shape){2, {2, 3}}, one_hot);
  d = open_set("a/x_small.npy", NULL);
  assert_int_equal(fv_dataset_class_count(d), 3);
  assert_int_equal(fv_dataset_label(d, 0), 2);
  fv_dataset_destroy(d);
  const float bad[2] = {0.5f, 1};
  write_array("a/y_small.npy", (fv_shape){1, {2}}, bad);
  refused("a/x_small.npy", NULL, FV_ERROR_FORMAT, "label 0: expected a class number of 0 to 65535, found 0.5");
  write_array("a/y_small.npy", (fv_shape){1, {1}}, bad);
  refused("a/x_small.npy", NULL, FV_ERROR_FORMAT, "expected 2 labels");
  write_array("a/x_small.npy", (fv_shape){1, {2}}, bad);
  refused("a/x_small.npy", NULL, FV_ERROR_FORMAT, "expected images");
  unlink(at("a/y_small.npy"));
  refused("a/x_small.npy", NULL, FV_ERROR_NOT_FOUND, "y_small.npy");
}

static void archives(void **state) {
  (void)state;
  fv_dataset *d;
  assert_int_equal(fv_dataset_open(&d, FOVEA_SOURCE_DIR "/tests/golden/datasets/pictures.npz", NULL), FV_OK);
  assert_string_equal(fv_dataset_kind(d), "npz");
  assert_int_equal(fv_dataset_count(d), 2);
  assert_int_equal(fv_dataset_label(d, 0), 1);
  fv_sample sample;
  assert_int_equal(fv_dataset_read(&sample, d, 1), FV_OK);
  assert_int_equal(sample.image.pixels[0], 36);
  fv_sample_destroy(&sample);
  assert_int_equal(gray_of(fv_dataset_validation(d), 0), 36);
  fv_dataset_destroy(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folders),
      cmocka_unit_test(links_in_a_circle),
      cmocka_unit_test(training_and_validation),
      cmocka_unit_test(broken_files),
      cmocka_unit_test(nothing_there),
      cmocka_unit_test(lists),
      cmocka_unit_test(idx_files),
      cmocka_unit_test(idx_damage),
      cmocka_unit_test(idx_bombs),
      cmocka_unit_test(real_mnist),
      cmocka_unit_test(cifar),
      cmocka_unit_test(arrays),
      cmocka_unit_test(archives),

  };
  return cmocka_run_group_tests(tests, make_root, remove_root);
}
