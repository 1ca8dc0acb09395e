#!/usr/bin/env python3
"""Filters and resizing beside OpenCV: library calls on pixels in memory, results into memory that is there.

  filters.py [--only filter|linear|area] [--threads 1 2] [--rounds N] [--library build/libfovea.so] [--results FILE]

Needs numpy and opencv-python-headless (tools/setup-peers). Both sides run in this process, on the same arrays, in turn
within each round, the first one changing; time is the processor's for one thread, the wall's for more. Columns: milliseconds of the best round of each, fovea's
minimum over OpenCV's, the same of the medians, and the largest difference between the results.
"""
import argparse
import ctypes
import datetime
import os
import statistics
import subprocess
import time

import cv2
import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEIGHT, WIDTH = 2160, 3840
SIZES = [((HEIGHT, WIDTH), (1080, 1920)), ((HEIGHT, WIDTH), (1440, 2560)), ((HEIGHT, WIDTH), (720, 1280)),
         ((HEIGHT, WIDTH), (600, 1000)), ((1080, 1920), (HEIGHT, WIDTH)), ((1440, 2560), (HEIGHT, WIDTH))]


class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_int32), ("dims", ctypes.c_int64 * 8)]


class Tensor(ctypes.Structure):
    _fields_ = [("shape", Shape), ("data", ctypes.c_void_p)]


class Image(ctypes.Structure):
    _fields_ = [("height", ctypes.c_int32), ("width", ctypes.c_int32), ("channels", ctypes.c_int32),
                ("pixels", ctypes.c_void_p), ("orientation", ctypes.c_int32)]


class Kernel(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("help", ctypes.c_char_p), ("height", ctypes.c_int32),
                ("width", ctypes.c_int32), ("weights", ctypes.c_void_p)]


class FilterOptions(ctypes.Structure):
    _fields_ = [("stride", ctypes.c_int32 * 2), ("padding", ctypes.c_char_p), ("border", ctypes.c_int32),
                ("flip", ctypes.c_bool), ("workers", ctypes.c_void_p)]


BORDER_MIRROR = 4  # OpenCV's default


def structure(array):
    """A fovea structure over a numpy array: an image for bytes, a tensor for floats."""
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype == np.uint8:
        return Image(array.shape[0], array.shape[1], channels, array.ctypes.data, 0)
    dims = (ctypes.c_int64 * 8)(*array.shape)
    return Tensor(Shape(array.ndim, dims), array.ctypes.data)


class Fovea:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.fv_error_message.restype = ctypes.c_char_p
        self.library.fv_version.restype = ctypes.c_char_p
        self.library.fv_cpu_name.restype = ctypes.c_char_p
        self.workers = ctypes.c_void_p()

    def check(self, status):
        if status:
            raise RuntimeError(self.library.fv_error_message().decode())

    def use_threads(self, threads):
        self.library.fv_workers_destroy(self.workers)
        self.check(self.library.fv_workers_create(ctypes.byref(self.workers), threads))

    def filter(self, source, weights, result):
        numbers = np.ascontiguousarray(weights, np.float64)
        kernel = Kernel(None, None, numbers.shape[0], numbers.shape[1], numbers.ctypes.data)
        options = FilterOptions(border=BORDER_MIRROR, workers=self.workers)
        call = self.library.fv_filter_image_into if source.dtype == np.uint8 else self.library.fv_filter_apply_into
        given, out = structure(source), structure(result)
        arguments = ctypes.byref(out), None, ctypes.byref(given), ctypes.byref(kernel), ctypes.byref(options)
        keep = numbers
        return lambda: (self.check(call(*arguments)), keep)

    def resize(self, source, method, result):
        floats = source.dtype != np.uint8
        call = self.library.fv_image_resize_floats_into if floats else self.library.fv_image_resize_into
        given, out = structure(source), structure(result)
        arguments = ctypes.byref(out), ctypes.byref(given), method.encode(), self.workers
        return lambda: self.check(call(*arguments))


def pixels(generator, height, width, channels, kind):
    array = generator.integers(0, 256, (height, width, channels), dtype=np.uint8)
    array = cv2.blur(array, (5, 5)).reshape(height, width, channels)  # neighbours alike, as in photos
    return np.ascontiguousarray(array.squeeze().astype(kind))


def cases(only, generator, fovea):
    """Yields name, fovea's call, OpenCV's call, fovea's result, OpenCV's result."""
    for kind in np.uint8, np.float32:
        for channels in 1, 3:
            what = f"{'8-bit' if kind == np.uint8 else 'float'} {'gray' if channels == 1 else 'RGB '}"
            photo = pixels(generator, HEIGHT, WIDTH, channels, kind)
            for side in (3, 7) if "filter" in only else ():
                weights = generator.standard_normal((side, side)).astype(np.float32)
                weights /= np.abs(weights).sum()
                ours, theirs = np.empty_like(photo), np.empty_like(photo)
                yield (f"filter {side}x{side}", what, fovea.filter(photo, weights, ours),
                       lambda: cv2.filter2D(photo, -1, weights, dst=theirs), ours, theirs)
            for method, flag in ("linear", cv2.INTER_LINEAR), ("area", cv2.INTER_AREA):
                for (h, w), (to_h, to_w) in SIZES if method in only else ():
                    source = np.ascontiguousarray(photo[:h, :w])
                    ours = np.empty((to_h, to_w) + photo.shape[2:], kind)
                    theirs = np.empty_like(ours)
                    yield (f"{method} {w}x{h} -> {to_w}x{to_h}", what, fovea.resize(source, "cv-" + method, ours),
                           lambda: cv2.resize(source, (to_w, to_h), dst=theirs, interpolation=flag), ours, theirs)


def seconds(call, clock):
    start = clock()
    call()
    return clock() - start


def measure(ours, theirs, rounds, threads):
    clock = time.thread_time if threads == 1 else time.perf_counter
    times = [], []
    for number in range(rounds):
        for side in (0, 1) if number % 2 else (1, 0):
            times[side].append(1e3 * seconds((ours, theirs)[side], clock))
    return times


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=["filter", "linear", "area"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--library", default=os.path.join(ROOT, "build", "libfovea.so"))
    parser.add_argument("--results", help="append the table to this file")
    given = parser.parse_args()
    fovea = Fovea(given.library)
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    level = fovea.library.fv_cpu_name(fovea.library.fv_cpu()).decode()
    lines = [f"{datetime.date.today()}, {cpu_name()} ({level}), commit {commit.stdout.strip()}, OpenCV {cv2.__version__}, "
             f"best of {given.rounds} rounds",
             f"{'':34}{'':11} threads   fovea ms  OpenCV ms  ratio  medians  differ"]
    print("\n".join(lines))
    for threads in given.threads:
        cv2.setNumThreads(threads)
        fovea.use_threads(threads)
        for name, what, ours, theirs, our_result, their_result in cases(given.only, np.random.default_rng(7), fovea):
            ours(), theirs()
            differ = np.abs(our_result.astype(np.float64) - their_result).max()
            a, b = measure(ours, theirs, given.rounds, threads)
            lines.append(f"{name:34}{what:11}{threads:8}{min(a):11.2f}{min(b):11.2f}{min(a) / min(b):7.2f}"
                         f"{statistics.median(a) / statistics.median(b):9.2f}  {differ:.2g}")
            print(lines[-1], flush=True)
    if given.results:
        with open(given.results, "a") as file:
            file.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
