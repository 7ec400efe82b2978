"""Which engine a job gets, and that it comes without a folder of compiled code too."""

import os
import subprocess
import sys
from pathlib import Path

from mallorn.gp.engines import load_engine
from mallorn.gp.objective import CELERITE2

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}


def test_celerite2_is_loaded_without_numba():
    assert load_engine("celerite2") is CELERITE2
    code = "import sys; from mallorn.gp.engines import load_engine; load_engine('celerite2')"
    code += "; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)


def test_a_job_without_folder_compiles_for_itself_and_leaves_nothing(tmp_path):
    code = """
import tempfile
from pathlib import Path
import numpy as np
from mallorn.gp.engines import load_engine
from mallorn.gp.batch import pack
from mallorn.gp.models import DRW
batch = pack([0.0, 9.0], [1, 1], [1.0, 2.0], [0.1, 0.1], wavelength=[4000.0, 6000.0])
found = load_engine("compiled").likelihoods(DRW, batch, np.zeros((1, 1, 2)))
assert np.isfinite(found.chi2_logdet).all()
assert not list(Path(tempfile.gettempdir()).iterdir())
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT | {"TMPDIR": str(tmp_path)})
