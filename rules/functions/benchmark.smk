# Params of the rules in benchmark.smk.

from mallorn.benchmarks.sources import drawn_splits


def surveys_to_time():
    """Return {key of the configuration: (fields of a `Survey`, names of its splits)}."""
    found = {"data_dir": (SOURCE, DATA_DIR, SETS, PASSBANDS, SURVEYS, SPLITS)}
    if NEW_DATA:
        found["new_data"] = (NEW_SOURCE, NEW_DATA, NEW_SETS, NEW_PASSBANDS, NEW_SURVEYS, NEW_SPLITS)
    settings = {name: config[name] for name in ("ingest", "readers", "plugins")}
    fields = ("source", "folder", "sets", "settings", "passbands", "surveys")
    return {
        key: (dict(zip(fields, (source, str(folder), sets, settings, passbands.to_text(), surveys))), splits)
        for key, (source, folder, sets, passbands, surveys, splits) in found.items()
    }


def files_to_time():
    """Return the files of all splits that are timed."""
    return sorted(
        {
            str(file)
            for fields, splits in surveys_to_time().values()
            for split in drawn_splits(splits)
            for file in READ[fields["source"]].files(fields["folder"], split, fields["sets"])
        }
    )
