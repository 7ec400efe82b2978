"""The examples of docs/howto/alerce.md: configurations that resolve, and Python that runs."""

import re

import pytest
import yaml
from alerce_server import serving, ztf_object
from workflow_copy import ROOT

from mallorn.settings import resolve as module
from mallorn.settings.resolve import defaults, resolve

PAGE = (ROOT / "docs" / "howto" / "alerce.md").read_text(encoding="utf-8")


def blocks(kind):
    found = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("text", blocks("yaml"))
def test_its_configurations_are_allowed(text):
    assert resolve(yaml.safe_load(text)) != defaults()


def test_its_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (text,) = blocks("python")
    objects = [ztf_object(100 * k + j, name, 0.9) for k, name in enumerate(("SNIa", "QSO", "TDE")) for j in range(3)]
    with serving(objects) as server:
        near = {"url": server.url, "rate": 10_000.0}
        monkeypatch.setattr(module, "resolve", lambda given: resolve({"alerce": given["alerce"] | near}))
        scope = {}
        exec(compile(text, "docs/howto/alerce.md", "exec"), scope)
    assert len(scope["ids"]) == 9
    assert scope["counts"]["TDE"]["chosen"] == 3
    assert (tmp_path / "lightcurves_0001.json.gz").is_file()


def test_it_names_the_statuses_that_are_tried_again():
    from mallorn.fetch import connection

    named = re.search(r"the statuses ([\d,\s]+and \d+)", PAGE)[1]
    assert tuple(map(int, re.findall(r"\d+", named))) == connection._LATER
