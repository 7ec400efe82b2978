"""Small files that would fill the memory, or leave a thread behind, end in words."""

import base64
import gzip
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import mallorn
from mallorn.errors import DataError
from mallorn.sources import json_files, rows

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}


@pytest.mark.parametrize("behind", [b"", b"\n1,2\n"])
def test_a_header_without_end_is_told(tmp_path, behind):
    path = tmp_path / "t.csv"
    path.write_bytes(b"object_id," + b",".join(b"c%d" % k for k in range(200_000)) + behind)
    with pytest.raises(DataError, match=r"t.csv, line 1: expected names of columns in at most 1048576 bytes"):
        mallorn.read(path, source="table")


def test_a_quote_that_is_never_closed_ends_in_words_and_no_thread_outlives_it(tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b'object_id,mjd,band,flux,flux_err\n"')]
    parts += [packer.compress(b"0" * 1_000_000) for _ in range(60)]
    (tmp_path / "t.csv.gz").write_bytes(b"".join([*parts, packer.flush()]))
    code = f"import mallorn; mallorn.read({str(tmp_path / 't.csv.gz')!r}, source='table')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert ended.returncode == 1
    assert "look for a quote that is not closed" in ended.stderr
    assert "Fatal" not in ended.stderr


def test_a_small_file_of_endless_rows_of_one_object_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "MOST_OF_OBJECT", 1_500_000)
    with gzip.open(tmp_path / "t.csv.gz", "wb") as stream:
        stream.write(b"object_id,mjd,band,flux,flux_err\n")
        for _ in range(20):
            stream.write(b"a,60000,g,1,1\n" * 100_000)
    with pytest.raises(DataError, match=r"object 'a': expected at most 1500000 rows of one object.*Next step"):
        mallorn.read(tmp_path / "t.csv.gz", source="table")


@pytest.mark.parametrize("source", ["open_catalog", "manytde", "alerce", "ztf_alerts"])
def test_json_of_brackets_alone_is_told(tmp_path, monkeypatch, source):
    monkeypatch.setattr(json_files, "_FEW", 1000)
    with gzip.open(tmp_path / "t.json.gz", "wb") as stream:
        stream.write(b"[" + b"{}," * 2000 + b"{}]")
    with pytest.raises(DataError, match=r"t.json.gz: expected JSON with values, found little but brackets.*Next step"):
        mallorn.read(tmp_path / "t.json.gz", source=source)


ECSV = """# %ECSV 1.0
# ---
# datatype:
# - {{name: object_id, datatype: string{subtype}}}
# meta:
#   a0: &a0 {{k: 1}}
{maps}object_id
a
"""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subtype": ', subtype: "float64[1000000000]"'}, "1000000000 values in a row"),
        ({"subtype": ', "subt\\x79pe": "float64[10000,\\x20100000]"'}, "1000000000 values in a row"),
        (
            {"maps": "".join(f"#   a{k}: &a{k} {{<<: [{', '.join([f'*a{k - 1}'] * 10)}]}}\n" for k in range(1, 9))},
            "merged",
        ),
    ],
)
def test_a_header_of_ecsv_that_would_grow_is_told(tmp_path, changes, told):
    (tmp_path / "t.ecsv").write_text(ECSV.format(**({"subtype": "", "maps": ""} | changes)))
    with pytest.raises(DataError, match=rf"t.ecsv: expected an ECSV table as large as the file, found .*{told}.*Next"):
        mallorn.read(tmp_path / "t.ecsv", source="table")


def test_a_votable_says_its_encoding_in_its_first_line_alone(tmp_path):
    row = base64.b64encode(b"\0" + np.array([7.0, 60000.0, 5.0, 0.1], dtype=">f8").tobytes() + b"g").decode()
    fields = "".join(f'<FIELD name="{name}" datatype="double"/>' for name in ("object_id", "mjd", "flux", "flux_err"))
    fields += '<FIELD name="band" datatype="char" arraysize="1"/>'
    (tmp_path / "t.vot").write_text(
        f'<VOTABLE version="1.4"><RESOURCE><TABLE>{fields}<DATA><BINARY2><STREAM encoding="base64">{row}</STREAM>'
        "</BINARY2></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    curves = mallorn.read(tmp_path / "t.vot", source="table", survey="lsst")
    assert curves.mjd.tolist() == [60000.0]
