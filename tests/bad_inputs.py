"""Everything that can be wrong with a survey's files, and what is promised for each: the table behind the tests.

Each case edits a small sound survey, given as {file name: content}, and states what must come of it: an error with
certain words, rows set aside for certain reasons, or nothing to remark.
"""

import gzip
from collections.abc import Callable
from typing import NamedTuple

from surveys import LOG, OTHER_LC, SAMPLE, SPLIT_2_LC, TEST, TEST_LC, TRAIN_LC


class Error(NamedTuple):
    """A DataError whose message has all of `words`."""

    words: tuple


class SetAside(NamedTuple):
    """The run goes through; exactly these rows are set aside: {reason: number}; the first stands on `line`."""

    counts: dict
    line: int


class Fine(NamedTuple):
    """The run goes through and nothing is set aside."""


class Same(NamedTuple):
    """The run goes through with the very result of the sound survey."""


class Case(NamedTuple):
    """`edit` changes the files of a sound survey in place; `promise` is an `Error`, `SetAside`, `Fine` or `Same`."""

    what: str
    edit: Callable
    promise: object


def drop(name):
    return lambda files: files.pop(name)


def put(name, content):
    return lambda files: files.update({name: content})


def swap(name, old, new, count=1):
    def edit(files):
        assert old in files[name], f"{old!r} is not in {name}"
        files[name] = files[name].replace(old, new, count)

    return edit


def recode(name, function):
    return lambda files: files.update({name: function(files[name])})


def add(name, text):
    return recode(name, lambda content: content + text)


def all_of(*edits):
    return lambda files: [edit(files) for edit in edits]


def row_of_a(**changes):
    """Put other values into the first row of light curve a, which stands on line 2."""
    row = {"id": "a", "mjd": "61000.5", "flux": "-1.25", "err": "0.5", "band": "u"}
    return swap(TRAIN_LC, ",".join(row.values()), ",".join({**row, **changes}.values()))


def error(*words):
    return Error(words)


def aside(reason, n=1, line=2):
    return SetAside({reason: n}, line)


def _without_column(text, k):
    rows = [line.split(",") for line in text.splitlines()]
    return "".join(",".join(row[:k] + row[k + 1 :]) + "\n" for row in rows)


def _reversed_columns(text):
    return "".join(",".join(line.split(",")[::-1]) + "\n" for line in text.splitlines())


def _quoted(text):
    return "".join(",".join(f'"{field}"' for field in line.split(",")) + "\n" for line in text.splitlines())


def rows_of(name, function):
    """Replace the rows of a file, without its header, by function(list of lines)."""

    def edit(files):
        header, *rows = files[name].splitlines(keepends=True)
        files[name] = "".join([header, *function(rows)])

    return edit


def column_of(name, k, function):
    """Replace field number `k` of every row of a file without quotes."""

    def change(row):
        fields = row.rstrip("\n").split(",")
        fields[k] = function(fields[k])
        return ",".join(fields) + "\n"

    return rows_of(name, lambda rows: [change(row) for row in rows])


def with_columns(name, names, rows):
    """Give a file further columns at the end: `names` in its header, and one of `rows` at the end of each row."""

    def edit(files):
        header, *lines = files[name].splitlines()
        files[name] = "".join(f"{line},{more}\n" for line, more in zip([header, *lines], [names, *rows], strict=True))

    return edit


def rename(old, new, log, curves):
    """Give an object another id in its log and in its light curve; `new` is written as it stands in the CSV."""
    return all_of(*(recode(name, lambda text: text.replace(f"\n{old},", f"\n{new},")) for name in (log, curves)))


_NOT_IN_LOG = "object not in the logs of this split"
_AVERAGED = "averaged with another row of the same time and passband"
_A = "a,61000.5,-1.25,0.5,u\n"  # the first row of TRAIN_LC, on line 2
_LOG_A = 'a,0.1,,0.02,TDE,"elf, moon",split_01,1\n'
_HOSTS = ['359.5,-89.5,"<b>elf, moon</b>",17.5', ",,tree,", "0,90,,18"]
_LOG_X = "x,0.4,0.03,0.05,,river,split_01\n"
_DAMAGED = "\n".join(["object_id,Time (MJD),Flux,Flux_err,Filter", _A.strip(), "a,61001.5,0.75,0.5,g", "a,6100"])

