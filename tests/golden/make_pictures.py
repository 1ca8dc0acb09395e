"""Makes tests/golden/pictures: the smallest pictures of every kind that is read, for the tests of damage. Needs Pillow.

    python3 tests/golden/make_pictures.py

What the pixels are does not matter there; that they are right is tested with Pillow's own files and outputs.
"""
import os
import struct

from PIL import Image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pictures")
os.makedirs(HERE, exist_ok=True)


def path(name):
    return os.path.join(HERE, name)


def paint(mode, width=13, height=9):
    channels = len(Image.new(mode, (1, 1)).getbands())
    data = bytes((31 * x + 17 * y * (c + 1) + 90 * c) % 256
                 for y in range(height) for x in range(width) for c in range(channels))
    return Image.frombytes(mode, (width, height), data)


rgb, gray, rgba = paint("RGB"), paint("L"), paint("RGBA")
few = rgb.quantize(7)
rgb.save(path("baseline.jpg"), quality=60, subsampling=2)
rgb.save(path("progressive.jpg"), quality=60, progressive=True)
gray.save(path("gray.jpg"), quality=60)
paint("CMYK").save(path("cmyk.jpg"), quality=60)
exif = Image.Exif()
exif[0x0112] = 6
rgb.save(path("turned.jpg"), quality=60, exif=exif.tobytes())
rgb.save(path("rgb.png"))
rgba.save(path("rgba.png"))
few.save(path("palette.png"), bits=4, transparency=2)
gray.save(path("transparent.png"), transparency=31)
paint("L", 2, 2).convert("1").save(path("bit.png"))
Image.frombytes("I;16", (3, 2), bytes(range(12))).save(path("gray16.png"))
rgb.save(path("lossy.webp"), quality=40)
rgb.save(path("lossless.webp"), lossless=True)
rgba.save(path("alpha.webp"), quality=40)
rgb.save(path("rgb.bmp"))
few.save(path("palette.bmp"))
paint("L", 9, 3).convert("1").save(path("bit.bmp"))
# 3 x 2, run lengths: three of 1, end of line, one of 2 and two absolute, end
palette = b"".join(bytes((i, 255 - i, i // 2, 0)) for i in range(256))
runs = b"\3\1\0\0\1\2\0\0\0\1"
with open(path("runs.bmp"), "wb") as file:
    file.write(struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 1078 + len(runs), 0, 0, 1078, 40, 3, 2, 1, 8, 1, len(runs), 0,
                           0, 0, 0) + palette + runs)
gray.save(path("gray.pgm"))
rgb.save(path("rgb.ppm"))
with open(path("text.ppm"), "w", encoding="ascii") as file:
    file.write("P3\n# two pixels\n2 1\n255\n1 2 3 4 5 6\n")
