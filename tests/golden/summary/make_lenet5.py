"""lenet5.keras: LeNet-5 as a Sequential, weights zero, its zip deflated to be small.

  python make_lenet5.py               needs keras 3

The texts beside it are what model.summary() of Keras 2 and 3 prints.
"""
import os
import tempfile
import zipfile

import keras

L = keras.layers
layers = [L.Input((28, 28, 1)), L.Conv2D(6, 5, padding="same", activation="tanh", name="c1"), L.AveragePooling2D(2, name="s2"),
          L.Conv2D(16, 5, activation="tanh", name="c3"), L.AveragePooling2D(2, name="s4"), L.Flatten(name="flatten"),
          L.Dense(120, activation="tanh", name="c5"), L.Dense(84, activation="tanh", name="f6"),
          L.Dense(10, activation="softmax", name="output")]
model = keras.Sequential(layers, name="lenet5")
model.set_weights([0 * w for w in model.get_weights()])
with tempfile.TemporaryDirectory() as folder:
    model.save(os.path.join(folder, "m.keras"))
    with zipfile.ZipFile(os.path.join(folder, "m.keras")) as plain, zipfile.ZipFile("lenet5.keras", "w") as small:
        for item in plain.infolist():
            small.writestr(zipfile.ZipInfo(item.filename), plain.read(item), zipfile.ZIP_DEFLATED, 9)
