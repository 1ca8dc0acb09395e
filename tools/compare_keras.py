"""What tf_keras and fovea answer for the model files of ../shared/data/keras_h5; started by tools/compare-keras.

Every file is opened with tf_keras, or where it cannot with Keras 3 (safe_mode: no code of a file is run), and called on
one input of the rule of ../shared/golden/rule.py: name "input", several inputs by their own names, seed 1, extents that
are open 24. The command fovea runs the same arrays. tf_keras leaves kernels of the backend theano as they are; Keras
itself turned them by half a turn, so they are turned here. A file without a network takes it from a .json of the same
name beside it, which fovea reads in `make conformance` alone. Printed and, with a path as argument, written: samples of
the outputs, or why there are none.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, "../shared/golden")
import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras
import rule

FOLDER = "../shared/data/keras_h5/"
SAMPLES = 64


def first_line(error):
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0][:110]


def open_model(path):
    """The model, and whether fovea can open the file alone."""
    beside = path.rsplit(".", 1)[0] + ".json"
    if path.endswith(".h5"):
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                if "layer_names" not in file.attrs or not os.path.exists(beside):
                    return None, False
                with open(beside) as text:
                    model = tf_keras.models.model_from_json(text.read())
                model.load_weights(path)
                return model, False
    try:
        model = tf_keras.models.load_model(path, compile=False, safe_mode=True)
        if path.endswith(".h5") and is_of_theano(path):
            turn_kernels(model)
        return model, True
    except Exception as error:
        try:
            return keras.models.load_model(path, compile=False, safe_mode=True), True
        except Exception:
            raise error


def is_of_theano(path):
    with h5py.File(path, "r") as file:
        backend = file.attrs.get("backend", b"")
    return (backend.decode() if isinstance(backend, bytes) else backend) == "theano"


def turn_kernels(model):
    for layer in model.layers:
        if type(layer).__name__ in ("Conv1D", "Conv2D", "Conv2DTranspose"):
            kernel, *rest = layer.get_weights()
            axes = (0,) if type(layer).__name__ == "Conv1D" else (0, 1)
            layer.set_weights([np.flip(kernel, axes), *rest])


def inputs_of(model):
    arrays = []
    for tensor in model.inputs:
        shape = [1] + [24 if extent is None else extent for extent in tensor.shape[1:]]
        name = "input" if len(model.inputs) == 1 else tensor.name.split(":")[0]
        arrays.append(rule.fill(name, shape, 1, "input"))
    return arrays


def outputs_of(model, inputs):
    values = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(value) for value in (values if isinstance(values, (list, tuple)) else [values])]


def samples_of(array):
    flat, count = array.ravel(), array.size
    if count > SAMPLES:
        flat = flat[[k * (count - 1) // (SAMPLES - 1) for k in range(SAMPLES)]]
    return [float(f"{value:.9g}") for value in flat]


def run_fovea(path, inputs, count):
    with tempfile.TemporaryDirectory() as folder:
        command = ["build/fovea", "run", path]
        for i, array in enumerate(inputs):
            np.save(f"{folder}/in{i}.npy", array)
            command += ["--input", f"{folder}/in{i}.npy"]
        for i in range(count):
            command += ["--output", f"{folder}/out{i}.npy"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return None, done.stderr.strip().splitlines()[0]
        return [np.load(f"{folder}/out{i}.npy") for i in range(count)], None


def distance(found, expected):
    expected = expected.astype(np.float64)
    return np.sqrt(((found - expected) ** 2).sum() / max((expected**2).sum(), 1e-30))


def compare(path):
    """A line for the table and an entry for the file."""
    entry = {"file": path[len(FOLDER):]}
    try:
        model, alone = open_model(path)
        if model is None:
            entry["cannot"] = "no network in the file"
        else:
            inputs = inputs_of(model)
            outputs = outputs_of(model, inputs)
            name = type(model).__module__.split(".")[0]
            entry["library"] = f"{name} {(tf_keras if name == 'tf_keras' else keras).__version__}"
            if path.endswith(".h5") and is_of_theano(path):
                entry["turned"] = True
            entry["inputs"] = [list(array.shape) for array in inputs]
            entry["outputs"] = [{"shape": list(o.shape), "samples": samples_of(o)} for o in outputs]
    except Exception as error:  # whatever tf_keras says is its answer
        entry["cannot"] = first_line(error)
    if "cannot" in entry:
        found, message = run_fovea(path, [], 1)
        return f"tf_keras: {entry['cannot']}; fovea: {message or 'opens it'}", entry
    if not alone:
        return f"{entry['library']} answers; fovea needs the network: see make conformance", entry
    found, message = run_fovea(path, inputs, len(outputs))
    if found is None:
        return f"{entry['library']} answers; fovea: {message}", entry
    return f"{entry['library']}, {max(distance(f, o) for f, o in zip(found, outputs)):.1e}", entry


def main():
    entries = []
    for path in sorted(glob.glob(FOLDER + "**/*", recursive=True)):
        if path.endswith((".h5", ".keras")):
            line, entry = compare(path)
            print(f"{entry['file']}: {line}", flush=True)
            entries.append(entry)
    if len(sys.argv) > 1:
        facts = {"tf_keras": tf_keras.__version__, "tensorflow": tf.__version__,
                 "about": "made by tools/compare-keras --write"}
        lines = ",\n".join(json.dumps(entry) for entry in entries)
        with open(sys.argv[1], "w") as file:
            file.write(json.dumps(facts)[:-1] + ', "files": [\n' + lines + "\n]}\n")


main()
