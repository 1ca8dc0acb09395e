"""Makes tests/golden/augment/effects.json: Keras's layers of augmentation on a small picture, the drawn numbers given,
and ImageDataGenerator's standardisation of a small set. Needs Keras 3 and NumPy.

    python3 tests/golden/make_effects.py
"""
import json
import os

import keras
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
PICTURE = np.round(rng.uniform(0, 255, (6, 7, 3))).astype(np.float32)
L = keras.layers


def four(value):
    return np.full((1, 1, 1, 1), value, np.float32)


def rounded(array):
    return [float("%.7g" % v) for v in np.asarray(array).ravel()]


CASES = [  # words of a transform, layer, its transformation, divisor of the picture
    ("random_brightness=-31.5", L.RandomBrightness(0.2), {"rgb_delta": four(-31.5)}, 1),
    ("random_contrast=1.375", L.RandomContrast(0.2), {"contrast_factor": four(1.375)}, 1),
    ("random_saturation=1.625", L.RandomSaturation(0.5, value_range=(0, 1)),
     {"factor": np.array([1.625], np.float32)}, 255),
    ("random_hue=-0.1875", L.RandomHue(0.5, value_range=(0, 1)), {"factor": np.array([-0.1875], np.float32)}, 255),
    ("random_sharpness=0.8125", L.RandomSharpness(0.5), {"factor": np.array([0.8125], np.float32)}, 1),
    ("random_color_degeneration=0.4375", L.RandomColorDegeneration(0.5), {"factor": four(0.4375)}, 1),
    ("random_posterization=3", L.RandomPosterization(3), {"shift_factor": np.array([5], np.uint8)}, 1),
    ("solarization=13,140", L.Solarization(0.1, 0.5), {"additions": four(13), "thresholds": four(140)}, 1),
    ("random_grayscale", L.RandomGrayscale(1.0), np.ones((1, 1, 1, 1), bool), 1),
    ("random_invert", L.RandomInvert(1.0), {"apply_inversion": np.array([True])}, 1),
    ("random_gaussian_blur=1.125,0.75,5", L.RandomGaussianBlur(1.0, kernel_size=5),
     {"should_apply_blur": np.array([True]), "blur_factor": np.array([1.125, 0.75], np.float32)}, 1),
    ("auto_contrast", L.AutoContrast(), {}, 1),
    ("equalization", L.Equalization(), {}, 1),
]
out = {"picture": rounded(PICTURE), "height": 6, "width": 7, "effects": [], "standardise": []}
for words, layer, transformation, divisor in CASES:
    y = layer.transform_images(keras.ops.convert_to_tensor(PICTURE[None] / np.float32(divisor)), transformation,
                               training=True)
    out["effects"].append({"words": words, "output": rounded(np.asarray(y)[0] * divisor)})
SET = np.round(rng.uniform(0, 255, (5, 2, 3, 3)))
out["set"] = {"shape": [5, 2, 3, 3], "numbers": rounded(SET)}
for words in ("samplewise_std_normalization", "rescale=0.0078125 samplewise_center", "featurewise_center",
              "rescale=0.0078125 featurewise_std_normalization", "rescale=0.0078125 zca_whitening zca_epsilon=0.1"):
    options = {k: float(v) if v else True for k, _, v in (w.partition("=") for w in words.split())}
    generator = keras.src.legacy.preprocessing.image.ImageDataGenerator(dtype="float64", **options)
    if "featurewise" in words or "zca" in words:
        generator.fit(SET)
    out["standardise"].append({"words": words, "output": rounded(generator.standardize(SET[1].astype(np.float64)))})
with open(os.path.join(HERE, "augment", "effects.json"), "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
