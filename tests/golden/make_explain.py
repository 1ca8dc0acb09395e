"""What TensorFlow's gradients say of a small network: heat by the formulas of Grad-CAM and HiResCAM, and what each
channel adds. Weights and input follow from names (fovea's by-name rule, seed 1), so that explain.json holds results alone.

Run it in tests/golden, with Keras 3 and TensorFlow.
"""
import json

import keras
import numpy as np
import tensorflow as tf

MASK = (1 << 64) - 1
GOLD = 0x9E3779B97F4A7C15


def uniform(name, count, seed=1):
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    state ^= (seed * GOLD) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLD)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


def fill(path, shape):
    kind = path.rsplit("/", 1)[-1]
    u = uniform(path, int(np.prod(shape)))
    if kind in ("gamma", "moving_variance"):
        values = 0.5 + u
    elif kind in ("bias", "beta", "moving_mean"):
        values = (2 * u - 1) * 0.1
    else:
        fan_in = shape[0] * shape[1] if kind == "depthwise_kernel" else int(np.prod(shape[:-1]))
        values = (2 * u - 1) * np.sqrt(6 / fan_in)
    return values.reshape(shape).astype(np.float32)


def network():
    layers = keras.layers
    x = picture = keras.Input((12, 10, 3), name="picture")
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="edges")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = skip = layers.MaxPooling2D(name="pool")(x)
    x = layers.SeparableConv2D(6, 3, padding="same", activation="relu", name="parts")(x)
    x = layers.Add(name="sum")([x, skip])
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="things")(x)
    x = layers.Dropout(0.5, name="drop")(layers.GlobalAveragePooling2D(name="mean")(x))
    return keras.Model(picture, layers.Dense(4, activation="softmax", name="answer")(x))


model = network()
for weight in model.weights:
    weight.assign(fill(weight.path, weight.shape))
picture = (2 * uniform("input", 12 * 10 * 3) - 1).reshape(1, 12, 10, 3).astype(np.float32)
answer = model.get_layer("answer")
cases = []
for layer in ("edges", "parts", "sum", "things"):
    for index, against in ((0, None), (2, None), (1, 3)):
        cases.append({"layer": layer, "index": index, "against": against})


def behind(layer):
    """From a layer's output to the logits, by the same layers."""
    def run(x, skip):
        names = ["edges", "norm", "pool", "parts", "sum", "things", "mean", "drop"]
        for name in names[names.index(layer) + 1:]:
            if name == "sum":
                x = model.get_layer(name)([x, skip])
            else:
                x = model.get_layer(name)(x)
            if name == "pool":
                skip = x
        return tf.matmul(x, answer.kernel) + answer.bias
    return run


outputs = keras.Model(model.input, {n: model.get_layer(n).output for n in ("edges", "pool", "parts", "sum", "things")})
inner = outputs(picture, training=False)
for case in cases:
    numbers = tf.constant(inner[case["layer"]])
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        logits = behind(case["layer"])(numbers, inner["pool"])
        score = logits[0, case["index"]]
        if case["against"] is not None:
            score -= logits[0, case["against"]]
    gradient = tape.gradient(score, numbers).numpy()[0].astype(np.float64)
    numbers = numbers.numpy()[0].astype(np.float64)
    case["score"] = round(float(score), 6)
    weights = gradient.mean(axis=(0, 1))
    case["gradcam"] = np.maximum((numbers * weights).sum(-1), 0).round(7).ravel().tolist()
    case["hires"] = np.maximum((numbers * gradient).sum(-1), 0).round(7).ravel().tolist()
    case["channels"] = (numbers * gradient).sum((0, 1)).round(7).tolist()
with open("explain.json", "w") as file:
    lines = ",\n".join(json.dumps(case) for case in cases)
    file.write('{"source": "Keras %s, TensorFlow %s", "cases": [\n%s\n]}\n'
               % (keras.__version__, tf.__version__, lines))
