"""The networks that are compared, and the same network for every engine.

Each is torchvision's network with made-up numbers (weights scaled so that activations stay near 1), or, for a network
that fovea knows in Keras's form only, the same with its weights renamed and turned. Once made it lies in a folder:

    weights.pth, weights.safetensors   for fovea
    input.f32                          images, channels last, raw float32
    expected.npy                       PyTorch's answer to them
    batchN.onnx                        for ONNX Runtime, OpenVINO and OpenCV
    ncnn.param, ncnn.bin               for ncnn, made by pnnx; ncnn.failed says why there are none
"""
import os
import subprocess
import sys

import numpy as np

IMAGES = 8  # in input.f32: batches are cut from it

# fovea's name: torchvision's, arguments, side
NETWORKS = {
    "VGG16": ("vgg16", dict(init_weights=False), 224),
    "InceptionV3Torchvision": ("inception_v3", dict(init_weights=False, aux_logits=True, transform_input=False), 299),
    "GoogLeNetTorchvision": ("googlenet", dict(init_weights=False, aux_logits=True, transform_input=False), 224),
    "AlexNetTorchvision": ("alexnet", {}, 224),
    "ResNet18Torchvision": ("resnet18", {}, 224),
    "ResNet50Torchvision": ("resnet50", {}, 224),
    "MobileNetV2Torchvision": ("mobilenet_v2", {}, 224),
}


class Network:
    def __init__(self, name, place):
        self.name = name
        self.theirs, self.arguments, self.side = NETWORKS[name]
        self.folder = os.path.join(place, name)
        os.makedirs(self.folder, exist_ok=True)

    def path(self, file):
        return os.path.join(self.folder, file)

    @property
    def weights(self):
        return self.path("weights.safetensors" if self.name == "VGG16" else "weights.pth")

    def images(self, batch):
        """Channels last."""
        shape = (IMAGES, self.side, self.side, 3)
        return np.fromfile(self.path("input.f32"), np.float32).reshape(shape)[:batch]

    def images_first(self, batch):
        """Channels first."""
        return np.ascontiguousarray(self.images(batch).transpose(0, 3, 1, 2))

    def expected(self, batch):
        return np.load(self.path("expected.npy"))[:batch]

    def make(self, batch, ncnn):
        """Makes what is missing. Needs PyTorch then; a child process, so that the caller stays small."""
        wanted = ["expected.npy", "batch%d.onnx" % batch] + (["ncnn.tried"] if ncnn else [])
        if all(os.path.exists(self.path(file)) for file in wanted):
            return
        print("making %s, batch %d" % (self.name, batch), file=sys.stderr)
        subprocess.run([sys.executable, "-W", "ignore", __file__, self.name, os.path.dirname(self.folder), str(batch),
                        str(int(ncnn))], check=True, stdout=sys.stderr)


def torch_network(network):
    """The network in PyTorch, with its numbers."""
    import torch
    import torchvision

    torch.manual_seed(1)
    net = getattr(torchvision.models, network.theirs)(weights=None, **network.arguments).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in ((module.weight, .5, 1.5), (module.bias, -.1, .1), (module.running_mean, -.1, .1),
                                      (module.running_var, .5, 1.5)):
                torch.nn.init.uniform_(tensor, low, high)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            bound = (6 / module.weight[0].numel()) ** .5
            torch.nn.init.uniform_(module.weight, -bound, bound)
            if module.bias is not None:
                torch.nn.init.uniform_(module.bias, -.1, .1)
    return net


def keras_vgg16(net):
    """VGG16's weights under Keras's names and in its order."""
    import torch

    tensors, block, conv = {}, 1, 1
    for layer in net.features:
        if isinstance(layer, torch.nn.MaxPool2d):
            block, conv = block + 1, 1
        if isinstance(layer, torch.nn.Conv2d):
            name = "block%d_conv%d" % (block, conv)
            tensors[name + "/kernel"] = layer.weight.permute(2, 3, 1, 0)
            tensors[name + "/bias"] = layer.bias
            conv += 1
    for name, index in ("fc1", 0), ("fc2", 3), ("predictions", 6):
        weight = net.classifier[index].weight
        if name == "fc1":  # flattened channels last
            weight = weight.reshape(-1, 512, 7, 7).permute(0, 2, 3, 1).reshape(-1, 512 * 7 * 7)
        tensors[name + "/kernel"] = weight.T
        tensors[name + "/bias"] = net.classifier[index].bias
    return {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in tensors.items()}


def save_weights(network, net):
    import torch

    if network.name == "VGG16":
        from safetensors.numpy import save_file
        save_file(keras_vgg16(net), network.weights)
    else:
        torch.save(net.state_dict(), network.weights)


def export(network, net, batch):
    import torch

    path = network.path("batch%d.onnx" % batch)
    example = torch.zeros(batch, 3, network.side, network.side)
    torch.onnx.export(net, (example,), path + ".new", input_names=["input"], output_names=["output"], dynamo=False)
    os.replace(path + ".new", path)


def convert_to_ncnn(network, net):
    """pnnx reads TorchScript and writes a dozen files beside it."""
    import torch

    traced = network.path("traced.pt")
    torch.jit.trace(net, torch.zeros(1, 3, network.side, network.side)).save(traced)
    pnnx = os.path.join(os.path.dirname(sys.executable), "pnnx")
    done = subprocess.run([pnnx, traced, "inputshape=[1,3,%d,%d]" % (network.side, network.side), "fp16=0",
                           "ncnnparam=" + network.path("ncnn.param"), "ncnnbin=" + network.path("ncnn.bin")],
                          capture_output=True, text=True, cwd=network.folder)
    with open(network.path("ncnn.tried"), "w") as file:
        file.write("" if done.returncode == 0 else done.stderr[-2000:])
    for file in os.listdir(network.folder):
        if file.startswith("traced"):
            os.remove(network.path(file))


def main():
    import torch

    torch.set_grad_enabled(False)
    network = Network(sys.argv[1], sys.argv[2])
    batch, ncnn = int(sys.argv[3]), sys.argv[4] == "1"
    net = torch_network(network)
    if not os.path.exists(network.path("expected.npy")):
        save_weights(network, net)
        images = np.random.default_rng(1).uniform(-1, 1, (IMAGES, network.side, network.side, 3)).astype(np.float32)
        images.tofile(network.path("input.f32"))
        np.save(network.path("expected.npy"), net(torch.from_numpy(network.images_first(IMAGES))).numpy())
    if not os.path.exists(network.path("batch%d.onnx" % batch)):
        export(network, net, batch)
    if ncnn and not os.path.exists(network.path("ncnn.tried")):
        convert_to_ncnn(network, net)


if __name__ == "__main__":
    main()
