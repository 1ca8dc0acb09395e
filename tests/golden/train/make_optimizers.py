"""Optimizers of Keras 3, step by step, without a network: given gradients, what become of ten weights.

  python make_optimizers.py > optimizers.json

Two variables of 7 and 3 numbers; gradients[s] are those of step s; each case has the weights after steps 1, 2, 5 and 20.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import keras

STEPS = 20
random = np.random.default_rng(7)
start = (random.uniform(-1, 1, 10)).astype(np.float32)
gradients = (random.normal(0, 1, (STEPS, 10)) * np.linspace(0.01, 2, 10)).astype(np.float32)
cases = [
    ("SGD", dict(learning_rate=0.05)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, nesterov=True)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, weight_decay=0.01)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, clipnorm=0.2)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, clipvalue=0.3)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, global_clipnorm=0.5)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, gradient_accumulation_steps=4)),
    ("SGD", dict(learning_rate=0.05, momentum=0.9, use_ema=True, ema_momentum=0.9)),
    ("SGD", dict(learning_rate=0.05, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)),
    ("RMSprop", dict(learning_rate=0.01)),
    ("RMSprop", dict(learning_rate=0.01, centered=True)),
    ("RMSprop", dict(learning_rate=0.01, momentum=0.9, centered=True)),
    ("Adam", dict(learning_rate=0.01)),
    ("Adam", dict(learning_rate=0.01, amsgrad=True)),
    ("Adam", dict(learning_rate=0.01, gradient_accumulation_steps=3)),
    ("AdamW", dict(learning_rate=0.01, weight_decay=0.05)),
    ("AdamW", dict()),
    ("Adamax", dict(learning_rate=0.01)),
    ("Nadam", dict(learning_rate=0.01)),
    ("Adagrad", dict(learning_rate=0.1)),
    ("Adadelta", dict(learning_rate=1.0)),
    ("Lion", dict(learning_rate=0.01)),
    ("Ftrl", dict(learning_rate=0.1)),
    ("Ftrl", dict(learning_rate=0.1, l1_regularization_strength=0.1, l2_regularization_strength=0.2,
                  l2_shrinkage_regularization_strength=0.05, beta=0.3)),
]
number = lambda x: float("%.9g" % x)
out = {"keras": keras.__version__, "start": [number(x) for x in start],
       "gradients": [[number(x) for x in row] for row in gradients], "cases": []}
for name, config in cases:
    a, b = keras.Variable(start[:7]), keras.Variable(start[7:])
    optimizer = getattr(keras.optimizers, name)(**config)
    optimizer.build([a, b])
    steps = []
    for row in gradients:
        optimizer.apply([row[:7], row[7:]], [a, b])
        steps.append([number(x) for x in np.concatenate([a.numpy(), b.numpy()])])
    case = {"class": name, "config": config, "weights": [steps[s] for s in (0, 1, 4, 19)]}
    if config.get("use_ema"):
        average = optimizer._model_variables_moving_average
        case["average"] = [number(x) for x in np.concatenate([v.numpy() for v in average])]
    out["cases"].append(case)
print(json.dumps(out).replace('{"class"', '\n{"class"').replace('"gradients"', '\n"gradients"'))
