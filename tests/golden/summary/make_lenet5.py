"""lenet5.keras: LeNet-5 as a Sequential, weights zero; lenet5_unbuilt.keras: the same without an input, never called;
unbuilt_nested.*: one with models inside, built and not. Their zips are deflated to be small.

  python make_lenet5.py               needs keras 3

The texts beside them are what model.summary() of Keras 2 and 3 prints.
"""
import os
import tempfile
import zipfile

os.environ["COLUMNS"] = "200"
import keras

L = keras.layers


def save(model, name):
    with tempfile.TemporaryDirectory() as folder:
        model.save(os.path.join(folder, "m.keras"))
        with zipfile.ZipFile(os.path.join(folder, "m.keras")) as plain, zipfile.ZipFile(name, "w") as small:
            for item in plain.infolist():
                small.writestr(zipfile.ZipInfo(item.filename), plain.read(item), zipfile.ZIP_DEFLATED, 9)


layers = [L.Conv2D(6, 5, padding="same", activation="tanh", name="c1"), L.AveragePooling2D(2, name="s2"),
          L.Conv2D(16, 5, activation="tanh", name="c3"), L.AveragePooling2D(2, name="s4"), L.Flatten(name="flatten"),
          L.Dense(120, activation="tanh", name="c5"), L.Dense(84, activation="tanh", name="f6"),
          L.Dense(10, activation="softmax", name="output")]
save(keras.Sequential(layers, name="lenet5"), "lenet5_unbuilt.keras")
model = keras.Sequential([L.Input((28, 28, 1))] + layers, name="lenet5")
model.set_weights([0 * w for w in model.get_weights()])
save(model, "lenet5.keras")

image = L.Input((8,), name="code")
middle = L.Dense(3, name="middle")(image)
built = keras.Model(image, [middle, L.BatchNormalization(name="scale")(L.Dense(4, name="wide")(middle))][1], name="built")
open_end = keras.Sequential([L.Dense(8, name="narrow"), L.Dropout(0.5, name="drop")], name="open")
model = keras.Sequential([L.Rescaling(1 / 255, name="bytes"), L.Flatten(name="flat"), open_end, built,
                          keras.Sequential([L.Input((4,)), L.Dense(2, trainable=False, name="fixed")], name="chain"),
                          L.ReLU(name="clip"), L.Dense(2, name="score")], name="outer")
save(model, "unbuilt_nested.keras")
model = keras.models.load_model("unbuilt_nested.keras")
model.save("unbuilt_nested.h5")
for name, options in [("unbuilt_nested", {}), ("unbuilt_nested_expanded", dict(expand_nested=True, show_trainable=True))]:
    text = []
    model.summary(print_fn=text.append, **options)
    open(name + ".keras3.txt", "w", encoding="utf-8").write("".join(text))

# one layer on images of two sizes
wide, low = L.Input((20, 20, 3), name="a"), L.Input((10, 12, 3), name="b")
conv, mean = L.Conv2D(4, 3, name="c"), L.GlobalAveragePooling2D(name="g")
model = keras.Model([wide, low], L.Add(name="s")([mean(conv(wide)), mean(conv(low))]), name="twice")
save(model, "twice.keras")
text = []
model.summary(print_fn=text.append)
open("twice.keras3.txt", "w", encoding="utf-8").write("".join(text))
