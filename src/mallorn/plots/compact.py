"""Make files of figures smaller without visible loss: rounded SVG with shared styles, PNG with a palette."""

import hashlib
import io
import re
from collections import Counter

from PIL import Image

__all__ = ["compact_png", "compact_svg"]

_LONG = re.compile(r"-?\d+\.\d{3,}")
_COORDINATES = re.compile(r'((?: d| x| y)=")([^"]*)"')
_STYLE = re.compile(r' style="([^"]*)"')
_COLORS = 192


def compact_svg(text):
    """Return matplotlib's SVG with coordinates rounded to a hundredth of a point and repeated styles as classes.

    The names of the classes hold a digest of the text: one page can have several figures.
    """
    prefix = "s" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    text = _COORDINATES.sub(_rounded, text)
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    often = [style for style, n in Counter(_STYLE.findall(text)).items() if n > 1]
    name = {style: f"{prefix}-{k}" for k, style in enumerate(often)}
    text = _STYLE.sub(lambda m: f' class="{name[m[1]]}"' if m[1] in name else m[0], text)
    rules = "".join(f".{name[style]}{{{style}}}" for style in often)
    text = re.sub(r"(<svg\b[^>]*>)", lambda m: f"{m[1]}<style>{rules}</style>", text, count=1)
    return re.sub(r">\s+<", "><", text)


def _rounded(match):
    short = _LONG.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), match[2])
    return f'{match[1]}{" ".join(short.split())}"'


def compact_png(image):
    """Return the bytes of a PNG of a PIL image, with a palette of its colours."""
    out = io.BytesIO()
    image.convert("RGB").quantize(_COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        out, "png", optimize=True
    )
    return out.getvalue()
