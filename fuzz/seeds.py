"""Makes the first corpora of the fuzz targets: python3 fuzz/seeds.py FOLDER [MORE...]. Needs nothing but Python.

Files come from tests/golden; configurations are cut out of the .keras and model.json there; pictures that the golden
folders lack are written here, byte by byte, or by the command fovea (FOVEA=build/fovea) where it is there. Small files of
further folders MORE join the targets of their endings.
"""
import glob
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GOLDEN = os.path.join(ROOT, "tests", "golden")
LARGEST = 64 << 10


def folder(target):
    path = os.path.join(sys.argv[1], target)
    os.makedirs(path, exist_ok=True)
    return path


def put(target, name, data):
    if len(data) <= LARGEST:
        with open(os.path.join(folder(target), name), "wb") as file:
            file.write(data)


def copy(target, pattern, most=1000):
    for path in sorted(glob.glob(os.path.join(GOLDEN, pattern)))[:most]:
        if os.path.getsize(path) <= LARGEST:
            shutil.copy(path, os.path.join(folder(target), os.path.basename(path)))


def bmp(bits, compression=0):
    palette = b"".join(bytes((i, 255 - i, i // 2, 0)) for i in range(1 << bits if bits <= 8 else 0))
    rows = {1: b"\xa0\0\0\0", 4: b"\x12\x30\0\0", 8: b"\1\2\3\0", 16: b"\1\2\3\4\5\6\0\0", 24: bytes(range(12)),
            32: bytes(range(12))}[bits] * 2
    if compression == 1:
        rows = b"\3\7\0\0\0\3\1\2\3\0\0\1"
    if compression == 2:
        rows = b"\3\x12\0\0\0\3\x12\x30\0\1"
    start = 54 + len(palette)
    return struct.pack("<2sIHHIIiiHHIIiiII", b"BM", start + len(rows), 0, 0, start, 40, 3, 2, 1, bits, compression,
                       len(rows), 0, 0, 0, 0) + palette + rows


for target in ("hdf5", "keras_h5"):
    copy(target, "files/*.h5")
    copy(target, "hdf5/*.h5")
for target in ("zip", "keras_zip"):
    copy(target, "files/*.keras")
copy("zip", "*/*.npz")
copy("npz", "*/*.npz")
copy("torch", "torch_files/*.pth")
copy("safetensors", "torch_files/*.safetensors")
copy("npy", "*/*.npy", 40)
copy("darknet", "darknet/*.cfg")
copy("darknet", "darknet/yolo.weights")
for target, ending in (("jpeg", "jpg"), ("png", "png"), ("webp", "webp"), ("bmp", "bmp"), ("pnm", "p?m")):
    copy(target, f"pictures/*.{ending}")
for path in glob.glob(os.path.join(GOLDEN, "tfjs/*/model.json")):
    with open(path, "rb") as file:
        text = file.read()
    name = os.path.basename(os.path.dirname(path))
    put("tfjs", name, text)
    topology = json.loads(text)["modelTopology"]
    put("keras_config", name, json.dumps(topology.get("model_config", topology)).encode())
for path in glob.glob(os.path.join(GOLDEN, "files/*.keras")):
    with zipfile.ZipFile(path) as archive:
        put("keras_config", os.path.basename(path), archive.read("config.json"))
for path in glob.glob(os.path.join(GOLDEN, "files/*.k2.h5")):
    with open(path, "rb") as file:
        data = file.read()
    start = data.find(b'{"class_name"')
    if start >= 0:
        end = data.find(b"\0", start)
        put("keras_config", os.path.basename(path), data[start:end])
for bits in (1, 4, 8, 16, 24, 32):
    put("bmp", f"plain{bits}", bmp(bits))
put("bmp", "rle8", bmp(8, 1))
put("bmp", "rle4", bmp(4, 2))
with zipfile.ZipFile(os.path.join(folder("npz"), "seed.npz"), "w") as archive:
    for path in sorted(glob.glob(os.path.join(GOLDEN, "torch_files/tiny/*.npy")))[:6]:
        archive.write(path, os.path.basename(path), zipfile.ZIP_DEFLATED if "int" in path else zipfile.ZIP_STORED)
idx = struct.pack(">4B3I", 0, 0, 8, 3, 3, 2, 4) + bytes(range(24))
for name, data in (("images", idx), ("labels", struct.pack(">4BI", 0, 0, 8, 1, 3) + b"\7\0\3")):
    put("idx", name, data)
    put("idx", name + "_packed", gzip.compress(data, mtime=0))
put("csv", "plain", b"a.png,rose\nb.png,tulip\n")
put("csv", "header", b'\xef\xbb\xbfid;label;path\r\n1;"a ""b""";"c;d.png"\r\n\r\n')
put("csv", "tabs", b"a.png\t1\nb.png\t 2 ")
put("dataset", "cifar10", b"\0\3" + bytes(3072))
put("dataset", "csv", b"\3a.png,rose\n")
for path in glob.glob(os.path.join(GOLDEN, "datasets/*.npz")):
    with open(path, "rb") as file:
        put("dataset", os.path.basename(path), b"\1" + file.read())
put("pnm", "p2", b"P2\n# gray\n3 2\n15\n1 2 3\n4 5 15\n")
put("pnm", "p3", b"P3 1 2 255 1 2 3 4 5 6\n")
put("pnm", "p5", b"P5\n3 2\n255\nabcdef")
put("pnm", "p5_16", b"P5 1 2 65535\nabcd")
put("pnm", "p6", b"P6\n2 1\n255\nabcdef")
# 1 x 1 pixels, lossless and lossy
put("webp", "lossless", bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700"))
put("webp", "lossy", bytes.fromhex("524946462400000057454250565038201800000030010"
                                   "09d012a0100010002003425a400037000fefb940000"))
command = os.environ.get("FOVEA", os.path.join(ROOT, "build", "fovea"))
if os.access(command, os.X_OK):
    ppm = os.path.join(folder("pnm"), "p6")
    for size in ("1x1", "7x5", "16x24"):
        for target, ending in (("jpeg", "jpg"), ("png", "png"), ("bmp", "bmp")):
            out = os.path.join(folder(target), f"{size}.{ending}")
            subprocess.run([command, "resize", ppm, "--size", size.replace("x", ","), "-o", out], check=False)
ENDINGS = {"jpg": ["jpeg"], "jpeg": ["jpeg"], "png": ["png"], "webp": ["webp"], "bmp": ["bmp"], "npy": ["npy"],
           "h5": ["hdf5", "keras_h5"], "keras": ["zip", "keras_zip"], "pth": ["torch"],
           "safetensors": ["safetensors"], "ppm": ["pnm"], "pgm": ["pnm"]}
for more in sys.argv[2:]:
    for path in sorted(glob.glob(os.path.join(more, "*"))):
        for target in ENDINGS.get(path.rsplit(".", 1)[-1], []):
            with open(path, "rb") as file:
                put(target, os.path.basename(path), file.read())
