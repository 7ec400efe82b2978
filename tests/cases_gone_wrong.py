"""Cases in which real data had a wrong answer, or a failure a wrong explanation: what came of them, and what does now.

`test` names the test that holds it: the file below tests/, and the name of the test (`test_inputs_page` checks both).
"""

from typing import NamedTuple


class Wrong(NamedTuple):
    """A case: what it is, what came of it before, what does now, and the test that holds this."""

    what: str
    before: str
    now: str
    test: str


_INGEST = "ingest/test_ingest_lightcurves.py"
_ASTRAY = f"{_INGEST}::test_rows_that_went_astray_are_named_with_the_object_they_may_be_of"
_SCORED = "workflow_scripts/test_inference_scripts.py"
_WORKFLOW, _REDSHIFTS = "workflow/test_workflow.py", "workflow/test_redshifts.py"

_DOMAIN = "decide/test_domain.py"
_TOLD = "sources/test_told.py"
_GOLDEN = "decide/test_golden_model.py"
_BOMBS = "sources/test_bombs.py"

WENT_WRONG = [
    Wrong(
        "one to five points, all points up to the first detection, a curve of zeros, one night",
        "most were taken for TDEs, with probabilities up to .99",
        "'cannot say', without a probability, below 6 points, 3 detections or 3 nights (`domain`)",
        f"{_DOMAIN}::test_below_the_minimum_nothing_is_said",
    ),
    Wrong(
        "detections alone, or points in g and r alone",
        "scored by models of forced photometry in six passbands: three of five SNe Ia were taken for TDEs",
        "with `augmentations.other_surveys`, scored by models that have learned from copies cut like that, by the "
        "threshold of the cut; without, 'extrapolating', with the reason",
        f"{_REDSHIFTS}::test_detections_in_two_passbands_are_scored_by_what_learned_from_such",
    ),
    Wrong(
        "points in passbands that no training object has, such as Swift's UVW1",
        "scored with features that no model had learned from: 37 of 51 real TDEs were found",
        "left out, with a warning, unless too little else remains: 42 are found",
        "interface/test_released.py::test_points_that_it_has_not_learned_from_change_nothing",
    ),
    Wrong(
        "light curves of another depth, span, brightness or redshift than any that was learned from",
        "scored without a warning",
        "'extrapolating', with the quantity, its value and the range that was learned from",
        f"{_DOMAIN}::test_what_is_beyond_the_range_is_named_with_the_range",
    ),
    Wrong(
        "fluxes in nJy, as FLUXCAL, in Jy, or as magnitudes; the host's light not subtracted",
        "shifted probabilities, without a warning",
        "a warning guesses the unit from the whole survey; objects beyond the range are 'extrapolating'",
        f"{_DOMAIN}::test_nanojansky_magnitudes_and_host_light_are_told_by_name",
    ),
    Wrong(
        "errors that are all the same for an object, or all the same share of the flux: placeholders",
        "scored without a warning",
        "a warning counts and names the objects",
        "survey/test_errors_in_words.py::test_errors_that_are_all_the_same_are_told_with_the_objects",
    ),
    Wrong(
        "inverse variances, or weights, in place of errors",
        "scored without a warning",
        "a warning asks whether they are, where points with larger errors scatter less: the rank correlation of errors "
        "with differences of near points is .37 to .57 in real surveys, and -.34 to -.56 if inverse variances stand "
        "for their errors",
        "survey/test_errors_in_words.py::test_inverse_variances_are_told",
    ),
    Wrong(
        "ids of 18 digits that went through a floating-point number",
        "scored as if the object had no points, with a mere INFO in the log",
        "a warning names and counts both ids and says that they may be one; not scored",
        _ASTRAY,
    ),
    Wrong(
        "an id with a trailing blank, or in another Unicode form, in one of the files",
        "scored as if the object had no points, with a mere INFO in the log",
        "a warning names and counts both ids and says that they may be one; not scored",
        _ASTRAY,
    ),
    Wrong(
        "an object of a table of points that the table of objects does not name",
        "scored without redshift, without a warning",
        "a warning names it, and the id of the table of objects that resembles its own",
        "sources/test_table.py::test_an_object_that_the_table_of_objects_does_not_name_is_told",
    ),
    Wrong(
        "a table from `mallorn convert`, of points that no file marks as detections or not",
        "none was taken for one: `mallorn.as_of` found no trigger and returned no points",
        "-1 stays unknown, and five sigma decide",
        "sources/test_table.py::test_whether_a_point_is_a_detection_may_be_untold",
    ),
    Wrong(
        "passbands in upper case (U, G, R, I, Z, Y), of which Y alone is a name of LSST's; most rows in J",
        "the few rows that were left were scored: in y alone, 'in domain'",
        "error with the names and the number of rows; `passbands` says what they are, or leaves them out",
        f"{_TOLD}::test_passbands_of_which_most_or_all_may_mean_others_are_refused",
    ),
    Wrong(
        "passbands as the numbers 1 to 6",
        "1 to 5 were taken for LSST's g to y, one passband too red, and 6 was set aside",
        "error: numbers are 0 to 5; `passbands` says what others are. ztfg, lsstg and ps1::g are known by name",
        f"{_TOLD}::test_passbands_of_which_most_or_all_may_mean_others_are_refused",
    ),
    Wrong(
        "rows of one object with several redshifts, or several E(B-V)",
        "the first was taken, without a warning",
        "a warning names the objects",
        f"{_TOLD}::test_several_redshifts_or_reddenings_of_one_object_are_told",
    ),
    Wrong(
        "a table without a column of ids that holds several objects",
        "scored as one object, without a warning",
        "a warning says that the rows of the file are taken for one object",
        f"{_TOLD}::test_a_table_without_ids_says_that_it_is_taken_for_one_object",
    ),
    Wrong(
        "rows of one object with and without a trailing blank in the id, in capitals or in another Unicode form",
        "scored as two objects with half of the points, without a warning",
        "a warning names the ids that may be one; they are still scored apart",
        f"{_TOLD}::test_ids_that_may_be_one_are_told",
    ),
    Wrong(
        "a visual extinction A_V as E(B-V): 3.1 in place of 1, or 31",
        "a TDE had .001 in place of .997, 'in domain'; 31 was taken as missing, without a warning",
        "a warning above 1.5, and the flag 'much dust'; another where it is not believed",
        f"{_TOLD}::test_a_visual_extinction_in_place_of_a_reddening_is_told",
    ),
    Wrong(
        "a file whose header has one unit for fluxes and another for their errors",
        "the unit of the fluxes held for both: errors a thousand times too small",
        "each is converted by its own",
        f"{_TOLD}::test_errors_in_a_unit_of_their_own_are_converted_by_it",
    ),
    Wrong(
        "new objects without any usable point",
        "got a probability",
        "get none; `domain_reason` says why, and a warning counts them",
        f"{_SCORED}::test_objects_without_points_are_told_and_not_scored",
    ),
    Wrong(
        "rows of a passband that the survey does not have",
        "set aside as 'unknown passband'",
        "the reason, and a warning, have the name of the passband",
        f"{_INGEST}::test_unknown_passbands_are_told_by_name",
    ),
    Wrong(
        "fluxes of exactly 0, as alerts have them of a passband without a template",
        "measurements; features were infinite",
        "set aside as 'flux exactly 0'",
        "ingest/test_bad_inputs.py::test_promise_is_kept",
    ),
    Wrong(
        "an empty value: --config data_dir=$UNSET",
        "simulated a survey, and left a submission of it",
        "error; so is `data_dir:` with nothing behind it in a file",
        f"{_WORKFLOW}::test_an_empty_value_simulates_nothing",
    ),
    Wrong(
        "results of a simulated survey beside those of a real one",
        "did not say which they were",
        "pages, provenance, input.json and the last words of a run begin with it",
        f"{_WORKFLOW}::test_the_run_ends_with_the_scores_and_where_files_lie",
    ),
    Wrong(
        "new_data whose path has braces",
        "'Nothing to be done', with the predictions of another folder",
        "error that names the path; blanks, quotes, $, * and links are fine",
        f"{_REDSHIFTS}::test_a_path_that_snakemake_would_take_for_a_pattern_is_refused",
    ),
    Wrong(
        "a run of classify that fails",
        "left the CSV files of other data",
        "they are removed before the run begins; each row names its input",
        f"{_REDSHIFTS}::test_predictions_name_their_data_and_none_of_other_data_outlive_a_failed_run",
    ),
    Wrong(
        "a file dated in the future",
        "failed after it was read; the last words blamed the memory",
        "read as any other",
        "runs/test_scheduling.py::test_a_file_dated_in_the_future_is_read_like_any_other",
    ),
    Wrong(
        "snakemake --unlock, --report, --summary, --rulegraph, --cleanup-metadata",
        "ended with exit code 1 without --cores",
        "need no --cores",
        "workflow/test_layout.py::test_a_command_that_runs_no_job_needs_no_number_of_cores",
    ),
    Wrong(
        "a model that does not fit the code, packages or settings",
        "reported after 24 of 25 jobs; the summary dropped the list of differences",
        "reported before the first job, with all differences",
        f"{_REDSHIFTS}::test_a_model_that_does_not_fit_is_refused_before_anything_is_read",
    ),
    Wrong(
        "a missing redshift, or one of -9, of a new object",
        "stopped all new objects",
        "the object is scored by models that were trained without redshifts",
        f"{_REDSHIFTS}::test_new_objects_without_any_redshift_score_alike_from_the_workflow_and_from_python",
    ),
    Wrong(
        "a journal of Optuna that is damaged before its last line",
        "ended in a traceback",
        "error with the line and the next step",
        "learning/test_tuning.py::test_a_journal_damaged_before_its_end_is_told_with_the_line_and_can_be_mended",
    ),
    Wrong(
        "a journal of Optuna whose lines are sound, but one of a trial was lost or changed",
        "ended in a traceback, in 26 of 300 tries",
        "error with the trial and the next step",
        "learning/test_tuning.py::test_a_trial_of_which_a_part_was_lost_is_told",
    ),
    Wrong(
        "light curves that are constant, or of one night",
        "raw warnings of numpy",
        "no warning, and no infinite feature",
        "families/test_contract.py::test_no_light_curve_brings_a_warning_of_numpy",
    ),
    Wrong(
        "the page of an object whose temperature nothing decides, such as a constant light curve",
        "raw warnings of numpy",
        "no warning; the spread is drawn between 1,000 and 1,000,000 K",
        "plots/test_candidate.py::test_a_temperature_that_nothing_decides_is_drawn_without_a_warning",
    ),
    Wrong(
        "a CSV file with a quote that is never closed, in a gzip file of 1 GB unpacked",
        "an error in words, and then Python aborted, since a thread still read",
        "the error alone",
        f"{_BOMBS}::test_a_quote_that_is_never_closed_ends_in_words_and_no_thread_outlives_it",
    ),
    Wrong(
        "a gzip file of 0.6 MB with 21 million rows of one object",
        "took 6.3 GB of memory",
        "error beyond 2,000,000 rows of one object, after 0.7 GB",
        f"{_BOMBS}::test_a_small_file_of_endless_rows_of_one_object_is_told",
    ),
    Wrong(
        "a gzip file of 0.2 MB with JSON of brackets alone",
        "took 4.9 to 12 GB of memory",
        "error, after 0.35 GB",
        f"{_BOMBS}::test_json_of_brackets_alone_is_told",
    ),
    Wrong(
        "an ECSV file of 114 bytes with a column of 1,000,000,000 values a row, or one of maps merged eight deep",
        "took 7.8 GB of memory; did not end",
        "error, in 1.1 s and 158 MB",
        f"{_BOMBS}::test_a_header_of_ecsv_that_would_grow_is_told",
    ),
    Wrong(
        "light curves that a program made or changed: points in any order or twice, one id twice, a redshift of -9, "
        "infinite, or without its distance, an E(B-V) below 0, fluxes of 1e200",
        "scored without a warning: a TDE had 0.40 instead of 0.99",
        "error with the object, the point and the next step, of `predict`, `describe`, `features` and `plot`",
        "interface/test_mutations.py::test_light_curves_that_a_program_spoilt_are_refused_in_words",
    ),
    Wrong(
        "a model with XGBoost of 3.1 or newer, scored by XGBoost 3.0, which pyproject.toml allowed",
        "XGBoost read it without a warning: probabilities off by up to 0.08, by 0.02 in an ensemble of five",
        "pyproject.toml asks for 3.1; golden inputs tell what other versions do, and `make versions` tries them",
        f"{_GOLDEN}::test_no_probability_has_changed",
    ),
    Wrong(
        "the same model on another kind of processor",
        "scores of two machines differed in the third digit",
        "golden inputs in a model tell it; `make processors` measures it (docs/explanation/reproducibility.md)",
        f"{_GOLDEN}::test_no_probability_has_changed",
    ),
    Wrong(
        "a package that is as old as pyproject.toml allows",
        "tracebacks: pyarrow 19.0.0 could not read new files, light-curve 0.10 to 0.12 lacked a feature, scikit-learn "
        "1.6 could not train perceptrons",
        "all bounds are versions that were tried, on Python 3.11 to 3.13 (docs/explanation/reproducibility.md)",
        f"{_GOLDEN}::test_no_feature_has_changed",
    ),
]
