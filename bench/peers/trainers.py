"""The trainings of bench/training.h in another engine: a process told what to do line by line, as fovea_train.c is.

  trainers.py ENGINE NETWORK DROPOUT THREADS

Each class builds a network, gives it the numbers of the by-name rule, and makes steps on one batch, written as its
users write it: PyTorch with the memory format that is faster for the network, Keras with compile() and
train_on_batch().
"""
import os
import sys
import time

import numpy as np

WORD = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
# VGG16's filters; a pooling ends each block
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
MOMENTUM, RATES = 0.9, {"lenet": 0.01, "vgg16": 1e-5}


def uniform(name, count, seed=1):
    """Numbers of the by-name rule: draws of SplitMix64 that begin at the FNV-1a hash of the name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & WORD
    state ^= (seed * GOLDEN) & WORD
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)) / float(1 << 24)


def numbers(name, shape):
    symmetric = 2 * uniform(name, int(np.prod(shape))) - 1
    scale = 0.1 if name.endswith("bias") else (6 / np.prod(shape[:-1])) ** 0.5 if name.endswith("kernel") else 1
    return (symmetric * scale).astype(np.float32).reshape(shape)


def weights(kind, number, shape):
    """Kernel and bias of the number-th layer of its kind, in Keras's layout."""
    name = kind + ("_%d" % number if number else "")
    return numbers(name + "/kernel", shape), numbers(name + "/bias", shape[-1:])


def batch_of(network):
    shape = (128, 28, 28, 1) if network == "lenet" else (16, 224, 224, 3)
    return numbers("input", shape), np.arange(shape[0]) % (10 if network == "lenet" else 2)


class PyTorch:
    def __init__(self, network, dropout, threads):
        import torch
        self.torch, self.version = torch, torch.__version__.split("+")[0]
        torch.set_num_threads(threads)
        images, classes = batch_of(network)
        self.net = self.lenet() if network == "lenet" else self.vgg16(dropout)
        self.fill(images.shape)
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2)
        if network == "lenet":
            self.images = self.images.contiguous()
        else:
            self.net.to(memory_format=torch.channels_last)
        self.classes = torch.from_numpy(classes)
        self.loss = torch.nn.CrossEntropyLoss()
        learning = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.SGD(learning, lr=RATES[network], momentum=MOMENTUM)

    def lenet(self):
        nn = self.torch.nn
        return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
                             nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84),
                             nn.Tanh(), nn.Linear(84, 10))

    def vgg16(self, dropout):
        nn = self.torch.nn
        layers, channels = [], 3
        for block in BLOCKS:
            for filters in block:
                layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True)]
                channels = filters
            layers.append(nn.MaxPool2d(2))
        for layer in layers[:6]:  # Keras's layers[:5]: there the input is a layer and ReLUs are none
            layer.requires_grad_(False)
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(25088, 1024), nn.ReLU(inplace=True), nn.Dropout(dropout),
                             nn.Linear(1024, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 2))

    def fill(self, shape):
        """Keras's numbers: kernels height x width x in x out; a flattened map has its channels last."""
        nn = self.torch.nn
        channels, count = shape[3], {"conv2d": 0, "dense": 0}
        for layer in self.net:
            if isinstance(layer, nn.Conv2d):
                kind, turned = "conv2d", layer.weight.permute(2, 3, 1, 0)
                channels = layer.out_channels
            elif isinstance(layer, nn.Linear):
                kind, turned = "dense", layer.weight.T
            else:
                continue
            kernel, bias = weights(kind, count[kind], tuple(turned.shape))
            if kind == "dense" and not count[kind]:
                kernel = kernel.reshape(-1, channels, kernel.shape[1]).transpose(1, 0, 2).reshape(kernel.shape)
            with self.torch.no_grad():
                turned.copy_(self.torch.from_numpy(np.ascontiguousarray(kernel)))
                layer.bias.copy_(self.torch.from_numpy(bias))
            count[kind] += 1

    def step(self):
        self.optimizer.zero_grad()
        loss = self.loss(self.net(self.images), self.classes)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Keras:
    def __init__(self, network, dropout, threads):
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        import keras
        self.version = "%s (TensorFlow %s)" % (keras.__version__, tf.__version__)
        images, classes = batch_of(network)
        self.net = self.lenet(keras) if network == "lenet" else self.vgg16(keras, dropout)
        count = {"conv2d": 0, "dense": 0}
        for layer in self.net.layers:
            kind = {"Conv2D": "conv2d", "Dense": "dense"}.get(type(layer).__name__)
            if kind:
                layer.set_weights(weights(kind, count[kind], layer.kernel.shape))
                count[kind] += 1
        self.net.compile(keras.optimizers.SGD(RATES[network], momentum=MOMENTUM), "categorical_crossentropy")
        self.images = tf.constant(images)
        self.classes = tf.one_hot(classes, 10 if network == "lenet" else 2)

    def lenet(self, keras):
        of = keras.layers
        return keras.Sequential([keras.Input((28, 28, 1)), of.Conv2D(6, 5, padding="same", activation="tanh"),
                                 of.AveragePooling2D(2), of.Conv2D(16, 5, activation="tanh"),
                                 of.AveragePooling2D(2), of.Flatten(), of.Dense(120, activation="tanh"),
                                 of.Dense(84, activation="tanh"), of.Dense(10, activation="softmax")])

    def vgg16(self, keras, dropout):
        of = keras.layers
        layers = []
        for block in BLOCKS:
            layers += [of.Conv2D(filters, 3, padding="same", activation="relu") for filters in block]
            layers.append(of.MaxPooling2D(2))
        for layer in layers[:4]:  # layers[:5] of the chapter's model, which counts the input
            layer.trainable = False
        return keras.Sequential([keras.Input((224, 224, 3)), *layers, of.Flatten(), of.Dense(1024, activation="relu"),
                                 of.Dropout(dropout), of.Dense(1024, activation="relu"),
                                 of.Dense(2, activation="softmax")])

    def step(self):
        self.net.reset_metrics()  # else it returns the mean of all losses so far
        return float(self.net.train_on_batch(self.images, self.classes))


ENGINES = {"pytorch": PyTorch, "keras": Keras}


def timed(engine):
    start = time.perf_counter()
    engine.step()
    return time.perf_counter() - start


def main():
    name, network, dropout, threads = sys.argv[1:]
    answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr  # engines talk on standard output
    os.dup2(2, 1)
    engine = ENGINES[name](network, float(dropout), int(threads))
    print("ready", engine.version, file=answers, flush=True)
    for line in sys.stdin:
        word, steps = line.split()
        found = [timed(engine) if word == "run" else engine.step() for _ in range(int(steps))]
        print("times" if word == "run" else word, *("%.9g" % number for number in found), file=answers, flush=True)


main()
