"""Files of any format, read in one call: small ones that the tests write, a stranger's, and all real ones there are."""

import shutil
import warnings
from pathlib import Path

import alerts_written
import numpy as np
import pytest
import ztf_forced_written
from reader_checks import needs_surveys, real
from real_files import REAL, SETTINGS
from snana_written import write_pair

import mallorn
from mallorn.errors import ConfigError, DataError

PLUGIN = Path(__file__).parents[1] / "extending" / "plugins" / "dat_files.py"


def test_pairs_of_snana_keep_labels_apart_and_flags(tmp_path):
    curves = mallorn.read(write_pair(tmp_path).parent, source="snana", survey="lsst")
    assert curves.passbands.names == tuple("ugrizy")
    assert len(curves) == 3
    assert set(curves.detected.tolist()) <= {-1, 0, 1}
    assert not curves.limit.any()


def test_forced_photometry_of_ztf_has_ztfs_passbands(tmp_path):
    (tmp_path / "AT2019x.txt").write_text(ztf_forced_written.content(ztf_forced_written.event()))
    curves = mallorn.read(tmp_path, source="ztf_forced")
    assert curves.object_id.tolist() == ["AT2019x"]
    assert curves.passbands.names == ("g", "r", "i")
    peak = curves.flux.max()
    assert peak == pytest.approx(2000.0 * ztf_forced_written.DN, rel=0.2)
    assert np.isnan(curves.redshift).all()


def test_alerts_of_files_together_are_whole_objects(tmp_path):
    alerts = alerts_written.some_alerts()
    alerts_written.write_avro(tmp_path / "a.avro", alerts[:2])
    alerts_written.write_avro(tmp_path / "b.avro", alerts[2:])
    both = mallorn.read(tmp_path, source="rubin_alerts")
    one = mallorn.read(alerts_written.write_avro(tmp_path / "all.avro", alerts), source="rubin_alerts")
    assert both.object_id.tolist() == one.object_id.tolist() == ["170028500619100295", "313963405132693599"]
    assert both.n_points.tolist() == one.n_points.tolist()


def test_settings_of_a_reader_reach_it_and_wrong_ones_are_told(tmp_path):
    (tmp_path / "a.txt").write_text(ztf_forced_written.content(ztf_forced_written.event()))
    settings = {"readers": {"ztf_forced": {"baseline": False}}}
    raw = mallorn.read(tmp_path / "a.txt", source="ztf_forced", settings=settings)
    good = mallorn.read(tmp_path / "a.txt", source="ztf_forced")
    assert np.median(raw.flux) - np.median(good.flux) == pytest.approx(50.0 * ztf_forced_written.DN, rel=0.1)
    with pytest.raises(ConfigError, match=r"readers.ztf_forced: unknown key 'basline' \(did you mean 'baseline'\?\)"):
        mallorn.read(tmp_path, source="ztf_forced", settings={"readers": {"ztf_forced": {"basline": False}}})
    with pytest.raises(ConfigError, match=r"there is no source 'ztf_forcd' \(did you mean 'ztf_forced'\?\)"):
        mallorn.read(tmp_path, source="ztf_forcd")


def test_limits_and_nights_follow_the_settings(tmp_path):
    text = "oid,mjd,band,magpsf,sigmapsf,isdiffpos,diffmaglim\n"
    rows = [(59000.1, 19.0, 0.1), (59000.2, 19.0, 0.1), (59005.0, "", ""), (59010.1, 19.5, 0.1)]
    (tmp_path / "t.csv").write_text(text + "".join(f"ZTF1,{t},g,{m},{e},t,20.5\n" for t, m, e in rows))
    read = {}
    for name, ingest in {"all": {}, "night": {"combine_within": 0.5}, "measured": {"limits": "leave out"}}.items():
        read[name] = mallorn.read(tmp_path / "t.csv", source="table", survey="ztf", settings={"ingest": ingest})
    assert read["all"].limit.tolist() == [False, False, True, False]
    assert read["night"].limit.tolist() == [False, True, False]
    assert read["night"].mjd[0] == pytest.approx(59000.15)
    assert read["measured"].limit.tolist() == [False, False, False]
    assert read["measured"].flux[0] == pytest.approx(10 ** (-0.4 * (19.0 - 23.9)))


def test_a_strangers_format_is_read_by_its_name(tmp_path):
    shutil.copy(PLUGIN, tmp_path)
    (tmp_path / "data").mkdir()
    for k in range(3):
        np.savetxt(tmp_path / "data" / f"star {k}.dat", [[60000.0 + j, 10.0 * j, 1.0] for j in range(4)])
    settings = {"plugins": [str(tmp_path / "dat_files.py")]}
    try:
        curves = mallorn.read(tmp_path / "data", source="dat_files", settings=settings)
        assert curves.object_id.tolist() == ["star 0", "star 1", "star 2"]
        assert curves.detected.tolist() == [0, 1, 1, 1] * 3
        (tmp_path / "data" / "broken.dat").write_text("1 2\n")
        with pytest.raises(DataError, match=r"broken.dat: expected rows of three numbers"):
            mallorn.read(tmp_path / "data", source="dat_files", settings=settings)
    finally:
        mallorn.plugins.use([])


@needs_surveys
@pytest.mark.parametrize("path", REAL)
def test_real_files_become_light_curves(path):
    source, objects, points = REAL[path]
    settings = SETTINGS.get(path, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what a user should know is logged in words
        curves = mallorn.read(real(path), source=source, settings=settings)
    assert len(curves) == (objects or len(curves)) > 0
    assert len(curves.mjd) == (points or len(curves.mjd))
    assert np.isfinite(curves.flux).all()
    assert (curves.flux_err > 0).all()
    assert ((curves.mjd > 15020) & (curves.mjd < 88069)).all()
    assert (curves.flux[curves.limit] == 0).all()


@needs_surveys
def test_a_real_file_without_calendar_dates_is_refused_in_words():
    with pytest.raises(DataError, match=r"found 217 rows: time not believable; .*believed in `ingest`"):
        mallorn.read(real("ecsv", "AGN_17032813.ecsv"), source="table")
