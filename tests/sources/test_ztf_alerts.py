"""Histories of ZTF alerts: small ones written here, and the real one of a TDE."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import DataError
from mallorn.sources import ztf_alerts

NAME = "ZTF20abcdefg"


def seen(jd, fid=1, magnitude=18.9, error=0.1, sign="t", **more):
    detected = {"magpsf": magnitude, "sigmapsf": error, "isdiffpos": sign, "ra": 10.0, "dec": -1.0, "sgscore1": 0.1}
    return {"jd": jd, "fid": fid, "diffmaglim": 20.4, **detected, "magnr": -999.0, **more}


def unseen(jd, fid=1, limit=20.4):
    return {"jd": jd, "fid": fid, "diffmaglim": limit, "magpsf": None, "isdiffpos": None}


def forced(jd, flux, **more):
    keys = {"forcediffimflux": flux, "forcediffimfluxunc": 10.0, "magzpsci": 26.4, "procstatus": "0"}
    return {"jd": jd, "fid": 1, **keys, **more}


def alert(candidate, earlier=(), forced_rows=None, name=NAME):
    packet = {"objectId": name, "candid": 1, "candidate": candidate, "prv_candidates": list(earlier)}
    return packet | ({"fp_hists": forced_rows} if forced_rows is not None else {})


def read(folder, content, **chosen):
    path = folder / "alerts.json"
    path.write_text(json.dumps(content))
    return check(ztf_alerts.batches(path, chosen))


def test_signs_limits_and_sentinels(tmp_path):
    earlier = [seen(2459001.5, 2, sign="f"), seen(2459002.5, sign="1"), seen(2459003.5, sign=0), unseen(2459004.5)]
    earlier += [unseen(2459005.5, limit=-999.0), seen(2459006.5, sign="?"), seen(2459007.5, fid=4), seen(None)]
    batches = read(tmp_path, alert(seen(2459000.5, 3), earlier))
    points = points_of(batches)
    assert points["mjd"].tolist() == [59000.0, 59001.0, 59002.0, 59003.0, 59004.0]
    np.testing.assert_allclose(points["flux"], [100, -100, 100, -100, 0])
    np.testing.assert_allclose(points["flux_err"][:4], 100 * 0.1 / 1.0857362, rtol=1e-6)
    assert points["flux_err"][4] == pytest.approx(10 ** (0.4 * 3.5) / 5)
    assert points["passband"].tolist() == ["ztf.i", "ztf.r", "ztf.g", "ztf.g", "ztf.g"]
    assert points["limit"].tolist() == [False] * 4 + [True]
    assert points["detected"].tolist() == [1, 1, 1, 1, 0]
    assert rows_of(batches) == 9
    assert reasons_of(batches) == {
        "neither a magnitude nor a limit": 1,
        "sign of the difference (isdiffpos) is not known": 1,
        "passband '4' is not known": 1,
        "no time": 1,
    }
    known = objects_of(batches)[NAME]
    assert (known["ra"], known["dec"], known["host_ps1_star_score"]) == (10.0, -1.0, 0.1)
    assert np.isnan(known["host_reference_mag"])
    assert batches[0].about["time"] == "JD UTC, converted"


def test_alerts_of_an_object_do_not_count_an_exposure_twice(tmp_path):
    first = alert(seen(2459000.5), [unseen(2458999.5)])
    second = alert(seen(2459001.5, magnitude=18.0), [seen(2459000.5, magnitude=19.0), unseen(2458999.5)])
    batches = read(tmp_path, [second, alert(seen(2459000.5), name="ZTF2"), first])
    points = points_of(batches, NAME)
    assert sorted(points["mjd"]) == [58999.0, 59000.0, 59001.0]
    assert points["flux"][points["mjd"] == 59000] == pytest.approx(100.0)  # of the alert itself, not of a history
    assert reasons_of(batches) == {"the same exposure again": 2}
    assert set(objects_of(batches)) == {NAME, "ZTF2"}
    assert len(points_of(read(tmp_path, [second, first], copies="keep"))["mjd"]) == 5


def test_forced_photometry_of_schema_4(tmp_path):
    rows = [
        forced(2459000.5, 50.0),
        forced(2458999.5, -20.0),
        forced(2458998.5, 1.0, procstatus="61"),
        forced(9, -99999),
    ]
    batches = read(tmp_path, alert(seen(2459000.5), [unseen(2458999.5)], rows))
    points = points_of(batches)
    np.testing.assert_allclose(points["flux"], [100.0, -2.0])
    np.testing.assert_allclose(points["flux_err"][1], 1.0)
    assert points["detected"].tolist() == [1, 0]
    assert rows_of(batches) == 6
    assert reasons_of(batches)["procstatus is not sound"] == 1


def test_real_bogus_scores_and_other_settings(tmp_path):
    packet = alert(seen(2459000.5, drb=0.9), [seen(2459001.5, drb=0.1), seen(2459002.5, fid=2, drb=None)])
    batches = read(tmp_path, packet, min_drb=0.5, passbands={"2": None})
    assert len(points_of(batches)["mjd"]) == 1
    assert reasons_of(batches) == {"drb below 0.5": 1, "passband '2' is left out by the settings": 1}


def test_one_alert_a_line(tmp_path):
    lines = [json.dumps(alert(seen(2459000.5 + k), name=f"ZTF{k % 3}")) for k in range(9)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    batches = check(ztf_alerts.batches(tmp_path, {"rows_in_memory": 4}))
    assert rows_of(batches) == 9
    assert len(points_of(batches, "ZTF1")["mjd"]) == 3
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, lines[0][:50]]))
    with pytest.raises(DataError, match="line 10"):
        check(ztf_alerts.batches(tmp_path, {}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([5], "a list of alerts"),
        ({"objectId": 5}, "objectId"),
        ({"objectId": "a"}, "candidate"),
        ({"objectId": "a", "prv_candidates": [1]}, "prv_candidates"),
        ({"objectId": "a", "prv_candidates": {"jd": 1}}, "prv_candidates"),
    ],
)
def test_what_is_no_alert_is_refused(tmp_path, content, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path, content)


VALUES = st.sampled_from([None, float("nan"), float("inf"), -999, 0, "t", "1", True, [], {}, 10**400, 2459000.5, 18.0])


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(sorted(seen(0)) + ["extra"]), VALUES), max_size=12),
    seed=st.integers(0, 99),
)
def test_any_exposures_are_points_or_set_aside(tmp_path_factory, changes, seed):
    rows = [
        seen(2459000.5 + k, **{key: value}) if key != "jd" else seen(value) for k, (key, value) in enumerate(changes)
    ]
    rows += [unseen(2459000.5), forced(2459000.5, 3.0)]
    random.Random(seed).shuffle(rows)
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_text(json.dumps(alert(rows[0], rows[1:])))
    batches = sound(ztf_alerts, path)
    assert rows_of(batches) == len(rows)


@settings(max_examples=60, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "a.json"
    path.write_bytes(mangled(json.dumps([alert(seen(2459000.5), [unseen(2458999.5)])]).encode(), fault, at))
    sound(ztf_alerts, path)


def test_the_real_history_of_a_tde():
    content = json.loads(surveys("ztf_alerts", "ZTF20achpcvt.json").read_text())
    rows = content[0]["prv_candidates"] + [content[0]["candidate"]]
    batches = check(ztf_alerts.batches(surveys("ztf_alerts"), {}))
    assert rows_of(batches) == len(rows) == 367
    points = points_of(batches, "ZTF20achpcvt")
    assert len(points["mjd"]) == len({(row["jd"], row["fid"]) for row in rows})
    assert points["limit"].sum() == len({(row["jd"], row["fid"]) for row in rows if row.get("magpsf") is None}) - 1
    newest = points["mjd"] == content[0]["candidate"]["jd"] - 2400000.5
    assert points["flux"][newest] == pytest.approx(10 ** (-0.4 * (20.0601921081543 - 23.9)))
    assert objects_of(batches)["ZTF20achpcvt"]["ra"] == pytest.approx(232.65755, abs=1e-4)
    assert len(points_of(check(ztf_alerts.batches(surveys("ztf_alerts"), {"copies": "keep"})))["mjd"]) == 366


def test_no_alerts_at_all_are_refused(tmp_path):
    with pytest.raises(DataError, match="expected alerts"):
        read(tmp_path, [])
