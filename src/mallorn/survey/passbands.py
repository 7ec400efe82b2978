"""The passbands of a survey, and the six slots that name features of single passbands.

A survey has any number of passbands. Gaussian processes and hypotheses use each of them at its own wavelength.
Features "per passband" are made for the slots u, g, r, i, z and y, and different surveys have the same columns. A
passband belongs to the slot of nearest wavelength. Several passbands may share a slot. A passband far from all slots,
such as UVW2, has none, and counts only where all passbands are fitted together.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.plugins import constant, names
from mallorn.survey.dust import extinction_per_ebv

__all__ = [
    "LSST",
    "MICROJANSKY_ZERO_POINT",
    "NO_SLOT",
    "SLOTS",
    "SLOT_WAVELENGTHS",
    "Passband",
    "Passbands",
    "passbands_of_run",
    "passbands_of_surveys",
    "shipped_depths",
    "shipped_surveys",
    "slot_index",
    "survey_passbands",
    "surveys_of_run",
]

SLOTS = ("u", "g", "r", "i", "z", "y")

SLOT_WAVELENGTHS = np.array([3641.0, 4704.0, 6155.0, 7504.0, 8695.0, 10056.0])
"""Effective wavelengths of the slots, shape (6,), angstrom: those of Rubin/LSST."""
SLOT_WAVELENGTHS.flags.writeable = False

NO_SLOT = -1

MICROJANSKY_ZERO_POINT = 23.9
"""AB magnitude of one microjansky."""

_REACH = 0.2
"""Largest |ln(wavelength / wavelength of the slot)| at which a passband belongs to a slot."""

_MOST = 127  # positions of passbands are kept as int8
_WAVELENGTHS = (910.0, 60000.0)  # angstrom: where the law of extinction holds
_KEYS = ("wavelength", "zero_point", "slot")


class Passband(NamedTuple):
    """A passband: its `name`, effective `wavelength` (angstrom), AB `zero_point` and `slot`.

    zero_point: AB magnitude of a flux of 1 in the survey's files. slot: position in `SLOTS`, or `NO_SLOT`.
    """

    name: str
    wavelength: float
    zero_point: float = MICROJANSKY_ZERO_POINT
    slot: int = NO_SLOT


@dataclass(frozen=True)
class Passbands:
    """The B passbands of a survey in a fixed order; `LightCurves.band` holds positions in it.

    They are immutable and hashable, and equal if their content is. Raises ConfigError if there are none or more than
    127, if two have the same name, or if a value makes no sense.
    """

    rows: tuple

    def __post_init__(self):
        object.__setattr__(self, "rows", tuple(Passband(*row) for row in self.rows))
        names = self.names
        if not 1 <= len(names) <= _MOST:
            raise ConfigError(f"a survey needs 1 to {_MOST} passbands, found {len(names)}")
        for row in self.rows:
            _check(row)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"passband {twice[0]!r} is there more than once; each needs a name of its own")

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    @cached_property
    def names(self):
        """Names of the passbands, a tuple of B."""
        return tuple(row.name for row in self.rows)

    @cached_property
    def wavelength(self):
        """Effective wavelengths (B,), angstrom."""
        return _fixed([row.wavelength for row in self.rows], float)

    @cached_property
    def zero_point(self):
        """AB magnitudes of a flux of 1 in the survey's files (B,)."""
        return _fixed([row.zero_point for row in self.rows], float)

    @cached_property
    def slot(self):
        """Position of each passband's slot in `SLOTS` (B,) int8, `NO_SLOT` if it has none."""
        return _fixed([row.slot for row in self.rows], np.int8)

    @cached_property
    def extinction(self):
        """Galactic extinction A / E(B-V) of each passband (B,), see `mallorn.survey.dust`."""
        return extinction_per_ebv(self.wavelength)

    @cached_property
    def has_slot(self):
        """Whether the survey has a passband for each of `SLOTS`, shape (6,) bool."""
        return np.isin(np.arange(len(SLOTS)), self.slot)

    @property
    def slots(self):
        """Names of the slots for which the survey has a passband, in the order of `SLOTS`."""
        return tuple(slot for slot, there in zip(SLOTS, self.has_slot, strict=True) if there)

    @property
    def beyond_slots(self):
        """Names of the passbands that belong to no slot, such as UVW2."""
        return tuple(row.name for row in self if row.slot == NO_SLOT)

    @cached_property
    def are_slots(self):
        """Whether the passbands are the slots themselves: six, one for each slot, in the order of `SLOTS`."""
        return np.array_equal(self.slot, np.arange(len(SLOTS)))

    def index(self, name):
        """Return the position of the passband called `name`; raise ValueError if there is none."""
        try:
            return self.names.index(name)
        except ValueError:
            raise ValueError(f"unknown passband {name!r}: expected one of {', '.join(self.names)}") from None

    def places(self, surveys):
        """Return {"SURVEY.NAME": position} of the passbands. surveys: names of their surveys.

        Passbands of several surveys already have such names.
        """
        names = self.names if len(surveys) > 1 else [f"{surveys[0]}.{name}" for name in self.names]
        return {name: k for k, name in enumerate(names)}

    def in_slots(self):
        """Return six `Passbands` that stand for the slots; those that the survey lacks have no slot.

        The result thus has the same `slots` as the survey.
        """
        there = [k if has else NO_SLOT for k, has in enumerate(self.has_slot)]
        return self if self.are_slots else Passbands(_rows_of_slots(there))

    def to_text(self):
        """Return the passbands as text, for the metadata of files; see `from_text`."""
        return json.dumps([list(row) for row in self.rows])

    @classmethod
    def from_text(cls, text):
        """Return the passbands that `to_text` wrote."""
        return cls(tuple(json.loads(text)))

    @classmethod
    def from_metadata(cls, metadata, path):
        """Return the passbands in the `metadata` {str: str} of the file `path`; raise DataError if there are none."""
        if "passbands" not in metadata:
            raise DataError.at(
                path,
                expected="the passbands of the survey in the file's metadata",
                found="none",
                fix="ingest the survey again: the file was written by an older version, or by another program",
            )
        return cls.from_text(metadata["passbands"])