FOLDER = [
    Case("no training log", drop(LOG), error(LOG, "found nothing", "unpack")),
    Case("no test log", drop(TEST), error(TEST, "found nothing", "unpack")),
    Case("a log packed as .gz", all_of(drop(LOG), put(LOG + ".gz", b"")), error(LOG, "train_log.csv.gz", "unpack")),
    Case("no split folders", lambda files: [files.pop(n) for n in list(files) if "/" in n], error("split_01", "none")),
    Case("a split without a file", drop(TRAIN_LC), error(TRAIN_LC, "found nothing", "unpack")),
    Case(
        "a split with a packed file",
        all_of(drop(TEST_LC), put(TEST_LC + ".gz", b"")),
        error(TEST_LC, "test_full_lightcurves.csv.gz", "unpack"),
    ),
    Case(
        "a split with a blank in its name",
        all_of(put("split_1 b/train_full_lightcurves.csv", ""), put("split_1 b/test_full_lightcurves.csv", "")),
        error("'split_1 b'", "rename"),
    ),
    Case(
        "a split folder that no log names",
        all_of(put("split_03/train_full_lightcurves.csv", ""), put("split_03/test_full_lightcurves.csv", "")),
        error("split_03", "no object", "move the folder away"),
    ),
    Case("other files and folders", all_of(put("notes.txt", "x"), put("old/split_09/x.csv", "")), Same()),
]

FORMAT = [
    Case("an empty log", put(LOG, ""), error(LOG, "empty file")),
    Case("an empty light-curve file", put(TRAIN_LC, ""), error(TRAIN_LC, "empty file")),
    Case("blank lines only", put(TRAIN_LC, "\n\n  \n"), error(TRAIN_LC, "empty file")),
    Case("a log with only a header", rows_of(TEST, lambda rows: []), error(TEST, "only a header")),
    Case("a light-curve file with only a header", rows_of(TEST_LC, lambda rows: []), error(TEST_LC, "only a header")),
    Case(
        "only a header where the logs name no object",
        all_of(swap(LOG, "stone,split_02", "stone,split_01"), rows_of(SPLIT_2_LC, lambda rows: [])),
        Fine(),
    ),
    Case("no header", recode(TRAIN_LC, lambda text: text.split("\n", 1)[1]), error(TRAIN_LC, "line 1", "'object_id'")),
    Case("a column missing from the log", swap(LOG, "EBV", "dust"), error(LOG, "line 1", "'EBV'", "'dust'")),
    Case(
        "a column missing from light curves", swap(TRAIN_LC, "Flux_err", "err"), error(TRAIN_LC, "'Flux_err'", "'err'")
    ),
    Case("a column twice", swap(LOG, "English Translation", "Z"), error(LOG, "'Z' twice")),
    Case("extra columns", recode(TRAIN_LC, lambda text: text.replace("\n", ",1\n").replace(",1", ",n", 1)), Same()),
    Case("no English Translation", recode(TEST, lambda text: _without_column(text, 5)), Same()),
    Case("columns in another order", recode(TEST_LC, _reversed_columns), Same()),
    Case("semicolons", recode(TRAIN_LC, lambda text: text.replace(",", ";")), error(TRAIN_LC, "line 1", "';'")),
    Case("tabs", recode(LOG, lambda text: text.replace(",", "\t")), error(LOG, "line 1", "separate")),
    Case("a web page", put(LOG, "<!DOCTYPE html>\n<html>Sign in</html>\n"), error(LOG, "'<!DOCTYPE html>'")),
    Case("a byte order mark", recode(LOG, lambda text: "\ufeff" + text), Same()),
    Case("a byte order mark in light curves", recode(TRAIN_LC, lambda text: "\ufeff" + text), Same()),
    Case("line breaks of Windows", recode(TRAIN_LC, lambda text: text.replace("\n", "\r\n")), Same()),
    Case("line breaks of Windows in a log", recode(LOG, lambda text: text.replace("\n", "\r\n")), Same()),
    Case("line breaks of old Macs", recode(TRAIN_LC, lambda text: text.replace("\n", "\r")), Same()),
    Case("no line break at the end", recode(TRAIN_LC, lambda text: text.rstrip("\n")), Same()),
    Case("blank lines between rows", recode(TRAIN_LC, lambda text: text.replace("\n", "\n\n")), Same()),
    Case("every value in quotes", recode(TRAIN_LC, _quoted), Same()),
    Case(
        "gzip content", recode(TRAIN_LC, lambda text: gzip.compress(text.encode())), error(TRAIN_LC, "gzip", "gunzip")
    ),
    Case("zip content", put(LOG, b"PK\x03\x04 and so on"), error(LOG, "zip archive")),
    Case("UTF-16", recode(LOG, lambda text: text.encode("utf-16")), error(LOG, "UTF-16", "save it as UTF-8")),
    Case(
        "Latin-1",
        all_of(swap(LOG, "tree", "chêne"), recode(LOG, lambda text: text.encode("latin-1"))),
        error(LOG, "line 3", "0xea", "UTF-8"),
    ),
    Case("a NUL byte", swap(TRAIN_LC, "61001.5", "6100\x00.5"), error(TRAIN_LC, "line 3", "NUL")),
    Case(
        "a row with too few values", swap(TRAIN_LC, _A, "a,61000.5,-1.25,0.5\n"), error(TRAIN_LC, "line 2", "found 4")
    ),
    Case(
        "a row with too many values",
        swap(TRAIN_LC, _A, "a,61000,5,-1.25,0.5,u\n"),
        error(TRAIN_LC, "line 2", "found 6"),
    ),
    Case("a log row with too many values", swap(LOG, ",tree", ",tree, leaf"), error(LOG, "line 3", "found 9")),
    Case("a file cut off in a row", put(TRAIN_LC, _DAMAGED), error(TRAIN_LC, "line 4", "'a,6100'", "cut off")),
    Case("a quote that is not closed", swap(TRAIN_LC, _A, '"' + _A), error(TRAIN_LC, "line 2", "values")),
    Case(
        "a faulty row after a line break within quotes",
        all_of(swap(LOG, "elf, moon", "elf,\n\nmoon"), swap(LOG, ",tree", "")),
        error(LOG, "line 5", "found 7"),
    ),
]

