"""The configuration that a call of the interface means."""

from mallorn import plugins
from mallorn.settings.resolve import resolve
from mallorn.survey.passbands import shipped_surveys

__all__ = ["configuration"]


def configuration(settings=None):
    """Return the whole configuration for `settings`, the part of it that differs from the defaults (nested dicts).

    Plug-in files that it names are used from then on. Raises ConfigError, as the workflow does.
    """
    settings = settings or {}
    if "plugins" in settings:
        plugins.use(settings["plugins"])
    return resolve(settings, shipped_surveys())
