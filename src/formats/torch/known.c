/* Networks of torchvision, known by tensors that only they have: so that weights of one that do not fit another network
 * are refused with a reason, not only with the first tensor that is missing.
 */
#include <stdio.h>
#include <string.h>

#include "formats/torch/modules.h"

/* Of each network a tensor that it has, that tensor's shape (zeros: any), and one that it lacks but its larger sisters
 * have; NULL: it has none. More particular ones come first. */
static const struct {
  fv__torch_network network;
  const char *has;
  int64_t dims[4];
  const char *lacks;
} networks[] = {
    {{"alexnet", "AlexNetTorchvision", "one tower without local response normalization, padding 2 around the image"},
     "features_0/weight",
     {64, 3, 11, 11},
     NULL},
    {{"densenet121", "DenseNet121Torchvision", "symmetric padding and epsilon 1e-5"},
     "features_denseblock3_denselayer24_conv1/weight",
     {0},
     "features_denseblock3_denselayer25_conv1/weight"},
    {{"densenet169", NULL, NULL},
     "features_denseblock3_denselayer32_conv1/weight",
     {0},
     "features_denseblock3_denselayer33_conv1/weight"},
    {{"densenet201", NULL, NULL}, "features_denseblock3_denselayer48_conv1/weight", {0}, NULL},
    {{"inception_v3", "InceptionV3Torchvision", "normalisation with gamma, average pools that count the padding"},
     "Mixed_5b_branch1x1_conv/weight",
     {0},
     NULL},
    {{"googlenet", "GoogLeNetTorchvision", "batch normalization, and 3x3 for the paper's 5x5"},
     "inception3a_branch1_conv/weight",
     {0},
     NULL},
    {{"mobilenet_v2", "MobileNetV2Torchvision", "symmetric padding and epsilon 1e-5"},
     "features_17_conv_0_0/weight",
     {0},
     NULL},
    {{"squeezenet1_1", "SqueezeNet1_1Torchvision", "pools in ceil mode"},
     "features_3_squeeze/weight",
     {16, 64, 1, 1},
     NULL},
    {{"vgg16_bn", "VGG16BNTorchvision", "batch normalization, dense rows counted channel by channel"},
     "features_41/running_mean",
     {0},
     "features_44/weight"},
    {{"vgg16", NULL, NULL}, "features_28/weight", {512, 512, 3, 3}, "features_30/weight"},
    {{"resnet18", "ResNet18Torchvision", "symmetric padding, no biases, epsilon 1e-5"},
     "layer1_0_conv2/weight",
     {64, 64, 3, 3},
     "layer1_2_conv1/weight"},
    {{"resnext50_32x4d", "ResNeXt50Torchvision", "32 groups in the 3x3"},
     "layer1_0_conv2/weight",
     {128, 4, 3, 3},
     "layer3_6_conv1/weight"},
    {{"wide_resnet50_2", "WideResNet50Torchvision", "3x3 twice as wide"},
     "layer1_0_conv2/weight",
     {128, 128, 3, 3},
     "layer3_6_conv1/weight"},
    {{"resnet152", NULL, NULL}, "layer3_35_conv3/weight", {0}, NULL},
    {{"resnet101", NULL, NULL}, "layer3_22_conv3/weight", {0}, NULL},
    {{"resnet50", "ResNet50Torchvision", "the stride in the 3x3, no biases, epsilon 1e-5"},
     "layer3_5_conv3/weight",
     {0},
     "layer3_6_conv1/weight"},
    {{"resnet34", NULL, NULL}, "layer3_5_conv2/weight", {0}, NULL},
};

static bool matches(const fv__modules *modules, size_t i) {
  const fv__module *found = fv__modules_find(modules, networks[i].has);
  if (!found || (networks[i].lacks && fv__modules_find(modules, networks[i].lacks))) return false;
  const fv_shape *shape = &found->tensor->shape;
  return !networks[i].dims[0] || (shape->rank == 4 && !memcmp(shape->dims, networks[i].dims, sizeof networks[i].dims));
}

const fv__torch_network *fv__torch_recognise(const fv__modules *modules) {
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    if (matches(modules, i)) return &networks[i].network;
  return NULL;
}
