"""Settings of the report, the tracking of runs, and benchmarks."""

from typing import Annotated

from pydantic import Field

from mallorn.settings.fields import Block, Count, Decimal, Positive, block, listed, value, whole

__all__ = ["Benchmark", "Report", "Tracking"]

Text = Annotated[str, Field(min_length=1)]


class Report(Block):
    """The report, results/report/index.html."""

    candidates: Count = value(50, "Test objects that get a page each, the most probable targets.")
    unusual: Count = value(10, "Test objects that get a page each, those least like the training objects.")
    sed_phases: listed(Decimal, 1, 9) = value(
        [-20.0, 0.0, 20.0, 40.0, 75.0, 100.0],
        "Rest-frame days from peak at which spectral energy distributions are drawn; each among posterior.knots.",
        "d",
    )
    compared_features: Count = value(60, "Most important features by which similar training objects are found.")
    neighbours: whole(ge=1, le=12) = value(6, "Similar training objects shown.")
    drivers: Count = value(12, "Features shown that drive an object's probability.")


class Tracking(Block):
    """Tracking of runs with MLflow, beside results/history.parquet."""

    mlflow: bool = value(
        False, "Whether to log parameters, scores, figures and models of each run; needs the package mlflow."
    )
    uri: Text = value("results/mlflow", "Folder that gets a database and the files, or the address of a server.")
    experiment: Text = value("mallorn", "Name under which runs are gathered there.")


class BenchmarkFits(Block):
    """Gaussian-process fits of drawn objects by several programs: `snakemake bench_fits`."""

    compared_objects: Count = value(300, "Objects, drawn, that other programs fit too.")
    checked_objects: Count = value(2000, "Objects, drawn, whose fits are compared with random starts.")
    random_starts: Count = value(10, "Starts drawn from the prior for each of them.")
    missed_by: Positive = value(0.05, "Log posterior below the best random start that counts as a missed optimum.")


class Benchmark(Block):
    """Benchmarks of the whole workflow and of its fits."""

    surveys: listed(whole(ge=100), 0) = value(
        [1000, 10000], "Numbers of objects of the simulated surveys whose features `snakemake bench` times."
    )
    scored: Count = value(10_000, "Objects that `snakemake bench_score` scores.")
    fits: BenchmarkFits = block(BenchmarkFits, "Gaussian-process fits of drawn objects by several programs.")
