"""Find code by its name: modules of this package, a user's own files, installed packages. Nothing else does so.

A name in the configuration stands for a module of some kind (`KINDS`), which comes from

- the room of that kind in this package: `learner: lightgbm` is `mallorn.learners.lightgbm`;
- a file that the configuration lists under `plugins`: a literal `KIND = "features"` in `my_family.py` says what it is,
  and its name is that of the file, `my_family`;
- an installed package, by an entry point of the group `mallorn.KIND`:
  `[project.entry-points."mallorn.features"]` with `my_family = "their_package.my_family"`.

Nothing else loads a module by its name. Fingerprints (`mallorn.runs.fingerprints`) can therefore follow these loads:
they look for calls of `load` with a literal kind. A literal constant of the module holds what the workflow must know
before it runs; it is read from the text, and the module is not run.

Only the standard library is imported here: the Snakefile reads this module at every start.
"""

import ast
import os
import sys
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import ConfigError
from mallorn.io.remembered import Remembered

__all__ = [
    "KINDS",
    "SOURCE",
    "Module",
    "constant",
    "constants",
    "defines",
    "find",
    "find_module",
    "load",
    "modules",
    "names",
    "stamp",
    "syntax_tree",
    "use",
]

SOURCE = Path(__file__).resolve().parents[1]
"""The folder that holds this package."""

_REMEMBERED = Remembered("plugins", (__file__,))
"""What files have at their top: parsing those of all rooms takes a twentieth of the start of the workflow."""


class Kind(NamedTuple):
    """A kind of code that is found by its name.

    word: what messages call one of this kind. room: the room of this package that holds its own modules of the kind.
    constants, functions: literals and functions that each module must have at its top. They tell a module of the kind
    from helpers that lie in the same room.
    """

    word: str
    room: str
    constants: tuple
    functions: tuple


KINDS = {
    "features": Kind("feature family", "families", ("NEEDS",), ("features", "extract")),
    "learners": Kind("learner", "learners", ("NEEDS", "PARAMETERS"), ("fit", "predict", "save", "load")),
    "transforms": Kind("transform", "learning/transforms", ("NEEDS", "PARAMETERS"), ("fit", "apply", "save", "load")),
    "hypotheses": Kind("hypothesis", "hypotheses", (), ("hypothesis",)),
    "artifacts": Kind("artifact", "families/artifacts", ("ENGINE", "NEEDS", "SLOTS"), ("units", "make")),
    "sources": Kind("source", "sources", (), ("splits", "files", "metadata_files", "read_metadata", "read_split")),
    "formats": Kind("format", "sources", ("FILES", "SURVEYS", "SETTINGS", "ROWS_OF_OBJECT"), ("batches",)),
}
"""All kinds of code that can be found by name: {kind: `Kind`}."""


class Module(NamedTuple):
    """A module that is found by its name. `module` is its dotted name; "" for a file, which belongs to no package."""

    kind: str
    name: str
    path: Path
    module: str = ""


_used = ()
"""Absolute paths of the plug-in files that this process uses; `use` alone sets them."""


def use(paths):
    """Find modules in the plug-in files `paths` too, relative to the working directory; these replace earlier files.

    The workflow calls this at its start, and so does each job that loads code by name. Raises ConfigError for a path
    that is no Python file, for a file that does not say what it is or lacks what its kind must have, and for a name
    that is taken.
    """
    global _used
    before, _used = _used, tuple(os.path.abspath(path) for path in paths)
    try:
        for kind in sorted({_kind_of(Path(path)) for path in _used}):
            modules(kind)
    except ConfigError:
        _used = before
        raise


def names(kind, source=SOURCE):
    """Return the names of all modules of a kind, sorted."""
    return tuple(sorted(modules(kind, source)))


def modules(kind, source=SOURCE):
    """Return {name: `Module`} of a kind: modules of this package, of installed packages and of plug-in files."""
    return _modules(kind, str(source), tuple((path, stamp(path)) for path in _used))


