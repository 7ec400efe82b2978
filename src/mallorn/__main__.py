"""`python -m mallorn` is the command `mallorn`."""

from mallorn.command.main import mallorn

if __name__ == "__main__":
    mallorn(prog_name="mallorn")
