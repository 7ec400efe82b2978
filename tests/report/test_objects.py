"""What is gathered of single objects, the same from files with one group of objects as from those with several."""

from dataclasses import fields, replace

import numpy as np
import pytest
from feature_inputs import CONFIG, simulated

from mallorn.families.stored_artifacts import write_artifacts
from mallorn.io.tables import table_writer
from mallorn.report.objects import EVIDENCES, ObjectView, read_points, read_views
from mallorn.report.store import Store
from mallorn.survey.lightcurves import lightcurve_groups, write_lightcurves
from mallorn.survey.passbands import SLOTS, passbands_of_surveys

SETTINGS = {"posterior": CONFIG["posterior"], "blackbody": CONFIG["features"]["blackbody"], "phases": [0, 40]}


@pytest.fixture(scope="module")
def lightcurves():
    return simulated(5, seed=2)


def stored(folder, lightcurves, per_group):
    """Make the artifacts of a split, but evidences that are numbers of the object; return the `Store`."""
    folder.mkdir()
    points, objects = folder / "points", folder / "objects"
    write_lightcurves(lightcurves, points, objects, per_group)
    bands = {name: {band: folder / f"{name}_{band}" for band in SLOTS} for name in ("drw", "matern")}
    outputs = {f"fits/{name}": paths for name, paths in bands.items()}
    outputs |= {"fits/multiband": folder / "multiband", "posterior": folder / "posterior"}
    blocks = {**CONFIG["fits"], "posterior": CONFIG["posterior"]}
    made = {
        name: {"output": output, "settings": blocks[name.rpartition("/")[2]], "code": "a"}
        for name, output in outputs.items()
    }
    write_artifacts(points, objects, made, engine="celerite2")
    number = {name: k for k, name in enumerate(lightcurves.object_id)}
    with table_writer(folder / "hypotheses") as write_hypotheses:
        for _, lc in lightcurve_groups(points, objects):
            evidence = np.array([100.0 * number[name] for name in lc.object_id])
            write_hypotheses({f"{name}_ln_evidence": evidence + k for k, name in enumerate(EVIDENCES)})
    one = ({"split_01": path} for path in (points, objects, folder / "posterior", folder / "hypotheses"))
    return Store(*one, *({"split_01": bands[name]} for name in bands))


def assert_close(found, expected):
    """Fits of a group of objects may differ from those of all in the last digits."""
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_close(*pair)
    elif isinstance(expected, np.ndarray | float):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    else:
        assert found == expected


def test_views_are_of_the_objects_asked_for_whatever_groups_they_are_in(tmp_path, lightcurves):
    ids = lightcurves.object_id
    logs = {"object_id": ids, "split": np.full(5, "split_01", dtype=object), "spec_type": np.array(list("abcde"))}
    wanted = ids[[4, 0, 3]]
    stores = [stored(tmp_path / f"{n}", lightcurves, per_group=n) for n in (9, 2)]
    whole, grouped = (read_views(store, logs, wanted, SETTINGS) for store in stores)
    assert list(whole) == list(grouped) == list(wanted)
    clean = lightcurves.dereddened()
    for k, name in zip((4, 0, 3), wanted, strict=True):
        np.testing.assert_array_equal(grouped[name].flux, clean[k].flux)
        assert grouped[name].spec_type == "abcde"[k]
        assert list(grouped[name].evidence.values()) == [100.0 * k + j for j in range(len(EVIDENCES))]
        for field in fields(ObjectView):
            assert_close(getattr(grouped[name], field.name), getattr(whole[name], field.name))
    paths = stores[1].lightcurves, stores[1].objects
    points = read_points(*paths, logs, wanted)
    for k, name in zip((4, 0, 3), wanted, strict=True):
        np.testing.assert_array_equal(points[name].mjd, clean[k].mjd)
        assert points[name].ebv == lightcurves.ebv[k]


def test_of_many_passbands_those_without_points_are_not_shown(tmp_path, lightcurves):
    many = passbands_of_surveys(["lsst", "ztf"])
    place = np.array([many.index(f"lsst.{slot}") for slot in SLOTS], dtype=np.int8)
    one = lightcurves.take([0])
    one = one.where(one.band < 3)
    store = stored(tmp_path / "many", replace(one, passbands=many, band=place[one.band]), 2000)
    logs = {"object_id": one.object_id, "split": np.array(["split_01"], dtype=object), "spec_type": np.array([None])}
    (view,) = read_views(store, logs, one.object_id, SETTINGS).values()
    assert view.passbands.names == ("lsst.u", "lsst.g", "lsst.r")
    assert view.band.tolist() == one.band.tolist()
