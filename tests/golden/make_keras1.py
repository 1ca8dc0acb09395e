"""Makes files as Keras 1 (and Keras 2 with Theano) wrote them, with outputs worked out here in numpy.

branches.tf, .th    one functional network in both orders of axes: the same numbers
small, small.oldest one sequential network, and its weights in the oldest layout, Theano's order
line                a network of one dimension, kernels as Keras 1.1 had them
turned              Keras 2, Theano, channels_first
bad_*               files to refuse

Run it in tests/golden.
"""
import json
import os

import h5py
import numpy as np

FOLDER = "keras1/"
rng = np.random.default_rng(5)
draw = lambda *shape: rng.uniform(-1, 1, shape).astype("f4")
hard_sigmoid = lambda x: np.clip(0.2 * x + 0.5, 0, 1)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def conv(x, kernel, rate=1):
    kh, kw = kernel.shape[:2]
    height, width = x.shape[1] - (kh - 1) * rate, x.shape[2] - (kw - 1) * rate
    return sum(x[:, i * rate:i * rate + height, j * rate:j * rate + width] @ kernel[i, j]
               for i in range(kh) for j in range(kw))


def deconv(x, kernel, stride):
    n, height, width, _ = x.shape
    kh, kw, filters, _ = kernel.shape
    out = np.zeros((n, (height - 1) * stride + kh, (width - 1) * stride + kw, filters), "f8")
    for y in range(height):
        for z in range(width):
            out[:, y * stride:y * stride + kh, z * stride:z * stride + kw] += np.einsum(
                "nc,hwoc->nhwo", x[:, y, z], kernel)
    return out


