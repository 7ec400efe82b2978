"""What a source is: one module that reads the files of a survey in one format.

It is a module of this room or a plug-in (see `mallorn.plugins`); `source` in the configuration names the one that reads
`data_dir`, `new_source` the one that reads `new_data`. A survey is cut into splits, each of which is one job at every
stage; its objects are in one of two sets, "train" with labels and "test" without. `folder` is what the configuration
gives as `data_dir` or `new_data` (a file will do, if the source says so); `sets` is ("train", "test"), or ("test",) for
new objects. The first four functions are called whenever the workflow is planned: they import the standard library
only, and heavy packages belong inside of the others.

- `splits(folder, sets, key)`: names of the splits, `split_` and ASCII letters, digits, "_" or "-", in the order in
  which they are processed. Raises DataError for a folder that is no such survey; `key` is what the configuration calls
  it.
- `files(folder, split, sets)`: paths of the files that `read_split` reads points from.
- `metadata_files(folder, sets)`: paths of the files that say what is known of each object.
- `metadata_digest(folder, split, sets)`, where a source has it: a text that changes whenever, and only when, the part
  of the metadata files changes that `read_split` reads for one split. Without it, an edit of these files reads every
  split again.
- `read_metadata(folder, splits, sets, settings)`: {column: array (n,)}, one row for each object, training objects
  first: object_id, set ("train" or "test"), split, str; Z, redshift, NaN where unknown; Z_err, its error, NaN where not
  given, as of a spectroscopic one; EBV, magnitudes; luminosity_distance, Mpc, NaN without Z: float64. With a training
  set also spec_type, str, None in the test set; target, int8, 1 for the class sought, 0 for others, -1 in the test set;
  submission_row, int32, the place of the object in the submission, -1 in the training set.
- `read_split(folder, split, sets, settings, passbands, write)`: calls `write(lightcurves)` with the `LightCurves` of
  all objects that the metadata name for the split, also of those without points, sorted by id: at once, or in groups of
  `mallorn.survey.lightcurves.OBJECTS_PER_GROUP`, where they might not fit in memory. Times ascend in an object and are
  unique in a passband. Returns `mallorn.ingest.split.SetAside`: what was not kept, and why.

settings: the block `ingest` of the configuration. passbands: the `mallorn.survey.passbands.Passbands` of the survey
that the configuration names, to which the positions `LightCurves.band` refer. Errors in files are `DataError.at(...)`:
they say where, what was expected, what was found, and the next step.
"""

from mallorn.io.digests import file_digest

__all__ = ["metadata_digest"]


def metadata_digest(source, folder, split, sets):
    """Return the `metadata_digest` of a source module, or a digest of its whole metadata files if it has none."""
    if hasattr(source, "metadata_digest"):
        return source.metadata_digest(folder, split, sets)
    return [file_digest(path) for path in source.metadata_files(folder, sets)]
