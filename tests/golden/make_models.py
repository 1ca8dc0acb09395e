"""Makes model files that Keras could have written, for what its own files here do not show.

tiny.*          one Dense layer, with fovea's own preprocessing and class names
bad_*           files to refuse
broken.*        a network of which a part alone can be loaded

Run it in tests/golden.
"""
import json
import os
import zipfile

import h5py
import numpy as np

FEEDING = json.dumps({"version": 1, "mode": "own", "scale": 0.5, "mean": [1, 2, 3], "std": [1, 1, 2], "size": [2, 2],
                      "labels": [["", "cat"], ["", "dog"]]})


def config(units=2, layers=()):
    dense = {"name": "dense", "units": units, "activation": "linear", "use_bias": True}
    flatten = {"name": "flatten", "data_format": "channels_last"}
    return json.dumps({"class_name": "Sequential", "config": {"name": "tiny", "layers": [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 2, 2, 3]}},
        *layers, {"class_name": "Flatten", "config": flatten}, {"class_name": "Dense", "config": dense}]}})


def tiny_h5(name, kernel, feeding=None, config_text=None):
    with h5py.File("files/" + name, "w") as file:
        file.attrs["keras_version"] = "3.15.1"
        file.attrs["model_config"] = config_text or config()
        if feeding:
            file.attrs["fovea"] = feeding
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([b"flatten", b"dense"])
        group.create_group("flatten").attrs["weight_names"] = np.zeros(0)
        layer = group.create_group("dense")
        layer.attrs["weight_names"] = np.array([b"dense/kernel", b"dense/bias"])
        layer["dense/kernel"] = kernel
        layer["dense/bias"] = np.zeros(2, "f4")


def tiny_keras(kernel):
    with h5py.File("weights.h5", "w") as file:
        file["layers/dense/vars/0"] = kernel
        file["layers/dense/vars/1"] = np.zeros(2, "f4")
    with zipfile.ZipFile("files/tiny.keras", "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("config.json", config())
        target.writestr("fovea.json", FEEDING)
        target.write("weights.h5", "model.weights.h5")
    os.remove("weights.h5")


os.makedirs("files", exist_ok=True)
ladder = np.arange(24, dtype="f4").reshape(12, 2) / 8
tiny_h5("tiny.h5", ladder, FEEDING)
tiny_keras(ladder)
broken = ladder.copy()
broken[3, 1] = np.nan
tiny_h5("bad_nan.h5", broken)
tiny_h5("bad_shape.h5", ladder[:, :1])
tiny_h5("bad_feeding.h5", ladder, '{"version": 1, "mode": "no such"}')
tiny_h5("bad_units.h5", ladder, config_text=config(2**31 - 1))
odd = lambda name, **options: config(layers=[{"class_name": name, "config": {"name": "odd", **options}}])
tiny_h5("bad_class.h5", ladder, config_text=odd("Mystery"))
tiny_h5("bad_option.h5", ladder, config_text=odd("ReLU", surprise=7, other=None))
tiny_h5("bad_json.h5", ladder, config_text="{" + '"a": [' * 100)


# broken.*: a network with a layer that nobody knows, "odd", and what reads it: "after" and "sum". The kernel of "beside"
# is missing; one number of "before" is infinite.
def node(*sources):
    return [[[source, 0, 0, {}] for source in sources]]


def conv(name, filters):
    return {"name": name, "filters": filters, "kernel_size": [1, 1], "padding": "same", "use_bias": False}


def broken_config():
    layers = [("InputLayer", {"name": "in", "batch_input_shape": [None, 4, 4, 3]}, []),
              ("Conv2D", conv("before", 2), ["in"]), ("Mystery", {"name": "odd"}, ["before"]),
              ("Conv2D", conv("after", 2), ["odd"]), ("Conv2D", conv("beside", 2), ["in"]),
              ("Conv2D", conv("shallow", 2), ["in"]), ("Add", {"name": "sum"}, ["after", "beside"])]
    return json.dumps({"class_name": "Functional", "config": {
        "name": "broken",
        "layers": [{"class_name": kind, "name": options["name"], "config": options,
                    "inbound_nodes": node(*sources) if sources else []}
                   for kind, options, sources in layers],
        "input_layers": [["in", 0, 0]], "output_layers": [["sum", 0, 0], ["shallow", 0, 0]]}})


wild = np.ones((1, 1, 3, 2), "f4")
wild[0, 0, 1, 0] = np.inf
calm = np.full((1, 1, 3, 2), 2, "f4")
with h5py.File("files/bad_layers.h5", "w") as file:
    file.attrs["keras_version"] = "2.15.0"
    file.attrs["model_config"] = broken_config()
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = np.array([b"before", b"after", b"shallow"])
    for name, kernel in (("before", wild), ("after", np.ones((1, 1, 2, 2), "f4")), ("shallow", calm)):
        layer = group.create_group(name)
        layer.attrs["weight_names"] = np.array([name.encode() + b"/kernel:0"])
        layer[name + "/kernel:0"] = kernel
with h5py.File("weights.h5", "w") as file:
    for place, kernel in (("conv2d", wild), ("conv2d_1", np.ones((1, 1, 2, 2), "f4")), ("conv2d_3", calm)):
        file["layers/" + place + "/vars/0"] = kernel
with zipfile.ZipFile("files/bad_layers.keras", "w", zipfile.ZIP_DEFLATED) as target:
    target.writestr("config.json", broken_config())
    target.write("weights.h5", "model.weights.h5")
os.remove("weights.h5")
