"""The configuration for a call of the interface."""

from mallorn import plugins
from mallorn.settings.resolve import resolve
from mallorn.survey.passbands import shipped_surveys

__all__ = ["configuration"]


def configuration(settings=None):
    """Return the whole configuration; `settings` (nested dicts) is the part that differs from the defaults.

    Plug-in files that it names are used from then on. Raises ConfigError as the workflow does.
    """
    settings = settings or {}
    if "plugins" in settings:
        plugins.use(settings["plugins"])
    return resolve(settings, shipped_surveys())
