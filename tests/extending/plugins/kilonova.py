"""A kilonova: a fast pulse that reddens."""

from math import log

from mallorn.hypotheses.models import Hypothesis, Parameter

KIND = "hypotheses"


def hypothesis():
    """Return the hypothesis: the light curve `explosion` with the SED `drifting_blackbody`, under priors of its own."""
    return Hypothesis(
        "kilonova",
        "kilonova: a pulse of days that cools",
        "explosion",
        "drifting_blackbody",
        (
            Parameter("ln_rise", "ln d", log(0.7), 0.5, log(0.1), log(5.0), (log(0.7),), "e-folding time of the rise"),
            Parameter("ln_fall", "ln d", log(3.0), 0.5, log(0.5), log(20.0), (log(3.0),), "e-folding time of the fall"),
            Parameter("ln_T", "ln K", log(6000.0), 0.4, log(3000.0), log(20000.0), (log(6000.0),), "temperature at t0"),
            Parameter("slope", "ln K / 100 d", -3.0, 2.0, -12.0, 1.0, (-3.0,), "change of ln temperature over 100 d"),
        ),
        "Villar et al. 2017, ApJL 851, L21",
    )
