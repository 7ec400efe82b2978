"""Digests of the code that a file depends on. They change if, and only if, code that it can reach changes.

Snakemake does not see edits in the library that a script imports. It takes a script for changed if its date is newer
than the results, as all dates are in a fresh clone. Its trigger `code` is therefore off in profiles/default, and each
rule has `code=code_of(...)` among its params instead. The digest covers the syntax trees, without comments and
docstrings, of the adapter and of all modules that it can reach:

- through imports, at any depth of nesting and also inside functions, of this package and of installed packages that
  have plug-ins;
- by name: code that calls `mallorn.plugins.load("learners", name)` reaches the learners that the job's settings name,
  or all learners if they name none (see `named`); `load("sources", name, "read_split")` reaches only that function, and
  what it calls;

It also covers the versions of the third-party distributions that these import.

Only the standard library is imported here: the Snakefile reads this module at every start.
"""

import ast
import hashlib
import sys
from contextlib import suppress
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from mallorn import plugins
from mallorn.io.remembered import Remembered
from mallorn.plugins import KINDS, SOURCE, constants, find_module, modules, stamp, syntax_tree

__all__ = ["constant", "digests_of_adapters", "fingerprint", "loads_of", "module_digests", "modules_of", "named"]

_REMEMBERED = Remembered("syntax", (__file__, plugins.__file__))
"""Digests, imports and loads of files: parsing all of them takes a third of the start of the workflow."""

_CALLED = {
    "PIL": "pillow",
    "imblearn": "imbalanced-learn",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
    "yaml": "PyYAML",
}
"""Distributions of modules that have another name."""


def fingerprint(*roots, used=None, source=SOURCE):
    """Return a hexadecimal digest of the code reachable from `roots`.

    roots: module names ("mallorn.families.color") or paths of adapters. The whole adapter counts, but imports in its
        last `if` statement, the wiring, are not followed: logging makes no results. used: values that may name modules:
        blocks of the configuration, lists, text; see `named`.
    source: folder that holds the package.

    Raises ModuleNotFoundError if a root is neither.
    """
    found = _closure(roots, used, Path(source))
    digest = hashlib.sha256()
    for path in (Path(root) for root in roots if _is_file(root)):
        digest.update(f"{path.name.partition('@')[0]}\n{_digest(path)}\n".encode())
    for name in sorted(found.ours):
        digest.update(f"{name}\n{_digest(found.ours[name])}\n".encode())
    for name in sorted(found.others - sys.stdlib_module_names):
        digest.update(f"{name}: {_versions(name)}\n".encode())
    return digest.hexdigest()[:16]


def digests_of_adapters(path_of):
    """Return a function `code_of(adapter, used=None)`, which returns the `fingerprint` of an adapter and remembers it.

    path_of: function that returns the path of an adapter by its name.
    """

    @cache
    def digest(adapter, used):
        return fingerprint(path_of(adapter), used=ast.literal_eval(used))

    return lambda adapter, used=None: digest(adapter, repr(used))


def modules_of(*roots, used=None, source=SOURCE):
    """Return the sorted names of the modules that are reachable from `roots` (see `fingerprint`), adapters left out.

    A plug-in file has the name "KIND:name".
    """
    return sorted(_closure(roots, used, Path(source)).ours)


def module_digests(*roots, used=None, source=SOURCE):
    """Return {module: digest of its own code} of the modules that are reachable from `roots`; see `modules_of`."""
    found = _closure(roots, used, Path(source)).ours
    return {name: _digest(found[name])[:12] for name in sorted(found)}


def loads_of(*roots, source=SOURCE):
    """Return the sorted kinds (of `mallorn.plugins.KINDS`) of what the code reachable from `roots` loads by name."""
    return sorted(_closure(roots, None, Path(source)).kinds)


def named(kind, used, source=SOURCE):
    """Return the sorted names of the modules of a kind that a job with the settings `used` can load.

    used: nested dicts and lists of settings. A job knows only the names in its settings: every key and text in `used`
    that is the name of a module of that kind counts. If there is a key with the name of the kind itself, such as
    "transforms", only what is below it counts. If neither gives a name, all modules of the kind count: too many are
    better than a stale result.
    """
    known = set(modules(kind, source))
    below = list(_below(kind, used))
    found = known.intersection(_words(below if below else used))
    return sorted(found if found or below else known)


def constant(module, name, source=SOURCE):
    """Return the literal value assigned to `name` at the top of `module`, without importing the module.

    Raises ModuleNotFoundError if there is no such module, LookupError if it assigns no such literal.
    """
    path = find_module(module, Path(source))
    if path is None:
        raise ModuleNotFoundError(f"no module {module!r} in {source}")
    found = constants(path)
    if name not in found:
        raise LookupError(f"{path}: expected a literal assignment to {name} at the top of the module")
    return found[name]


class _Closure(NamedTuple):
    """All that is reachable: {name: path} of followed modules, names of other packages, kinds loaded by name."""

    ours: dict
    others: set
    kinds: set


class _Read(NamedTuple):
    """The references of a file: `imports`, names; `loads`, (kind, functions) for each load by name.

    functions: those that it uses of a loaded module; () for all.
    """

    imports: frozenset
    loads: frozenset


class _Part(NamedTuple):
    """A module, or only `functions` of it; `path` of a plug-in file."""

    name: str
    functions: tuple = ()
    path: Path | None = None


