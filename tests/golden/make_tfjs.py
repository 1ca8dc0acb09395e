"""Makes TensorFlow.js layers-models as their two writers do, with what NumPy says they compute.

tfjs/plain       as tensorflowjs_converter writes it from Keras 2: model_config inside, float32, a group of two shards
tfjs/quantized   as TensorFlow.js saves it: the configuration itself; uint8, uint16, float16 and int32 tensors, and an
                 optimizer's tensor, which belongs to no layer

Run it in tests/golden.
"""
import json
import os

import numpy as np

os.makedirs("tfjs/plain", exist_ok=True)
os.makedirs("tfjs/quantized", exist_ok=True)


def layer(kind, name, before, **config):
    return {"class_name": kind, "name": name, "config": {"name": name, **config},
            "inbound_nodes": [[[before, 0, 0, {}]]] if before else []}


functional = {"class_name": "Model", "config": {"name": "tiny", "layers": [
    layer("InputLayer", "in", None, batch_input_shape=[None, 2, 3, 2], dtype="float32", sparse=False),
    layer("DepthwiseConv2D", "depth", "in", kernel_size=[1, 1], depth_multiplier=1, padding="valid", use_bias=True),
    layer("Flatten", "flat", "depth", data_format="channels_last"),
    layer("Dense", "dense", "flat", units=3, activation="linear", use_bias=True)],
    "input_layers": [["in", 0, 0]], "output_layers": [["dense", 0, 0]]}}
sequential = {"class_name": "Sequential", "config": {"name": "tiny", "layers": [
    {"class_name": "DepthwiseConv2D", "config": {"name": "depth", "kernel_size": [1, 1], "depth_multiplier": 1,
                                                 "padding": "valid", "use_bias": True,
                                                 "batch_input_shape": [None, 2, 3, 2]}},
    {"class_name": "Flatten", "config": {"name": "flat"}},
    {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "linear", "use_bias": True}}]},
    "keras_version": "tfjs-layers 4.22.0", "backend": "tensor_flow.js"}


def outputs(x, depth, depth_bias, kernel, bias):
    x = x.astype("f8") * depth.reshape(-1) + depth_bias
    return (x.reshape(len(x), -1) @ kernel + bias).astype("f4")


def write(folder, topology, groups):
    manifest = []
    for number, (cuts, tensors) in enumerate(groups, 1):
        data = b"".join(bits.tobytes() for _, bits in tensors)
        ends = [0, *cuts, len(data)]
        paths = [f"group{number}-shard{i + 1}of{len(ends) - 1}" for i in range(len(ends) - 1)]
        for i, path in enumerate(paths):
            with open(f"{folder}/{path}", "wb") as file:
                file.write(data[ends[i]:ends[i + 1]])
        manifest.append({"paths": paths, "weights": [facts for facts, _ in tensors]})
    with open(f"{folder}/model.json", "w") as file:
        json.dump({"modelTopology": topology, "weightsManifest": manifest}, file)


def plain(name, values):
    return {"name": name, "shape": list(values.shape), "dtype": str(values.dtype)}, values


def coded(name, values, kind):
    low, high = float(values.min()), float(values.max())
    scale = (high - low) / np.iinfo(kind).max
    codes = np.round((values.astype("f8") - low) / scale).astype(kind)
    facts = {"name": name, "shape": list(values.shape), "dtype": "float32",
             "quantization": {"dtype": kind, "scale": scale, "min": low}}
    return (facts, codes), (codes.astype("f8") * scale + low).astype("f4")


random = np.random.default_rng(7)
x = random.normal(size=(2, 2, 3, 2)).astype("f4")
depth, depth_bias = random.normal(size=(1, 1, 2, 1)).astype("f4"), random.normal(size=2).astype("f4")
kernel, bias = random.normal(size=(12, 3)).astype("f4"), np.array([1, -2, 3], "i4")
np.save("tfjs/in.npy", x)

np.save("tfjs/plain.npy", outputs(x, depth, depth_bias, kernel, bias))
write("tfjs/plain", {"keras_version": "2.2.4", "backend": "tensorflow", "model_config": functional}, [
    ([], [plain("depth/depthwise_kernel", depth), plain("depth/bias", depth_bias)]),
    ([50, 51], [plain("dense/kernel", kernel), plain("dense/bias", bias.astype("f4"))])])

depth_codes, depth_values = coded("depth/depthwise_kernel", depth, "uint16")
kernel_codes, kernel_values = coded("scope/dense/kernel:0", kernel, "uint8")
half = depth_bias.astype("f2")
np.save("tfjs/quantized.npy", outputs(x, depth_values, half.astype("f8"), kernel_values, bias))
half_facts = {"name": "depth/bias", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}}
write("tfjs/quantized", sequential, [
    ([7], [depth_codes, (half_facts, half), plain("training/Adam/iterations", np.array(3, "i4")), kernel_codes,
           plain("dense/bias", bias)])])
