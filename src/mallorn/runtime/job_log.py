"""Logging of jobs: to the job's log file and to the terminal, with errors that a user can mend in plain words."""

import logging
import sys
from contextlib import contextmanager
from pathlib import Path

from mallorn.errors import ConfigError, DataError
from mallorn.runtime import usage

__all__ = ["job_log"]


@contextmanager
def job_log(path):
    """Log to the file `path` and to stderr inside the block; end the job with exit code 1 if the block raises.

    A `DataError` or `ConfigError` is shown as its message alone, any other error with its traceback. The file, not the
    terminal, ends with the resources that the job used (see `mallorn.runtime.usage`).
    """
    start_cpu = usage.now()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handlers = [logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=handlers, force=True
    )
    logging.captureWarnings(True)
    try:
        yield
        used = usage.line(start_cpu)
        handlers[0].handle(logging.LogRecord("mallorn.runtime.usage", logging.INFO, __file__, 0, used, None, None))
    except (DataError, ConfigError) as error:
        logging.getLogger("mallorn").error("%s", error)
        sys.exit(1)
    except Exception:
        logging.getLogger("mallorn").exception("the job failed")
        sys.exit(1)
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
