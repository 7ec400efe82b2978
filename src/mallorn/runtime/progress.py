"""Progress of long jobs, in their log and on the terminal."""

import logging
import time

__all__ = ["progress"]


def progress(items, total, what, every=10.0):
    """Yield `items`, of which there are `total`, and log how many are done and how long the rest will take.

    what: plural name of the items. every: least seconds between two lines; a shorter job logs none.
    """
    log, begun = logging.getLogger(__name__), time.monotonic()
    last = begun
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= every and done < total:
            left = (now - begun) / done * (total - done)
            log.info("%d of %d %s (%.0f%%), about %.0f s left", done, total, what, 100.0 * done / total, left)
            last = now