def _closure(roots, used, source):
    found, todo, done = _Closure({}, set(), set()), [], set()
    for root in roots:
        if not _is_file(root) and find_module(root, source) is None:
            raise ModuleNotFoundError(f"no module {root!r} in {source}")
        todo.append(_Part(str(root)))
    while todo:
        part = todo.pop()
        if part in done or _Part(part.name) in done:
            continue
        done.add(part)
        name = part.name
        if _is_file(name):
            read = _read(Path(name), "", wired=True)
        else:
            path = part.path or find_module(name, source)
            if path is None:  # another package, or a name inside a module of ours; ours have no version but their code
                top = name.partition(".")[0]
                found.others.update([top] if find_module(top, source) is None else [])
                continue
            found.ours[name] = path
            read = _read(path, name if path.name == "__init__.py" else name.rpartition(".")[0], part.functions)
            parts = name.split(".")
            todo += [_Part(".".join(parts[:i])) for i in range(1, len(parts))]
        todo += map(_Part, read.imports)
        for kind, functions in read.loads:
            found.kinds.add(kind)
            of_kind = modules(kind, source)
            todo += [_loaded(of_kind[one], functions) for one in named(kind, used, source)]
    return found


def _loaded(module, functions):
    """Return the `_Part` of a `mallorn.plugins.Module` that is loaded for `functions`."""
    path = None if module.module else module.path
    return _Part(module.module or f"{module.kind}:{module.name}", functions, path)


def _is_file(root):
    """Return whether a root is a path; files that were fetched from the web may not end in .py."""
    return "/" in str(root) or str(root).endswith(".py")


def _below(kind, used):
    """Yield the values of keys called `kind` in nested dicts and lists."""
    if isinstance(used, dict):
        for key, value in used.items():
            if key == kind:
                yield value
            else:
                yield from _below(kind, value)
    elif isinstance(used, list | tuple):
        for value in used:
            yield from _below(kind, value)


def _words(used):
    """Yield all keys and texts in nested dicts and lists."""
    if isinstance(used, dict):
        yield from used
        yield from _words(list(used.values()))
    elif isinstance(used, list | tuple):
        for value in used:
            yield from _words(value)
    elif isinstance(used, str):
        yield used


def _read(path, package, functions=(), wired=False):
    return _read_file(str(path), stamp(path), package, functions, wired)


@lru_cache(maxsize=4096)
def _read_file(path, _stamp, package, functions, wired):
    """Return the `_Read` of a file, from memory if its content was read before; see `_read_anew`."""
    about = repr(("read", package, functions, wired))
    imports, loads = _REMEMBERED.of(path, about, lambda: _read_anew(path, package, functions, wired))
    return _Read(frozenset(imports), frozenset((kind, tuple(names)) for kind, names in loads))


def _read_anew(path, package, functions, wired):
    """Return [imports, loads] of a file as sorted lists; `package` is what its relative imports start from.

    functions: the functions that are used, () for all. Other functions, and those that only they call, are not
    followed. wired: whether the file is an adapter, whose last `if` statement is not followed.
    """
    body = syntax_tree(path).body
    if wired and body and isinstance(body[-1], ast.If):
        body = body[:-1]
    if functions:
        body = _used_by(body, functions)
    imports, loads = set(), set()
    for node in _statements(body):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = node.module or ""
            if node.level:
                parts = package.split(".")
                stem = ".".join(parts[: len(parts) - node.level + 1] + ([stem] if stem else []))
            imports.add(stem)
            imports.update(f"{stem}.{alias.name}" for alias in node.names)
    if "mallorn.plugins" in imports:  # otherwise nothing is loaded by name, and expressions can be skipped
        calls = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call))
        loads = {(call.args[0].value, tuple(arg.value for arg in call.args[2:])) for call in calls if _is_load(call)}
    return [sorted(imports), sorted(map(list, loads))]


def _statements(body):
    """Yield the statements of a body, and those inside of them at any depth."""
    todo = list(body)
    while todo:
        node = todo.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            todo += getattr(node, part, ())


def _used_by(body, functions):
    """Return the statements of a module without the functions that `functions` call neither directly nor indirectly."""
    defined = {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    others = [node for node in body if node not in defined.values()]
    kept, todo = set(), [*functions, *_names_in(others)]
    while todo:
        name = todo.pop()
        if name in defined and name not in kept:
            kept.add(name)
            todo += _names_in([defined[name]])
    return [*others, *(defined[name] for name in sorted(kept))]


def _names_in(statements):
    return {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _is_load(call):
    """Return whether a call is one of `mallorn.plugins.load` with a literal kind."""
    function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    first = call.args[0] if call.args else None
    return function == "load" and isinstance(first, ast.Constant) and first.value in KINDS


def _digest(path):
    return _digest_of_file(str(path), stamp(path))


@lru_cache(maxsize=4096)
def _digest_of_file(path, _stamp):
    """Return `_digest_anew`, from memory if the content of the file had its digest made before."""
    return _REMEMBERED.of(path, "digest", lambda: _digest_anew(path))


def _digest_anew(path):
    """Return a digest of a file's syntax tree without its docstrings, those of constants included."""
    tree = syntax_tree(path)
    for node in _statements([tree]):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(node):
    """Return whether a statement is a text alone: a docstring of what is around it, or of the constant before it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@cache
def _versions(name):
    """Return the versions of the distributions that provide the top-level module `name`, as text."""
    with suppress(PackageNotFoundError):  # most have the name of their module; a search through all takes 0.3 s
        return version(name)
    with suppress(PackageNotFoundError):
        if name in _CALLED:
            return f"{_CALLED[name]}=={version(_CALLED[name])}"
    if find_spec(name) is None:
        return ""
    return " ".join(f"{d}=={version(d)}" for d in sorted(set(_distributions().get(name, ()))))


@cache
def _distributions():
    return packages_distributions()