def survey_passbands(name, own_surveys=None, key="survey"):
    """Return the `Passbands` of the survey called `name`.

    own_surveys: {survey: {passband: {"wavelength": angstrom, "zero_point": AB magnitude (optional), "slot": one of
    `SLOTS` or "none" (optional)}}}, the block `surveys` of the configuration; such a survey replaces a shipped one of
    the same name. key: the setting that holds `name`, for messages.

    The passbands come from blue to red. Raises ConfigError for an unknown survey, with the nearest name, and for
    passbands that make no sense.
    """
    own_surveys = own_surveys or {}
    if name in own_surveys:
        return _own_survey(name, own_surveys[name])
    shipped = _shipped()
    if name not in shipped:
        known = [*own_surveys, *shipped]
        near = get_close_matches(str(name).lower(), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{key}: there is no survey {name!r}{hint} (known: {', '.join(known)}; add one in `surveys`)")
    return _own_survey(name, shipped[name]["passbands"])


def passbands_of_surveys(chosen, own_surveys=None, key="survey"):
    """Return the `Passbands` of one survey, or of several together.

    chosen: names of the surveys. Passbands of a single survey have their own names, those of several the names
    SURVEY.NAME. They come from blue to red. Other arguments and errors: see `survey_passbands`.
    """
    of = {name: survey_passbands(name, own_surveys, key) for name in chosen}
    found = {f"{survey}.{row.name}": row for survey, passbands in of.items() for row in passbands}
    if len(of) > 1:
        found = {name: row._replace(name=name) for name, row in found.items()}
    return Passbands(tuple(sorted(found.values(), key=lambda row: (row.wavelength, row.name))))


def surveys_of_run(config):
    """Return the names of the surveys of `data_dir` and of `new_data`, two lists.

    config: the configuration. If it names none, the usual surveys of the source count, its literal `SURVEYS`. Without a
    `data_dir`, the simulated survey is that of `simulation.survey`.
    """
    source, new_source = config["source"], config["new_source"] or config["source"]
    given = _listed(config["survey"]) or _usual(source)
    here = [config["simulation"]["survey"]] if config["data_dir"] is None else given
    new = _listed(config["new_survey"]) or (here if new_source == source else _usual(new_source))
    return here, new


def _listed(named):
    return [named] if isinstance(named, str) else list(named or ())


def _usual(source):
    kind = "formats" if source in names("formats") else "sources"
    return list(constant(kind, source, "SURVEYS", ("lsst",)))


def passbands_of_run(config):
    """Return the `Passbands` of the survey for training, and of the new objects to classify.

    config: the configuration; `data_dir`, `survey`, `simulation.survey`, `new_survey` and `surveys` count. A simulated
    survey has the passbands of `simulation.survey`. Raises ConfigError as `survey_passbands` does, also for an unused
    survey in `surveys`.
    """
    own = config["surveys"]
    for name in own:
        survey_passbands(name, own)
    key = "simulation.survey" if config["data_dir"] is None else "survey"
    here, new = surveys_of_run(config)
    return passbands_of_surveys(here, own, key), passbands_of_surveys(new, own, "new_survey")


def shipped_surveys():
    """Return {survey: names of its passbands} for the surveys that the package knows."""
    return {name: list(survey["passbands"]) for name, survey in _shipped().items()}


def shipped_depths(survey):
    """Return {passband: median five-sigma depth of a visit, AB magnitude} of a survey; {} if it is not shipped."""
    passbands = _shipped().get(survey, {"passbands": {}})["passbands"]
    return {name: float(about["depth"]) for name, about in passbands.items()}


def slot_index(name):
    """Return the position of the slot `name` in `SLOTS`; raise ValueError if there is none."""
    try:
        return SLOTS.index(name)
    except ValueError:
        raise ValueError(f"unknown slot {name!r}: expected one of {', '.join(SLOTS)}") from None


def _own_survey(survey, described):
    """Return the `Passbands` of {passband: {wavelength, zero_point, slot}}, from blue to red, whatever their order."""
    if not isinstance(described, Mapping) or not described:
        raise ConfigError(f"surveys.{survey}: expected {{passband: {{wavelength: angstrom}}}}, found {described!r}")
    rows = []
    for name, about in described.items():
        where = f"surveys.{survey}.{name}"
        if not isinstance(about, Mapping) or "wavelength" not in about:
            raise ConfigError(f"{where}: expected {{wavelength: angstrom}}, found {about!r}")
        unknown = set(about) - {*_KEYS, "depth", "checked"}
        if unknown:
            raise ConfigError(f"{where}: unknown key {min(unknown)!r}; known are {', '.join(_KEYS)}")
        slot = about.get("slot")
        if slot not in (None, "none", *SLOTS):
            raise ConfigError(f"{where}.slot: expected one of {', '.join(SLOTS)} or none, found {slot!r}")
        row = Passband(str(name), about["wavelength"], about.get("zero_point", MICROJANSKY_ZERO_POINT))
        _check(row, where)
        place = _nearest_slot(row.wavelength) if slot is None else NO_SLOT if slot == "none" else SLOTS.index(slot)
        rows.append(Passband(row.name, float(row.wavelength), float(row.zero_point), place))
    return Passbands(tuple(sorted(rows, key=lambda row: (row.wavelength, row.name))))


def _check(row, where=None):
    """Raise ConfigError if a value of a `Passband` makes no sense."""
    where = where or f"passband {row.name!r}"
    low, high = _WAVELENGTHS
    if not isinstance(row.name, str) or not row.name or row.name != row.name.strip():
        raise ConfigError(f"{where}: expected a name without blanks around it, found {row.name!r}")
    if not _is_number(row.wavelength) or not low <= row.wavelength <= high:
        raise ConfigError(
            f"{where}: expected an effective wavelength of {low:g} to {high:g} angstrom, found {row.wavelength!r}"
        )
    if not _is_number(row.zero_point):
        raise ConfigError(f"{where}: expected a zero point in AB magnitudes, found {row.zero_point!r}")


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _nearest_slot(wavelength):
    """Return the position of the slot nearest to `wavelength` in ln(wavelength), or `NO_SLOT` if none is near."""
    distance = np.abs(np.log(wavelength / SLOT_WAVELENGTHS))
    nearest = int(np.argmin(distance))
    return nearest if distance[nearest] <= _REACH else NO_SLOT


@cache
def _shipped():
    """Return the content of surveys.yaml."""
    import yaml

    with open(Path(__file__).with_name("surveys.yaml"), encoding="utf-8") as stream:
        return yaml.safe_load(stream)


def _fixed(values, dtype):
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def _rows_of_slots(slots):
    """Return a `Passband` for each of `SLOTS`, with its slot from `slots`."""
    return tuple(map(Passband, SLOTS, SLOT_WAVELENGTHS.tolist(), [MICROJANSKY_ZERO_POINT] * len(SLOTS), slots))


LSST = Passbands(_rows_of_slots(range(len(SLOTS))))
"""The passbands of Rubin/LSST, which define the slots."""