LOGS = [
    Case("an object twice in the training log", add(LOG, _LOG_A), error(LOG, "line 5", "'a' again", "line 2")),
    Case("an object twice in the test log", add(TEST, _LOG_X), error(TEST, "line 5", "'x' again", "line 2")),
    Case(
        "an object in two splits",
        add(LOG, "a,0.1,,0.02,TDE,elf,split_02,1\n"),
        error(LOG, "line 5", "'a' again", "line 2"),
    ),
    Case("an object in both logs", add(TEST, "a,0.4,0.03,0.05,,elf,split_01\n"), error(TEST, "line 5", LOG, "line 2")),
    Case("an empty id", swap(LOG, "\na,", "\n,"), error(LOG, "line 2", "'object_id'", "''")),
    Case("an id with a line break", swap(LOG, "\na,", '\n"a\nb",'), error(LOG, "line 2", r"'a\nb'", "printable")),
    Case("an id with an escape sequence", swap(LOG, "\na,", "\n\x1b[2J,"), error(LOG, "line 2", r"'\x1b[2J'")),
    Case("an id that runs from right to left", swap(TEST, "\nx,", "\n\u202ex,"), error(TEST, "line 2", r"\u202e")),
    Case("an id that is no ASCII", rename("a", "Ær-光", LOG, TRAIN_LC), Fine()),
    Case("an id with a comma and quotes", rename("a", '"a, ""b"""', LOG, TRAIN_LC), Fine()),
    Case("an id like a path", rename("a", "../../etc/passwd", LOG, TRAIN_LC), Fine()),
    Case("an id like HTML", rename("a", "<script>alert(1)</script>", LOG, TRAIN_LC), Fine()),
    Case("an id like a number", rename("a", "007", LOG, TRAIN_LC), Fine()),
    Case("an id like a missing value", rename("a", "NA", LOG, TRAIN_LC), Fine()),
    Case("a redshift that is missing", swap(TEST, "x,0.4", "x,"), Fine()),
    Case("a redshift of -9, as catalogues write a missing one", swap(TEST, "x,0.4", "x,-9"), Fine()),
    Case("a redshift of -99.0 and an error of -99", swap(TEST, "x,0.4,0.03", "x,-99.0,-99"), Fine()),
    Case("a redshift of 999", swap(TEST, "x,0.4", "x,999"), Fine()),
    Case("a redshift that is missing in the training log", swap(LOG, "b,0.2", "b,"), Fine()),
    Case("a redshift that is text", swap(LOG, "b,0.2", "b,high"), error(LOG, "line 3", "'Z'", "'high'")),
    Case("a redshift with a unit", swap(LOG, "b,0.2", "b,0.2 z"), error(LOG, "line 3", "'Z'", "'0.2 z'")),
    Case("a redshift that is NaN", swap(LOG, "b,0.2", "b,NaN"), Fine()),
    Case("a redshift that is infinite", swap(LOG, "b,0.2", "b,inf"), error(LOG, "line 3", "'Z'", "'inf'")),
    Case("a redshift below -0.5", swap(TEST, "z,-0.01", "z,-8"), error(TEST, "line 4", "'Z'", "between -0.5 and 20")),
    Case("a redshift beyond 20", swap(LOG, "b,0.2", "b,1100"), error(LOG, "line 3", "'Z'", "'1100'")),
    Case("a redshift error below zero", swap(TEST, "0.03,0.05", "-1,0.05"), error(TEST, "line 2", "'Z_err'", "'-1'")),
    Case("a redshift error that is text", swap(TEST, "0.03,0.05", "?,0.05"), error(TEST, "line 2", "'Z_err'", "'?'")),
    Case("a redshift error missing in the test log", swap(TEST, "0.03,0.05", ",0.05"), Fine()),
    Case("E(B-V) missing, without a dust map: taken as 0, with a warning", swap(LOG, "0.2,,0.03", "0.2,,"), Fine()),
    Case("E(B-V) that is text", swap(LOG, "0.2,,0.03", "0.2,,low"), error(LOG, "line 3", "'EBV'", "'low'")),
    Case("E(B-V) below zero", swap(LOG, "0.2,,0.03", "0.2,,-1"), error(LOG, "line 3", "'EBV'", "'-1'")),
    Case("E(B-V) as a visual extinction", swap(LOG, "0.2,,0.03", "0.2,,31"), error(LOG, "line 3", "'EBV'", "'31'")),
    Case("positions and hosts", with_columns(LOG, "RA,dec,host_name,host_mag", _HOSTS), Fine()),
    Case("positions in one log only", with_columns(TEST, "ra,dec", ["359.9,-90", "0,90", ","]), Fine()),
    Case("host columns of unusual names", with_columns(LOG, "host name,host-z", ["n,1", "n,1", "n,1"]), Same()),
    Case(
        "a right ascension of 360",
        with_columns(LOG, "ra,dec", ["1,1", "360,1", ","]),
        error(LOG, "line 3", "'ra'", "0 to below 360", "'360'"),
    ),
    Case(
        "a right ascension in hours",
        with_columns(LOG, "RA,DEC", ["10:30:00,1", ",", ","]),
        error(LOG, "line 2", "'RA'", "degrees", "'10:30:00'"),
    ),
    Case(
        "a declination below -90",
        with_columns(TEST, "ra,dec", [",", "1,-90.5", ","]),
        error(TEST, "line 3", "'dec'", "-90 to 90", "'-90.5'"),
    ),
    Case(
        "half of a position",
        with_columns(LOG, "ra,dec", [",", ",", "5,"]),
        error(LOG, "line 4", "'dec'", "both ra and dec, or neither"),
    ),
    Case(
        "a right ascension without a declination",
        with_columns(LOG, "ra", ["1", "2", "3"]),
        error(LOG, "line 1", "'ra'", "a column dec"),
    ),
    Case(
        "a right ascension twice", with_columns(LOG, "ra,dec,RA", ["1,1,1"] * 3), error(LOG, "line 1", "'ra'", "once")
    ),
    Case(
        "a host with an escape sequence",
        with_columns(LOG, "host_name", ["\x1b[2J", "b", "c"]),
        error(LOG, "line 2", "'host_name'", "printed"),
    ),
    Case("a split without a folder", swap(TEST, "split_02", "split_7"), error(TEST, "line 3", "'split'", "'split_7'")),
    Case("a split like a path", swap(LOG, "split_02", "../x"), error(LOG, "line 4", "'split'", "'../x'")),
    Case("no label", swap(LOG, "split_01,1", "split_01,"), error(LOG, "line 2", "'target'", "0 or 1")),
    Case("an unknown label", swap(LOG, "split_01,1", "split_01,2"), error(LOG, "line 2", "'target'", "'2'")),
    Case("a label that is text", swap(LOG, "split_01,1", "split_01,yes"), error(LOG, "line 2", "'target'", "'yes'")),
    Case("a label as a decimal", swap(LOG, "split_01,1", "split_01,1.0"), Same()),
    Case("no type", swap(LOG, "SN Ia", ""), error(LOG, "line 3", "'SpecType'", "type")),
    Case("a TDE with target 0", swap(LOG, "split_01,1", "split_01,0"), error(LOG, "line 2", "'TDE'")),
    Case("a supernova with target 1", swap(LOG, "split_01,0", "split_01,1"), error(LOG, "line 3", "'SN Ia'")),
    Case("no TDE to learn from", all_of(swap(LOG, "TDE", "AGN"), swap(LOG, "01,1", "01,0")), error(LOG, "only 0")),
    Case("labels in the test log", swap(TEST, "0.05,,river", "0.05,TDE,river"), Same()),
    Case("no sample submission", drop(SAMPLE), Fine()),
    Case("a submission without ids", swap(SAMPLE, "object_id", "id"), error(SAMPLE, "line 1", "'object_id'")),
    Case("a submission with an object twice", add(SAMPLE, "z,0\n"), error(SAMPLE, "line 5", "'z' again", "line 2")),
    Case("a submission with an unknown object", add(SAMPLE, "q,0\n"), error(SAMPLE, "line 5", "'q'", TEST)),
    Case("a submission with a training object", add(SAMPLE, "a,0\n"), error(SAMPLE, "line 5", "'a'", TEST)),
    Case("a submission without a test object", swap(SAMPLE, "x,0\n", ""), error(SAMPLE, "'x'", "line 2", "missing")),
]

