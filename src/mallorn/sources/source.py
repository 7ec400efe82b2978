"""The contract of a source: one module that reads a survey whose own files define its objects and splits.

Most readers are simpler: see `mallorn.sources.format`; `open_source` turns a format into a source.

A source is a module of this package or a plug-in (see `mallorn.plugins`). `source` in the configuration names the one
that reads `data_dir`, `new_source` the one that reads `new_data`. A survey is cut into splits; each is one job at every
stage. Its objects are in one of two sets, "train" with labels and "test" without. `folder` is `data_dir` or `new_data`
(it may be a file, if the source allows that). `sets` is ("train", "test"), or ("test",) for new objects. The first four
functions are called whenever the workflow is planned: they import only the standard library, and heavy packages belong
inside the others. `SURVEYS`, a literal, names the source's usual surveys, for a configuration that names none; the
default is ("lsst",).

- `splits(folder, sets, key)`: names of the splits, `split_` and ASCII letters, digits, "_" or "-", in the order in
  which they are processed. Raises DataError for a folder that is no such survey; `key` is the setting that names it.
- `files(folder, split, sets)`: paths of the files that `read_split` reads points from.
- `metadata_files(folder, sets)`: paths of the files on what is known about each object.
- `metadata_digest(folder, split, sets)`, optional: a text that changes if, and only if, the part of the metadata files
  that `read_split` reads for this split changes. Without it, every split is read again after an edit of these files.
- `read_metadata(folder, splits, sets, settings)`: {column: array (n,)} with one row for each object, training objects
  first. str: object_id, set ("train" or "test"), split. float64: Z, redshift, NaN if unknown; Z_err, its error, NaN if
  not given, as for a spectroscopic one; EBV, magnitudes, on the scale that `mallorn.survey.dust` expects
  (`mallorn.survey.dust_map.fill_reddening` finds missing values); luminosity_distance, Mpc, NaN without Z. If the
  survey has them, also ra, dec, degrees (ICRS), float64, NaN if unknown, both or neither; columns host_... (letters,
  digits and "_") on hosts, float64 with NaN or str with None if unknown; redshift_kind, "spectroscopic", "photometric"
  or "none". With a training set also spec_type, str, None in the test set; target, int8, 1 for the class sought, 0 for
  others, -1 in the test set; submission_row, int32, the object's row in the submission, -1 in the training set.
- `read_split(folder, split, sets, settings, passbands, write)`: calls `write(lightcurves)` with the `LightCurves` of
  all objects that the metadata name for the split, sorted by id; objects without points are among them. It does so
  once, or in groups of `mallorn.survey.lightcurves.OBJECTS_PER_GROUP` if they might not fit in memory. Times ascend
  within an object and are unique in a passband. Returns `mallorn.ingest.split.SetAside`: the rows that were not kept,
  and why.

settings: the block `ingest` of the configuration. passbands: the `mallorn.survey.passbands.Passbands` of the survey
that the configuration names; `LightCurves.band` holds positions in them. Errors in files are `DataError.at(...)`: they
say where, what was expected, what was found, and the next step.
"""

from mallorn.io.digests import file_digest
from mallorn.plugins import load
from mallorn.sources.format import FormatSource, is_format

__all__ = ["metadata_digest", "open_source"]


def open_source(name, settings):
    """Return the source called `name`: its module, or a `FormatSource`.

    settings: the blocks "ingest" and "readers" of the configuration. Raises ConfigError if there is neither.
    """
    return FormatSource(name, settings) if is_format(name) else load("sources", name)


def metadata_digest(source, folder, split, sets):
    """Return the `metadata_digest` of a source module, or a digest of its whole metadata files if it has none."""
    if hasattr(source, "metadata_digest"):
        return source.metadata_digest(folder, split, sets)
    return [file_digest(path) for path in source.metadata_files(folder, sets)]
