import io
import re
import xml.etree.ElementTree as ET

import numpy as np
from PIL import Image

from mallorn.plots.compact import compact_png, compact_svg

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="9.123456pt">
 <!-- a comment -->
 <path d="M 1.23456 2.0001
L -0.0004 3" style="fill: none; stroke: #ff0000"/>
 <use x="1.999999" y="2.5" style="fill: none; stroke: #ff0000"/>
 <g style="opacity: 0.5" transform="scale(0.015625)"/>
</svg>"""


def test_coordinates_are_rounded_and_styles_shared():
    small = compact_svg(SVG)
    root = ET.fromstring(small)
    path, use, group = root[1:]
    assert path.get("d") == "M 1.23 2 L 0 3" or path.get("d") == "M 1.23 2 L -0 3"
    assert (use.get("x"), use.get("y")) == ("2", "2.5")
    assert path.get("class") == use.get("class")
    assert f".{path.get('class')}{{fill: none; stroke: #ff0000}}" in root[0].text
    assert group.get("style") == "opacity: 0.5"
    assert group.get("transform") == "scale(0.015625)"
    assert "comment" not in small
    assert compact_svg(SVG) == small


def test_classes_of_two_figures_differ():
    classes = [re.search(r'class="([^"]+)"', compact_svg(text))[1] for text in (SVG, SVG.replace("2.5", "3.5"))]
    assert classes[0] != classes[1]


def test_png_keeps_its_colours_with_a_palette():
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[:20], pixels[20:, :30] = (198, 28, 0), (255, 255, 255)
    image = Image.open(io.BytesIO(compact_png(Image.fromarray(pixels))))
    assert image.mode == "P"
    np.testing.assert_allclose(np.asarray(image.convert("RGB"), dtype=int), pixels, atol=8)