ROWS = [
    Case("an empty flux", row_of_a(flux=""), aside("flux missing")),
    Case("a flux that is NaN", row_of_a(flux="NaN"), aside("flux missing")),
    Case("a flux that is null", row_of_a(flux="null"), aside("flux missing")),
    Case("a flux that is infinite", row_of_a(flux="-inf"), aside("flux not finite")),
    Case("a flux beyond floating point", row_of_a(flux="1e400"), aside("flux not finite")),
    Case("a flux that is text", row_of_a(flux="bright"), aside("flux not a number")),
    Case("a flux with an underscore", row_of_a(flux="1_000"), aside("flux not a number")),
    Case("a flux of exactly 0, as alerts have it without a template", row_of_a(flux="0.0"), aside("flux exactly 0")),
    Case("an absurd flux", row_of_a(flux="-1e12"), aside("flux not believable")),
    Case("a flux between blanks", row_of_a(flux="  -1.25 "), Same()),
    Case("an empty error", row_of_a(err=""), aside("error missing")),
    Case("an error that is text", row_of_a(err="0.5?"), aside("error not a number")),
    Case("an error of zero", row_of_a(err="0"), aside("error not positive")),
    Case("an error below zero", row_of_a(err="-0.5"), aside("error not positive")),
    Case("an error that is infinite", row_of_a(err="inf"), aside("error not finite")),
    Case("an error too small to be true", row_of_a(err="1e-300"), aside("error not believable")),
    Case("an absurdly large error", row_of_a(err="1e200"), aside("error not believable")),
    Case("an empty time", row_of_a(mjd=""), aside("time missing")),
    Case("a time that is text", row_of_a(mjd="2027-05-01"), aside("time not a number")),
    Case("a Julian Date", row_of_a(mjd="2461001.0"), aside("time not believable")),
    Case("a time of zero", row_of_a(mjd="0"), aside("time not believable")),
    Case("an infinite time", row_of_a(mjd="inf"), aside("time not believable")),
    Case("an unknown passband", row_of_a(band="J"), aside("unknown passband 'J'")),
    Case("a passband of another name", row_of_a(band="lsstu"), aside("unknown passband 'lsstu'")),
    Case("a passband in upper case", row_of_a(band="U"), aside("unknown passband 'U'")),
    Case("no passband", row_of_a(band=""), aside("unknown passband ''")),
    Case("several faults in one row", row_of_a(mjd="?", flux="", err="-1", band="J"), aside("time not a number")),
    Case("an object in no log", row_of_a(id="nobody"), aside(_NOT_IN_LOG)),
    Case("an object in no log, its id hostile", row_of_a(id="\x1b[2J../<b>"), aside(_NOT_IN_LOG)),
    Case("a row without an id", row_of_a(id=""), aside(_NOT_IN_LOG)),
    Case("an object of another split", row_of_a(id="c"), aside(_NOT_IN_LOG)),
    Case("a test object in the training file", row_of_a(id="x"), aside("object of the other set")),
    Case("a training object in the test file", add(TEST_LC, _A * 2), aside("object of the other set", 2, line=8)),
    Case("an exact duplicate", add(TRAIN_LC, _A), aside("exact duplicate", line=14)),
    Case("a duplicate in other digits", add(TRAIN_LC, "a,61000.50,-1.250,5e-1,u\n"), aside("exact duplicate", line=14)),
    Case("a row three times", add(TRAIN_LC, _A * 2), aside("exact duplicate", 2, line=14)),
    Case("two fluxes at one time", add(TRAIN_LC, "a,61000.5,9,0.5,u\n"), aside(_AVERAGED, line=14)),
    Case("two passbands at one time", add(TRAIN_LC, "a,61000.5,9,0.5,g\n"), Fine()),
    Case(
        "a bad row after blank lines",
        swap(TRAIN_LC, _A, "\n\n" + _A.replace("0.5,u", "0,u")),
        aside("error not positive", line=4),
    ),
    Case("an object with one point", rows_of(TRAIN_LC, lambda rows: rows[:7]), Fine()),
    Case("an object in one passband", column_of(TEST_LC, 4, lambda band: "r"), Fine()),
    Case("an object that is missing from the light curves", rows_of(TRAIN_LC, lambda rows: rows[:6]), Fine()),
    Case(
        "an object without usable points",
        rows_of(TRAIN_LC, lambda rows: [row.replace(",0.5,", ",0,") if row[0] == "b" else row for row in rows]),
        aside("error not positive", 6, line=8),
    ),
]

