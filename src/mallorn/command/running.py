"""How commands run: an error ends in one line and an exit code; messages and progress go to standard error."""

import logging
import sys
from contextlib import contextmanager

import click

from mallorn.errors import ConfigError, DataError

__all__ = ["EXIT_CODES", "Commands", "messages", "progress", "say"]

DATA, USAGE = 3, 2

EXIT_CODES = """\b
Exit codes: 0 all went well, 1 an error in the program, 2 a wrong argument or setting, 3 files or a model that cannot be
used, 130 interrupted. An object that cannot be scored is no error: its row gives the reason.

To complete commands and options in your shell: mallorn completion --help."""


class _Refused(click.ClickException):
    def __init__(self, message, code):
        super().__init__(message)
        self.exit_code = code

    def show(self, file=None):
        click.echo(f"mallorn: {self.format_message()}", file=file, err=file is None)


class Commands(click.Group):
    """A group of commands. An error that a user can mend ends in one line, without a traceback."""

    def __init__(self, *arguments, **options):
        options.setdefault("context_settings", {"help_option_names": ["-h", "--help"], "max_content_width": 120})
        super().__init__(*arguments, **options)

    def list_commands(self, ctx):
        """Return the commands in the order in which they were added."""
        return list(self.commands)

    def invoke(self, ctx):
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except DataError as error:
            raise _Refused(str(error), DATA) from None
        except ConfigError as error:
            raise _Refused(str(error), USAGE) from None
        except KeyboardInterrupt:
            click.echo("mallorn: interrupted", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _Refused(f"{error.filename or 'files'}: {error.strerror or error}", DATA) from None


def say(text, quiet=False):
    """Write a line to standard error, unless `quiet`."""
    if not quiet:
        click.echo(text, err=True)


class _Handler(logging.Handler):
    def emit(self, record):
        click.echo(f"mallorn: {record.getMessage()}", err=True)


@contextmanager
def messages(quiet):
    """Show the library's warnings on standard error while the block runs; none if `quiet`."""
    root, handler = logging.getLogger("mallorn"), _Handler(logging.ERROR if quiet else logging.WARNING)
    root.addHandler(handler)
    root.propagate = False
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.propagate = True


@contextmanager
def progress(what, quiet):
    """Give the block a function (done, read so far) that moves a progress bar on a terminal.

    No bar is shown if standard error is not a terminal, or if `quiet`.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, read: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, read: bar.update(task, completed=done, total=read)
