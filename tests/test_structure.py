"""How the library is laid out: rooms that import downwards only, files and functions of a size that can be read."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "src" / "mallorn"
MODULES = sorted(path for path in LIBRARY.rglob("*.py"))
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))

FLOORS = (
    ("mallorn",),
    ("errors", "seeds", "metrics"),
    ("io", "plugins"),
    ("runtime",),
    ("survey",),
    ("gp", "curves", "hypotheses"),
    ("augmentation", "simulate", "ingest", "fetch"),
    ("sources",),
    ("families",),
    ("learners",),
    ("learning",),
    ("decide",),
    ("evaluate",),
    ("runs",),
    ("settings", "benchmarks"),
    ("plots",),
    ("report",),
    ("interface",),
    ("watch",),
    ("command",),
    ("__main__",),
)
"""Rooms from the ground up: a room imports from rooms below, and beside it in the order given."""

MOST_LINES, MOST_IN_FUNCTION, MOST_PARAMETERS = 400, 60, 8
REASON = "# size:"
"""Begins the comment above a function, or in a file's first lines for all in it, that says why it may be larger."""


def name_of(path):
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path):
    """Return the names of the library's modules that a file imports, at any depth of nesting."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in whole if name in NAMES} or {node.module}
    return {name for name in found if name in NAMES}


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def test_every_room_has_its_floor():
    assert {room(name) for name in NAMES} == {name for floor in FLOORS for name in floor}


def test_rooms_import_downwards_only():
    height = {name: (k, j) for k, floor in enumerate(FLOORS) for j, name in enumerate(floor)}
    upward = [
        f"{name} imports {other}"
        for name, path in NAMES.items()
        for other in imports_of(path)
        if room(name) != room(other) and height[room(other)] > height[room(name)]
    ]
    assert not upward


def test_no_modules_import_each_other_in_a_circle():
    done, trail = set(), []

    def visit(name):
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            trail.append(name)
            for other in sorted(imports_of(NAMES[name]) - {name}):
                visit(other)
            done.add(trail.pop())

    for name in NAMES:
        visit(name)


def test_inner_packages_import_nothing():
    """A package that re-exports makes everything that imports one of its modules depend on all of them."""
    for path in LIBRARY.rglob("__init__.py"):
        top = [node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not top, path


def reasoned(path, node):
    """Whether the lines above a definition say why it is large."""
    lines = path.read_text(encoding="utf-8").splitlines()
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
    above = first
    while above and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    return any(line.lstrip().startswith(REASON) for line in lines[above:first])


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_can_be_read(path):
    text = path.read_text(encoding="utf-8")
    head = text.splitlines()[:30]
    if any(line.startswith(REASON) for line in head):
        return
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            count = len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs)
            large = node.end_lineno - node.lineno + 1 > MOST_IN_FUNCTION or count > MOST_PARAMETERS
            assert not large or reasoned(path, node), f"{node.name}: cut it, or say why not in a comment '{REASON} ...'"