FILES = [
    Case("no flux in a whole file", column_of(TRAIN_LC, 2, lambda flux: ""), error(TRAIN_LC, "line 2", "flux missing")),
    Case(
        "Julian Dates in a whole file",
        column_of(TEST_LC, 1, lambda t: "24" + t),
        error(TEST_LC, "believable", "'2461000"),
    ),
    Case(
        "magnitude errors of -1 throughout",
        column_of(OTHER_LC, 3, lambda e: "-1"),
        error(OTHER_LC, "error not positive"),
    ),
    Case("other names of all passbands", column_of(OTHER_LC, 4, lambda b: f"LSST_{b}"), error(OTHER_LC, "'LSST_u'")),
    Case(
        "other ids throughout",
        column_of(TEST_LC, 0, lambda name: name + "_0"),
        error(TEST_LC, "not in the logs", "'x_0'"),
    ),
    Case(
        "the train and test file exchanged",
        lambda files: files.update({TRAIN_LC: files[TEST_LC], TEST_LC: files[TRAIN_LC]}),
        error(TRAIN_LC, "object of the other set"),
    ),
    Case("a log in place of light curves", lambda files: files.update({TRAIN_LC: files[LOG]}), error("'Time (MJD)'")),
    Case(
        "columns of time and flux exchanged", swap(TRAIN_LC, "Time (MJD),Flux", "Flux,Time (MJD)"), error("believable")
    ),
]

