"""Writes torch_files/written.safetensors with the reference writer: every element type, names that need escapes.

usage: python3 make_safetensors.py    needs torch and safetensors
"""
import os

import torch
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_files", "written.safetensors")
TYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32",
         "uint64", "bool")

tensors = {}
for number, name in enumerate(TYPES):
    values = [[(i * 7 + number) % 5 for i in range(3)] for _ in range(number % 2 + 1)]
    tensors["z." + name] = torch.tensor(values).to(getattr(torch, name))
    tensors["a." + name] = torch.tensor(number % 2).to(getattr(torch, name))
for name in ("empty", 'quote " \\ / \b\f\n\r\t\x01\x7f', "\u00e9\U0001f600"):
    tensors[name] = torch.zeros((0, 3) if name == "empty" else (2,))
save_file(tensors, OUT)