def find(kind, name, source=SOURCE):
    """Return the `Module` called `name` of a kind; raise ConfigError, with the nearest name, if there is none."""
    if own := _own(kind, name, str(source)):
        return own
    known = modules(kind, source)
    if name not in known:
        close = get_close_matches(str(name), known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        expected = ", ".join([*sorted(known), "or a file of your own that `plugins` lists"])
        raise ConfigError(f"there is no {KINDS[kind].word} {name!r}{hint}; expected one of {expected}")
    return known[name]


def load(kind, name, *functions):
    """Import and return the module called `name` of a kind.

    Callers give `kind` as a literal. They may also list, as literals, the `functions` of the module that they use:
    fingerprints then follow those functions alone.
    """
    found = find(kind, name)
    if found.module:
        return import_module(found.module)
    inner = f"mallorn_plugin_{name}"
    loaded = sys.modules.get(inner)
    if loaded is not None and loaded.__file__ == str(found.path):
        return loaded
    spec = spec_from_file_location(inner, found.path)
    module = sys.modules[inner] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[inner]
        raise
    return module


def constant(kind, name, literal, *default):
    """Return the value of a module's constant `literal` without running the module; else `default`, if given."""
    found = constants(find(kind, name).path)
    if literal not in found and not default:
        raise ConfigError(f"{find(kind, name).path}: expected a literal constant {literal} at the top of the module")
    return found.get(literal, *default)


def defines(kind, name, function):
    """Return whether a module has a function of this name at its top, without running it."""
    return function in _bound(find(kind, name).path)


def constants(path):
    """Return {name: value} of the literal constants that are assigned at the top of the Python file `path`.

    A tuple or dict may include other constants (`*OTHERS`, `**OTHERS`). Names in capitals that the file imports from
    this package count as constants too.
    """
    return _constants(str(path), stamp(path))


@lru_cache(maxsize=4096)
def _constants(path, stamp):
    found = {}
    for node in ast.parse(_top(path, stamp)[1]).body:
        if isinstance(node, ast.ImportFrom):
            found |= _imported(node)
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and node.value:
                try:
                    found[target.id] = _literal(node.value, found)
                except ValueError:
                    found.pop(target.id, None)
    return found


def _imported(node):
    """Return the literal constants that an import takes from a module of this package."""
    names = {alias.name: alias.asname or alias.name for alias in node.names if alias.name.isupper()}
    path = find_module(node.module) if names and not node.level and (node.module or "").startswith("mallorn.") else None
    known = constants(path) if path else {}
    return {names[name]: known[name] for name in names if name in known}


def _literal(node, known):
    """Return the value of an expression of literals and of `known` constants; raise ValueError for any other."""
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.Tuple):
        parts = [(one, isinstance(one, ast.Starred)) for one in node.elts]
        return tuple(v for one, more in parts for v in (_literal(one.value, known) if more else [_literal(one, known)]))
    if isinstance(node, ast.Dict):
        found = {}
        for key, value in zip(node.keys, node.values, strict=True):
            found |= _literal(value, known) if key is None else {_literal(key, known): _literal(value, known)}
        return found
    return ast.literal_eval(node)


def syntax_tree(path):
    """Return the syntax tree of a Python file, from memory if the file has not changed."""
    return _syntax_tree(str(path), stamp(path))