CASES = FOLDER + FORMAT + LOGS + ROWS + FILES


class Value(NamedTuple):
    """A value put into the configuration under `key`, and words of the ConfigError."""

    what: str
    key: tuple
    value: object
    words: tuple


CONFIGURATION = [
    Value("a misspelt key", ("sede",), 1, ("top level: unknown key 'sede'", "did you mean 'seed'?")),
    Value("a misspelt block", ("features", "colour"), {}, ("features: unknown key 'colour'", "did you mean 'color'?")),
    Value("an old name of a key", ("copies",), {}, ("copies was renamed to augmentations",)),
    Value(
        "a parameter that has become a transform",
        ("models", "lightgbm", "params", "linear_start"),
        0.1,
        ("was renamed to models.lightgbm.transforms.linear_start.C",),
    ),
    Value("an unknown type of object", ("simulation", "sources", "Kilonova"), 3, ("'Kilonova'", "known: AGN")),
    Value("a model without a learner", ("models", "mine"), {}, ("models.mine: missing key 'learner'",)),
    Value("an empty block", ("features",), None, ("features: expected a block of settings, found null",)),
    Value("a list for a block", ("ingest", "mjd"), [1, 2], ("ingest.mjd: expected a block of settings",)),
    Value("text for a number", ("seed",), "one", ("seed: expected a whole number, found 'one'",)),
    Value("text that looks like a number", ("fits", "drw", "tolerance"), "1e-4", ("expected a number", "1.0e-3")),
    Value("a decimal for a whole number", ("folds", "number"), 2.5, ("folds.number: expected a whole number",)),
    Value("a number for a folder", ("data_dir",), 7, ("data_dir: expected text, found 7",)),
    Value(
        "text for a switch",
        ("features", "color", "enabled"),
        "yes",
        ("features.color.enabled: expected true or false, found 'yes'",),
    ),
    Value("a seed below zero", ("seed",), -1, ("seed: expected at least 0, found -1",)),
    Value("a single fold", ("folds", "number"), 1, ("folds.number: expected at least 2, found 1",)),
    Value("no split to simulate", ("simulation", "n_splits"), 0, ("simulation.n_splits: expected at least 1",)),
    Value("a share above one", ("ingest", "max_set_aside"), 1.5, ("ingest.max_set_aside: expected at most 1",)),
    Value("a largest flux below zero", ("ingest", "max_flux"), -1, ("ingest.max_flux: expected more than 0",)),
    Value("a value that is not finite", ("ingest", "max_flux"), float("nan"), ("expected a finite number, found nan",)),
    Value(
        "a range that ends before it begins",
        ("ingest", "mjd", "min"),
        99999,
        ("ingest.mjd: min 99999 is not below max 88069",),
    ),
    Value(
        "bounds of a prior exchanged",
        ("fits", "drw", "priors", "tau", "lower"),
        5e4,
        ("fits.drw.priors.tau: lower 50000 is not below upper 30000",),
    ),
    Value("an unknown dust map", ("ingest", "dust_map"), {"name": "sdf", "folder": "."}, ("ingest.dust_map", "'sdf'")),
    Value("a dust map without its folder", ("ingest", "dust_map"), {"name": "sfd"}, ("ingest.dust_map", "folder")),
    Value("an unknown survey", ("survey",), "zft", ("survey: there is no survey 'zft'", "did you mean 'ztf'?")),
    Value(
        "an unknown survey to simulate",
        ("simulation", "survey"),
        "atlass",
        ("simulation.survey", "did you mean 'atlas'?"),
    ),
    Value(
        "an unknown survey of new objects", ("new_survey",), "LSST", ("new_survey: there is no survey 'LSST'", "lsst")
    ),
    Value(
        "a passband of one's own without a wavelength",
        ("surveys",),
        {"mine": {"g": {"slot": "g"}}},
        ("surveys.mine.g: missing key 'wavelength'",),
    ),
    Value(
        "a wavelength in micrometres", ("surveys",), {"mine": {"g": {"wavelength": 0.48}}}, ("surveys.mine.g", "910")
    ),
    Value("a passband that there is not", ("posterior", "peak_bands"), ["q"], ("posterior.peak_bands.0", "'q'", "'g'")),
    Value("a passband twice", ("posterior", "peak_bands"), ["g", "g"], ("posterior.peak_bands: g stands there twice",)),
    Value(
        "a phase that is no knot",
        ("features", "color", "phases"),
        [0, 7],
        ("features.color.phases: 7 must be among posterior.knots", "add them there"),
    ),
    Value("a grid that does not end", ("posterior", "phases", "step"), 7, ("is not two or more steps of 7",)),
    Value(
        "an unknown hypothesis",
        ("fits", "hypotheses", "models"),
        ["unicorn"],
        ("fits.hypotheses.models: there is no hypothesis 'unicorn'",),
    ),
    Value(
        "a hypothesis without the one that it refines",
        ("fits", "hypotheses", "models"),
        ["tde_free"],
        ("'tde_free' starts from the fit of 'tde_fixed'; add 'tde_fixed'",),
    ),
    Value(
        "an unknown learner",
        ("models", "lightgbm", "learner"),
        "forest",
        ("models.lightgbm.learner: there is no learner 'forest'", "xgboost"),
    ),
    Value(
        "a misspelt parameter of a learner",
        ("models", "lightgbm", "params", "num_leafs"),
        8,
        ("the learner lightgbm has no parameter 'num_leafs' (did you mean 'num_leaves'?)",),
    ),
    Value("an unknown rule", ("threshold", "rule"), "best", ("threshold.rule: expected one of", "'maximum_f1'")),
    Value(
        "a rule without the calibration that it needs",
        ("threshold", "rule"),
        "maximum_expected_f1",
        ("threshold.rule: maximum_expected_f1 needs a calibration.method",),
    ),
    Value("a name of a model like a path", ("models", "../x"), {}, ("models: expected a name", "'../x'")),
    Value("a name of an ensemble with a line break", ("ensembles", "x\ny"), {}, ("ensembles: expected a", "'x\\ny'")),
    Value(
        "a setting of another method",
        ("ensembles", "mean", "step"),
        0.1,
        ("ensembles.mean: 'step' is a setting of the method weighted, and this one's is mean",),
    ),
    Value(
        "an ensemble of an unknown model", ("ensembles", "mean", "members"), ["lightgbn"], ("did you mean 'lightgbm'?",)
    ),
    Value(
        "a submission with an unknown model",
        ("submission", "model"),
        "forest",
        ("submission.model: there is no 'forest'",),
    ),
    Value("an old name of a model", ("submission", "model"), "mlp_grouped", ("renamed to 'mlp_multiclass'",)),
    Value(
        "a model that is needed and not enabled",
        ("models", "lightgbm_multiclass", "enabled"),
        False,
        ("ensembles.weighted.members: 'lightgbm_multiclass' is not enabled",),
    ),
    Value(
        "a model without SHAP values to explain",
        ("explanations", "models"),
        ["mlp_multiclass"],
        ("the learner mlp, which has no SHAP values",),
    ),
    Value("more repeats than are drawn", ("ablation", "repeats"), 4, ("expected at most folds.repeats, 3, found 4",)),
    Value(
        "the redshift error as a feature", ("training", "log_columns"), ["Z_err"], ("training.log_columns.0", "'Z_err'")
    ),
]


class Labels(NamedTuple):
    """Training labels that give too little to cross-validate on three folds, and words of the DataError.

    objects: list of (type, source event).
    """

    what: str
    objects: list
    words: tuple


_OTHERS = [("AGN", f"agn{k}") for k in range(9)]

LABELS = [
    Labels("fewer TDEs than folds", [("TDE", "t1"), ("TDE", "t2"), *_OTHERS], ("2 objects with target 1", "3 folds")),
    Labels(
        "TDEs of fewer events than folds",
        [("TDE", "t1"), ("TDE", "t1"), ("TDE", "t2"), *_OTHERS],
        ("come from 2 events", "lower folds.number"),
    ),
]


DISK = {
    "a full disk": "'No space left on device'. Next step: free space",
    "a file beyond what a user may write": "'File too large'. Next step: raise the limit",
    "a read-only disk or folder": "Next step: choose another folder by --directory",
    "a file where a folder must be": "Next step: move the file away",
}
"""What may hinder the writing of a result, and words of the DataError; tested in test_files.py."""
