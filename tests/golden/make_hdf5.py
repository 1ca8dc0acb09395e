"""Makes tests/golden/hdf5 with h5py: good files in every form the reader knows, and files to refuse.

Element i of every dataset (row-major) is (7 i mod 101) - 50, or 7 i mod 101 where the type has no sign.
Run it in tests/golden; h5py 3.7 made the committed files.
"""
import os

import h5py
import numpy as np


def ladder(shape, dtype):
    values = (7 * np.arange(int(np.prod(shape, dtype=int)))) % 101
    if np.dtype(dtype).kind != "u":
        values = values - 50
    return values.astype(dtype).reshape(shape)


def put(group, name, shape, dtype="<f4", **options):
    return group.create_dataset(name, data=ladder(shape, dtype), **options)


def make(name, fill, **options):
    with h5py.File(os.path.join("hdf5", name), "w", **options) as file:
        fill(file)


def variety(file):
    for dtype in "<f4 >f4 <f8 >f8 <f2 <i1 <i2 >i4 <i8 <u1 <u2 <u4 <u8".split():
        put(file, "type_" + dtype.replace("<", "little_").replace(">", "big_"), (3, 5), dtype)
    put(file, "gzip", (7, 10), chunks=(3, 4), compression="gzip")
    put(file, "gzip_shuffle", (7, 2, 6), chunks=(4, 2, 3), compression="gzip", shuffle=True)
    put(file, "gzip_shuffle_fletcher32", (31,), "<f8", chunks=(10,), compression="gzip", shuffle=True, fletcher32=True)
    put(file, "fletcher32", (9, 3), "<i1", chunks=(3, 1), fletcher32=True)
    put(file, "chunks", (200,), "<i1", chunks=(1,))
    put(file, "scalar", ())
    put(file, "empty", (0, 3))
    raw = (ladder((3, 5), "<f4").view("<u4") >> 16).astype("<u2")
    file.create_dataset("bfloat16", data=raw.view("V2")).attrs["dtype"] = "bfloat16"
    group = file.create_group("group")
    for i in range(20):
        put(group.create_group("layer_%d" % i), "kernel", (2,))
    file.attrs["text"] = "héllo"
    file.attrs["fixed"] = np.bytes_("abc")
    file.attrs["list"] = np.array([b"a", b"bcd"])
    file.attrs["long_list"] = np.array(["xx", "yyyy", "z"], dtype=object)
    file.attrs["nothing"] = np.zeros(0)
    file.attrs["integer"] = -5
    file.attrs["split0"] = np.array([b"one", b"two"])
    file.attrs["split1"] = np.array([b"three"])


def small(file):
    put(file.create_group("layer"), "kernel", (2, 3))
    put(file, "packed", (4,), chunks=(2,), compression="gzip")
    file.attrs["text"] = "short"
    file.attrs["list"] = np.array([b"a", b"bcd"])


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("x", layout)


def committed(file):
    file["type"] = np.dtype("f4")
    file.create_dataset("x", data=ladder((3,), "f4"), dtype=file["type"])


def refused():
    make("bad_soft_link.h5", lambda f: f.__setitem__("x", h5py.SoftLink("/b")))
    make("bad_external_link.h5", lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/b")))
    make("bad_external_storage.h5", lambda f: f.create_dataset("x", (10,), "u1", external=[("/etc/passwd", 0, 10)]))
    make("bad_virtual.h5", virtual, libver="latest")
    make("bad_bomb_chunks.h5", lambda f: f.create_dataset("x", (1 << 40,), "f4", chunks=(1 << 20,)))
    make("bad_bomb_fill.h5", lambda f: f.create_dataset("x", (1 << 20, 1 << 18), "f4", fillvalue=1))
    make("bad_never_written.h5", lambda f: f.create_dataset("x", (10,), "f4"))
    make("bad_missing_chunk.h5", lambda f: f.create_dataset("x", (100,), "f4", chunks=(10,)).__setitem__(slice(20, 30), 1))
    make("bad_lzf.h5", lambda f: put(f, "x", (100,), chunks=(100,), compression="lzf"))
    make("bad_scaleoffset.h5", lambda f: put(f, "x", (100,), "<i4", chunks=(100,), scaleoffset=3))
    make("bad_compound.h5", lambda f: f.create_dataset("x", data=np.zeros(3, [("a", "f4"), ("b", "i4")])))
    make("bad_reference.h5", lambda f: f.create_dataset("x", data=f.ref, dtype=h5py.ref_dtype))
    make("bad_text.h5", lambda f: f.create_dataset("x", data=np.array([b"abc"])))
    make("bad_committed.h5", committed)


os.makedirs("hdf5", exist_ok=True)
make("variety.h5", variety)
make("small.h5", small)
make("small_latest.h5", lambda f: (put(f.create_group("layer"), "kernel", (2, 3)), f.attrs.__setitem__("text", "short")), libver="latest")
refused()