def stamp(path):
    """Return a stamp that changes when the file is edited; None if there is no file."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=4096)
def _syntax_tree(path, stamp):
    return ast.parse(Path(path).read_text(encoding="utf-8"), path)


def find_module(name, source=SOURCE):
    """Return the file of the module with this dotted name, in `source` or in a package that has plug-ins; else None."""
    return _find_module(name, str(source))


@lru_cache(maxsize=16384)
def _find_module(name, source):
    parts = name.split(".")
    folder = Path(source) if Path(source, parts[0]).is_dir() else _packages().get(parts[0])
    if folder is None:
        return None
    base = folder.joinpath(*parts)
    return next((p for p in (base.with_name(f"{base.name}.py"), base / "__init__.py") if p.is_file()), None)


def _own(kind, name, source):
    """Return the `Module` called `name` of a kind in this package, None if there is none; read no other file.

    No module from elsewhere may take a name of this package. Reading a whole room takes longer than a small job.
    """
    path = os.path.join(source, "mallorn", KINDS[kind].room, f"{name}.py")
    return _own_as_it_is(kind, str(name), path, stamp(path))


@lru_cache(maxsize=4096)
def _own_as_it_is(kind, name, path, stamp):
    """Return what `_own` does of the file `path`; each prediction of a model asks for its modules again."""
    if not (name.isidentifier() and name[0].islower() and os.path.isfile(path)) or _lacks(kind, path):
        return None
    return Module(kind, name, Path(path), f"mallorn/{KINDS[kind].room}/{name}".replace("/", "."))


@lru_cache(maxsize=256)
def _modules(kind, source, used):
    found = {}
    room = Path(source, "mallorn", KINDS[kind].room)
    for path in sorted(room.glob("[a-z]*.py")):
        if own := _own(kind, path.stem, source):
            found[path.stem] = own
    for point in _entry_points(f"mallorn.{kind}"):
        dotted, path = point.value, find_module(point.value, source)
        what = f"the entry point {point.name!r} of {point.dist.name}"
        if path is None:
            raise ConfigError(f"{what}: there is no module {dotted!r}. Next step: install the package again")
        _check(what, kind, point.name, path, found)
        found[point.name] = Module(kind, point.name, path, dotted)
    for path in (Path(path) for path, _ in used):
        if _kind_of(path) == kind:
            _check(f"plugins: {path}", kind, path.stem, path, found)
            found[path.stem] = Module(kind, path.stem, path)
    return found


def _kind_of(path):
    """Return what the plug-in file `path` says that it is."""
    if path.suffix != ".py" or not path.is_file():
        what = "a file of another type" if path.is_file() else "a folder" if path.is_dir() else "nothing"
        fix = "correct the path, which is relative to the folder that snakemake runs in, or take it from the list"
        raise ConfigError(f"plugins: {path}: expected a Python file, found {what}. Next step: {fix}.")
    try:
        kind = constants(path).get("KIND")
    except SyntaxError as error:
        raise ConfigError(f"plugins: {path}, line {error.lineno}: {error.msg}. Next step: mend this line.") from None
    if kind not in KINDS:
        kinds = ", ".join(f'"{name}"' for name in KINDS)
        raise ConfigError(
            f"plugins: {path}: expected a line KIND = ..., with one of {kinds}, found {kind!r}. "
            "Next step: say by it what the file adds; CONTRIBUTING.md has an example of each."
        )
    return kind


def _check(what, kind, name, path, taken):
    """Raise ConfigError if the plug-in `name` of `path` cannot be used beside those `taken`."""
    word = KINDS[kind].word
    if not name.isidentifier() or "__" in name:
        fix = "call it by letters, digits and single underscores"
        raise ConfigError(f"{what}: {name!r} cannot be the name of a {word}. Next step: {fix}.")
    if name in taken:
        fix = "give it another name"
        raise ConfigError(f"{what}: there is a {word} {name!r} already, {taken[name].path}. Next step: {fix}.")
    if lacking := _lacks(kind, path):
        fix = "CONTRIBUTING.md has an example"
        raise ConfigError(f"{what}: a {word} must have {' and '.join(lacking)}. Next step: {fix}.")


def _lacks(kind, path):
    """Return, in words, what a module lacks to be of a kind."""
    defined = _bound(path)
    lacking = [f"the function {name}" for name in KINDS[kind].functions if name not in defined]
    if KINDS[kind].constants:
        found = constants(path)
        lacking += [f"the literal constant {name}" for name in KINDS[kind].constants if name not in found]
    return lacking


def _bound(path):
    """Return the names that functions, assignments and imports bind at the top of a Python file."""
    return _top(str(path), stamp(path))[0]


@lru_cache(maxsize=4096)
def _top(path, stamp):
    """Return `_top_anew`, from memory if the content of the file was read before; the names as a set."""
    bound, assigned = _REMEMBERED.of(path, "top", lambda: _top_anew(path))
    return frozenset(bound), assigned


def _top_anew(path):
    """Return [the sorted names that a file binds at its top, its assignments and imports of names there, as text]."""
    bound, kept = set(), []
    for node in syntax_tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            targets = [one for target in node.targets for one in getattr(target, "elts", [target])]
            bound.update(target.id for target in targets if isinstance(target, ast.Name))
        if isinstance(node, ast.ImportFrom | ast.Assign | ast.AnnAssign):
            kept.append(ast.unparse(node))
    return [sorted(bound), "\n".join(kept)]


@cache
def _entry_points(group):
    return tuple(sorted(_all_entry_points().select(group=group)))


@cache
def _all_entry_points():
    return entry_points()


@cache
def _packages():
    """Return {package: folder that it lies in} of the installed packages that have plug-ins."""
    found = {}
    for kind in KINDS:
        for point in _entry_points(f"mallorn.{kind}"):
            top = point.value.partition(".")[0]
            spec = find_spec(top)
            if spec is not None and spec.origin:
                path = Path(spec.origin)
                found[top] = path.parents[1] if path.name == "__init__.py" else path.parent
    return found