def pool(x, size):
    n, h, w, c = x.shape
    x = x[:, :h // size * size, :w // size * size]
    return x.reshape(n, h // size, size, w // size, size, c).max((2, 4))


def write(name, layers, config=None, version=None, backend=None, oldest=False):
    """`layers`: a list of (name, [(weight name, numbers)])."""
    with h5py.File(FOLDER + name + ".h5", "w") as file:
        group = file
        if config:
            file.attrs["model_config"] = json.dumps(config)
            group = file.create_group("model_weights")
        for place in {file, group}:
            if version:
                place.attrs["keras_version"] = version
            if backend:
                place.attrs["backend"] = backend
        if oldest:
            group.attrs["nb_layers"] = len(layers)
        else:
            group.attrs["layer_names"] = np.array([layer.encode() for layer, _ in layers])
        for index, (layer, weights) in enumerate(layers):
            inside = group.create_group("layer_%d" % index if oldest else layer)
            if oldest:
                inside.attrs["nb_params"] = len(weights)
            else:
                inside.attrs["weight_names"] = np.array([w.encode() for w, _ in weights]) if weights else np.zeros(0)
            for number, (weight, values) in enumerate(weights):
                inside["param_%d" % number if oldest else weight] = values


def save(name, **arrays):
    for kind, array in arrays.items():
        np.save(FOLDER + name + "." + kind + ".npy", array.astype("f4"))


TRAINING = {"init": "glorot_uniform", "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.1},
            "b_regularizer": None, "activity_regularizer": None, "W_constraint": None, "b_constraint": None,
            "trainable": True}


def node(class_name, name, *inputs, **options):
    return {"class_name": class_name, "name": name, "config": dict(name=name, trainable=True, **options),
            "inbound_nodes": [[[i, 0, 0] for i in inputs]] if inputs else []}


def theano(kernel, axes=(3, 2, 0, 1)):
    return kernel[::-1, ::-1].transpose(axes)


def branches():
    x = draw(2, 6, 5, 2)
    w = dict(conv=draw(2, 3, 2, 3), atrous=draw(2, 2, 3, 3), depth=draw(2, 2, 3, 2), point=draw(1, 1, 6, 4),
             deconv=draw(3, 3, 2, 3), gamma=draw(6) + 2, beta=draw(6), mean=draw(6), var=draw(6) + 2,
             alpha=draw(4, 4, 6), dense=draw(96, 5) / 4)
    b = dict(conv=draw(3), atrous=draw(3), sep=draw(4), deconv=draw(2), dense=draw(5))
    padded = np.pad(x, ((0, 0), (1, 0), (2, 1), (0, 0)))
    first = hard_sigmoid(conv(padded, w["conv"]) + b["conv"])
    wide = np.pad(first, ((0, 0), (1, 1), (1, 1), (0, 0)))
    added = first + np.maximum(conv(wide, w["atrous"], 2) + b["atrous"], 0)
    depth = np.concatenate([conv(added[..., c:c + 1], w["depth"][:, :, c:c + 1]) for c in range(3)], -1)
    separable = (depth @ w["point"][0, 0] + b["sep"])[:, :4, 1:]
    grown = pool(deconv(added, w["deconv"], 2) + b["deconv"], 3)
    joined = np.concatenate([grown, separable], -1)
    normal = (joined - w["mean"]) / np.sqrt(w["var"] + 1e-3) * w["gamma"] + w["beta"]
    bent = np.where(normal > 0, normal, w["alpha"] * normal)
    save("branches", **{"in": x, "out": softmax(bent.reshape(2, -1) @ w["dense"] + b["dense"])})
    for order in "tf", "th":
        is_th = order == "th"
        axis = 1 if is_th else 3
        shape = lambda h, wd, c: [None, c, h, wd] if is_th else [None, h, wd, c]
        image = dict(dim_ordering=order)
        layers = [
            node("InputLayer", "input_1", batch_input_shape=shape(6, 5, 2), input_dtype="float32", sparse=False),
            node("ZeroPadding2D", "zeropadding2d_1", "input_1", padding=[1, 0, 2, 1], **image),
            node("Convolution2D", "convolution2d_1", "zeropadding2d_1", nb_filter=3, nb_row=2, nb_col=3, bias=True,
                 subsample=[1, 1], border_mode="valid", activation="hard_sigmoid", **image),
            node("AtrousConvolution2D", "atrousconvolution2d_1", "convolution2d_1", nb_filter=3, nb_row=2, nb_col=2,
                 bias=True, subsample=[1, 1], atrous_rate=[2, 2], border_mode="same", activation="relu", **image),
            node("Merge", "merge_1", "convolution2d_1", "atrousconvolution2d_1", mode="sum", mode_type="raw",
                 concat_axis=-1, dot_axes=-1, output_shape=None, output_shape_type="raw", arguments={}),
            node("SeparableConvolution2D", "separableconvolution2d_1", "merge_1", nb_filter=4, nb_row=2, nb_col=2,
                 bias=True, subsample=[1, 1], depth_multiplier=2, border_mode="valid", activation="linear", **image),
            node("Cropping2D", "cropping2d_1", "separableconvolution2d_1", cropping=[[0, 1], [1, 0]], **image),
            node("Deconvolution2D", "deconvolution2d_1", "merge_1", nb_filter=2, nb_row=3, nb_col=3, bias=True,
                 subsample=[2, 2], border_mode="valid", activation="linear", output_shape=shape(13, 13, 2), **image),
            node("MaxPooling2D", "maxpooling2d_1", "deconvolution2d_1", pool_size=[3, 3], strides=[3, 3],
                 border_mode="valid", **image),
            node("Merge", "merge_2", "maxpooling2d_1", "cropping2d_1", mode="concat", mode_type="raw",
                 concat_axis=axis, dot_axes=-1, output_shape=None, output_shape_type="raw", arguments={}),
            node("BatchNormalization", "batchnormalization_1", "merge_2", epsilon=1e-3, mode=0, axis=axis,
                 momentum=0.99, gamma_regularizer=None, beta_regularizer=None),
            node("PReLU", "prelu_1", "batchnormalization_1"),
            node("Flatten", "flatten_1", "prelu_1"),
            node("Dropout", "dropout_1", "flatten_1", p=0.5),
            node("Dense", "dense_1", "dropout_1", output_dim=5, input_dim=None, bias=True, activation="softmax"),
        ]
        for layer in layers:
            if "bias" in layer["config"]:
                layer["config"].update(TRAINING)
        kernel = theano if is_th else lambda k: k
        plain = (lambda k: k.transpose(3, 2, 0, 1)) if is_th else (lambda k: k)
        rows = w["dense"].reshape(4, 4, 6, 5)
        weights = {
            "convolution2d_1": [("_W", kernel(w["conv"])), ("_b", b["conv"])],
            "atrousconvolution2d_1": [("_W", kernel(w["atrous"])), ("_b", b["atrous"])],
            "separableconvolution2d_1": [("_depthwise_kernel", plain(w["depth"])),
                                         ("_pointwise_kernel", plain(w["point"])), ("_b", b["sep"])],
            "deconvolution2d_1": [("_W", theano(w["deconv"], (2, 3, 0, 1)) if is_th
                                   else w["deconv"].transpose(0, 1, 3, 2)), ("_b", b["deconv"])],
            "batchnormalization_1": [("_gamma", w["gamma"]), ("_beta", w["beta"]), ("_running_mean", w["mean"]),
                                     ("_running_std", w["var"])],
            "prelu_1": [("_alphas", w["alpha"].transpose(2, 0, 1) if is_th else w["alpha"])],
            "dense_1": [("_W", (rows.transpose(2, 0, 1, 3) if is_th else rows).reshape(96, 5)), ("_b", b["dense"])],
        }
        listed = [(l["name"], [(l["name"] + n, v) for n, v in weights.get(l["name"], [])]) for l in layers]
        config = {"class_name": "Model", "config": {"name": "model_1", "layers": layers, "input_layers": [["input_1", 0, 0]],
                                                    "output_layers": [["dense_1", 0, 0]]}}
        write("branches." + order, listed, config, version=None if is_th else "1.2.2")


def plain(class_name, name, **options):
    return {"class_name": class_name, "config": dict(name=name, trainable=True, **options)}


def sequential(*layers):
    return {"class_name": "Sequential", "config": list(layers)}


def small():
    x, kernel, bias, dense = draw(2, 5, 5, 3), draw(3, 3, 3, 3), draw(3), draw(18, 4)
    narrow, narrow_bias = draw(1, 1, 3, 2), draw(2)
    images = np.maximum(conv(x, kernel) + bias, 0)
    images = conv(images, narrow) + narrow_bias
    save("small", **{"in": x, "out": images.reshape(2, -1) @ dense})
    config = sequential(
        plain("Convolution2D", "convolution2d_1", nb_filter=3, nb_row=3, nb_col=3, subsample=[1, 1], bias=True,
              border_mode="valid", activation="relu", dim_ordering="tf", batch_input_shape=[None, 5, 5, 3]),
        plain("Convolution2D", "convolution2d_2", nb_filter=2, nb_row=1, nb_col=1, subsample=[1, 1], bias=True,
              border_mode="valid", activation="linear", dim_ordering="tf"),
        plain("Flatten", "flatten_1"), plain("Dropout", "dropout_1", p=0.5),
        plain("Dense", "dense_1", output_dim=4, bias=False, activation="linear", input_dim=18))
    weights = lambda first, second, rows: [
        ("convolution2d_1", [("convolution2d_1_W", first), ("convolution2d_1_b", bias)]),
        ("convolution2d_2", [("convolution2d_2_W", second), ("convolution2d_2_b", narrow_bias)]),
        ("flatten_1", []), ("dropout_1", []), ("dense_1", [("dense_1_W", rows)])]
    write("small", weights(kernel, narrow, dense), config, version="1.1.2")
    turned_rows = dense.reshape(3, 3, 2, 4).transpose(2, 0, 1, 3).reshape(18, 4)
    write("small.oldest", weights(theano(kernel), theano(narrow), turned_rows), oldest=True)
    others = weights(kernel, narrow[..., :1], dense)
    write("small.other", [others[0], ("elsewhere", [("elsewhere_W", dense)]), others[1]], version="1.1.2")


def line():
    x, kernel, bias, dense = draw(2, 9, 2), draw(3, 2, 4), draw(4), draw(8, 3)
    wide = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    line = np.stack([np.einsum("nkc,kco->no", wide[:, i:i + 3], kernel) for i in range(0, 9, 2)], 1) + bias
    pooled = line[:, :4].reshape(2, 2, 2, 4).max(2)
    save("line", **{"in": x, "out": hard_sigmoid(pooled.reshape(2, -1) @ dense)})
    config = sequential(
        plain("Convolution1D", "convolution1d_1", nb_filter=4, filter_length=3, subsample_length=2, bias=True,
              border_mode="same", activation="linear", input_dim=2, input_length=9, batch_input_shape=[None, 9, 2]),
        plain("MaxPooling1D", "maxpooling1d_1", pool_length=2, stride=2, border_mode="valid"),
        plain("Flatten", "flatten_1"),
        plain("Dense", "dense_1", output_dim=3, bias=False, activation="hard_sigmoid"))
    write("line", [("convolution1d_1", [("convolution1d_1_W", kernel.transpose(2, 1, 0)[..., None]),
                                        ("convolution1d_1_b", bias)]),
                   ("maxpooling1d_1", []), ("flatten_1", []), ("dense_1", [("dense_1_W", dense)])], config)


def turned():
    x, kernel, dense = draw(2, 4, 6, 2), draw(2, 3, 2, 4), draw(12, 3)
    first = lambda images: images.transpose(0, 3, 1, 2)
    images = first(conv(x, kernel)).reshape(2, 3, 4, 4)
    images = np.exp(images) / np.exp(images).sum(-1, keepdims=True)  # over the last axis, which is the width
    images = first(pool(images.transpose(0, 2, 3, 1), 2))
    save("turned", **{"in": x, "out": images.reshape(2, -1) @ dense})
    config = sequential(
        plain("Conv2D", "conv2d_1", filters=4, kernel_size=[2, 3], strides=[1, 1], padding="valid", use_bias=False,
              data_format="channels_first", dilation_rate=[1, 1], activation="linear",
              batch_input_shape=[None, 2, 4, 6]),
        plain("Reshape", "reshape_1", target_shape=[3, 4, 4]),
        plain("Activation", "activation_1", activation="softmax"),
        plain("MaxPooling2D", "max_pooling2d_1", pool_size=[2, 2], strides=[2, 2], padding="valid",
              data_format="channels_first"),
        plain("Flatten", "flatten_1"),
        plain("Dense", "dense_1", units=3, use_bias=False, activation="linear"))
    write("turned", [("conv2d_1", [("conv2d_1/kernel:0", kernel[::-1, ::-1])]), ("reshape_1", []), ("activation_1", []),
                     ("max_pooling2d_1", []), ("flatten_1", []), ("dense_1", [("dense_1/kernel:0", dense)])],
          config, version="2.1.3", backend="theano")


def refused():
    start = dict(batch_input_shape=[None, 4, 4, 2])
    normal = dict(epsilon=1e-3, axis=-1, momentum=0.99)
    conv2d = dict(nb_filter=1, nb_row=1, nb_col=1, subsample=[1, 1], border_mode="valid", activation="linear",
                  bias=True)
    for name, layers in {
            "mode": [plain("BatchNormalization", "odd", mode=2, **normal, **start)],
            "lambda": [plain("Lambda", "odd", function=["4wEA\u0000"], function_type="lambda", **start)],
            "merge": [plain("Merge", "odd", mode="sum", layers=[sequential(plain("Flatten", "a", **start))], **start)],
            "orders": [plain("Convolution2D", "a", dim_ordering="tf", **conv2d, **start),
                       plain("Convolution2D", "b", dim_ordering="th", **conv2d)],
            "softmax": [plain("Convolution2D", "odd", dim_ordering="th", **{**conv2d, "activation": "softmax"}, **start)],
            "recurrent": [plain("LSTM", "odd", output_dim=3, **start)],
    }.items():
        write("bad_" + name, [], sequential(*layers), version="1.2.2")


os.makedirs(FOLDER, exist_ok=True)
branches()
small()
line()
turned()
refused()
