"""One engine in a process of its own, told what to do line by line, as bench/peers/fovea.c is.

  engines.py ENGINE NETWORK PLACE BATCH THREADS

All compute in float32, with one run at a time and as many threads as they are told. Each class is loaded with a
network, runs it on an input that it holds, and gives the answer of the last run as rows.
"""
import os
import sys
import time

import numpy as np

from networks import Network, torch_network


class OnnxRuntime:
    def __init__(self, network, batch, threads):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(network.path("batch%d.onnx" % batch), options,
                                                    providers=["CPUExecutionProvider"])
        self.feed = {"input": network.images_first(batch)}

    def run(self):
        self.answer = self.session.run(None, self.feed)[0]


class OpenVino:
    def __init__(self, network, batch, threads):
        import openvino
        self.version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        how = {"INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY", "INFERENCE_NUM_THREADS": threads,
               "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        self.compiled = core.compile_model(network.path("batch%d.onnx" % batch), "CPU", how)
        assert self.compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
        self.request = self.compiled.create_infer_request()
        self.input = network.images_first(batch)
        self.request.set_input_tensor(openvino.Tensor(self.input, shared_memory=True))

    def run(self):
        self.request.infer()

    @property
    def answer(self):
        return self.request.get_output_tensor(0).data


class Ncnn:
    """Has no batches: image after image."""

    def __init__(self, network, batch, threads):
        import ncnn
        self.ncnn, self.version = ncnn, ncnn.__version__
        self.net = ncnn.Net()
        self.net.opt.use_vulkan_compute = False
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage",
                     "use_bf16_packed"):
            if hasattr(self.net.opt, name):
                setattr(self.net.opt, name, False)
        self.net.opt.num_threads = threads
        self.blobs, self.workspace = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
        self.net.opt.blob_allocator, self.net.opt.workspace_allocator = self.blobs, self.workspace
        if self.net.load_param(network.path("ncnn.param")) or self.net.load_model(network.path("ncnn.bin")):
            raise RuntimeError("the converted network does not load")
        self.images = [ncnn.Mat(image).clone() for image in network.images_first(batch)]

    def run(self):
        self.answer = []
        for image in self.images:
            extractor = self.net.create_extractor()
            extractor.input("in0", image)
            self.answer.append(np.array(extractor.extract("out0")[1]))


class OpenCv:
    def __init__(self, network, batch, threads):
        import cv2
        self.version = cv2.__version__
        cv2.setNumThreads(threads)
        self.net = cv2.dnn.readNetFromONNX(network.path("batch%d.onnx" % batch))
        self.input = network.images_first(batch)

    def run(self):
        self.net.setInput(self.input)
        self.answer = self.net.forward()


class PyTorch:
    def __init__(self, network, batch, threads):
        import torch
        self.version = torch.__version__.split("+")[0]
        torch.set_grad_enabled(False)
        torch.set_num_threads(threads)
        self.net = torch_network(network).to(memory_format=torch.channels_last)
        self.input = torch.from_numpy(network.images(batch)).permute(0, 3, 1, 2)

    def run(self):
        self.answer = self.net(self.input)


ENGINES = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "ncnn": Ncnn, "opencv": OpenCv, "pytorch": PyTorch}


def time_runs(engine, runs):
    engine.run()  # caches hold another engine's data before it
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        engine.run()
        times.append(time.perf_counter() - start)
    return " ".join("%.9f" % seconds for seconds in times)


def main():
    name, network, place, batch, threads = sys.argv[1:]
    answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr  # engines talk on standard output
    os.dup2(2, 1)
    engine = ENGINES[name](Network(network, place), int(batch), int(threads))
    engine.run()
    print("ready", engine.version, file=answers, flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "run":
            print("times", time_runs(engine, int(rest)), file=answers, flush=True)
        elif word == "answer":
            np.asarray(engine.answer, np.float32).tofile(rest)
            print("written", rest, file=answers, flush=True)


main()
