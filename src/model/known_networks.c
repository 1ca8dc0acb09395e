/* Networks known by name: how keras.applications feeds them. Keras names its models "vgg16", "inception_v3",
 * "mobilenet_1.00_224", "densenet121" and keeps the name in every file, so a file with ImageNet weights says by itself
 * how it wants its pictures.
 */
#include "model/feeding.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const fv__known_network table[] = {
    {"vgg11", false, "caffe", 224},
    {"vgg13", false, "caffe", 224},
    {"vgg16", false, "caffe", 224},
    {"vgg19", false, "caffe", 224},
    {"resnet18", false, "caffe", 224},
    {"resnet34", false, "caffe", 224},
    {"resnet50", false, "caffe", 224},
    {"resnet101", false, "caffe", 224},
    {"resnet152", false, "caffe", 224},
    {"resnet50v2", false, "tf", 224},
    {"resnet101v2", false, "tf", 224},
    {"resnet152v2", false, "tf", 224},
    {"inceptionv2", false, "tf", 224},
    {"inceptionv3", false, "tf", 299},
    {"inceptionresnetv2", false, "tf", 299},
    {"xception", false, "tf", 299},
    {"mobilenet", true, "tf", 224},
    {"mobilenetv2", true, "tf", 224},
    {"mobilenetv3small", false, "none", 224}, /* scales inside the model */
    {"mobilenetv3large", false, "none", 224},
    {"densenet121", false, "torch", 224},
    {"densenet169", false, "torch", 224},
    {"densenet201", false, "torch", 224},
    {"nasnet", false, "tf", 224},
    {"efficientnetb0", false, "none", 224},
    {"squeezenet", true, "caffe", 224},
    {"lenet5", false, "scale:1/255", 28},
    {"efficientnetlite0", false, "lite", 224},
    {"efficientnetlite1", false, "lite", 240},
    {"efficientnetlite2", false, "lite", 260},
    {"efficientnetlite3", false, "lite", 280},
    {"efficientnetlite4", false, "lite", 300},
};

const fv__known_network *fv__known_network_find(const char *model_name) {
  char name[64];
  size_t used = 0;
  for (const char *c = model_name; *c; c++) {
    if (*c == '_' || *c == '-') continue;
    if (used + 1 >= sizeof name) return NULL;
    name[used++] = (char)tolower((unsigned char)*c);
  }
  name[used] = '\0';
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    size_t length = strlen(table[i].name);
    if (strncmp(name, table[i].name, length) != 0) continue;
    const char *rest = name + length;
    if (!*rest || (table[i].numbers_follow && strspn(rest, "0123456789.") == strlen(rest))) return &table[i];
  }
  return NULL;
}
