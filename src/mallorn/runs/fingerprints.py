"""Which code a file depends on: digests that change when, and only when, code reachable from it changes.

Snakemake does not see edits in the library that a script imports, and takes a script for changed when its date is
newer than the results, as every script's is in a fresh clone. Its trigger `code` is therefore off in profiles/default,
and each rule carries `code=fingerprint(...)` among its params instead. The digest covers the syntax trees, without
comments and docstrings, of the adapter and of all modules of this package that can be reached through its imports (at
any depth of nesting, also inside functions), and the versions of the third-party distributions that those import.

Only the standard library is imported here: the Snakefile reads this module at every start.
"""

import ast
import hashlib
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import NamedTuple

__all__ = ["constant", "fingerprint", "module_digests", "modules_of"]

_SOURCE = Path(__file__).resolve().parents[2]


class _Parsed(NamedTuple):
    tree: ast.Module
    imports: frozenset


def fingerprint(*roots, source=_SOURCE):
    """Return a hexadecimal digest of the code reachable from `roots`.

    roots: module names ("mallorn.features.color") or paths of adapters. An adapter counts whole, but what the wiring
        in its last `if` statement imports is not followed: logging makes no results.
    source: folder that holds the package.

    Raises ModuleNotFoundError if a root is neither.
    """
    ours, others = _closure(roots, Path(source))
    digest = hashlib.sha256()
    for path in (Path(root) for root in roots if _is_adapter(root)):
        digest.update(f"{path.name}\n{_dump(path)}\n".encode())
    for name in sorted(ours):
        digest.update(f"{name}\n{_dump(_locate(name, Path(source)))}\n".encode())
    for name in sorted(others - sys.stdlib_module_names):
        digest.update(f"{name}: {_versions(name)}\n".encode())
    return digest.hexdigest()[:16]


def modules_of(*roots, source=_SOURCE):
    """Return the sorted names of the package's modules that are reachable from `roots` (see `fingerprint`)."""
    return sorted(_closure(roots, Path(source))[0])


def module_digests(*roots, source=_SOURCE):
    """Return {module: digest of its own code} of the package's modules that are reachable from `roots`."""
    modules = modules_of(*roots, source=source)
    return {m: hashlib.sha256(_dump(_locate(m, Path(source))).encode()).hexdigest()[:12] for m in modules}


def constant(module, name, source=_SOURCE):
    """Return the literal value assigned to `name` at the top of `module`, without importing the module.

    Raises ModuleNotFoundError if there is no such module, LookupError if it assigns no such literal.
    """
    path = _locate(module, Path(source))
    if path is None:
        raise ModuleNotFoundError(f"no module {module!r} in {source}")
    for node in _parse(path).tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                break
    raise LookupError(f"{path}: expected a literal assignment to {name} at the top of the module")


def _closure(roots, source):
    ours, others, todo = set(), set(), []
    for root in roots:
        if _is_adapter(root):
            todo += _imports(_without_wiring(Path(root)), "")
        elif _locate(root, source) is None:
            raise ModuleNotFoundError(f"no module {root!r} in {source}")
        else:
            todo.append(root)
    while todo:
        name = todo.pop()
        if name in ours:
            continue
        path = _locate(name, source)
        if path is None:
            others.add(name.partition(".")[0])
            continue
        ours.add(name)
        parts = name.split(".")
        todo += [".".join(parts[:i]) for i in range(1, len(parts))]
        todo += _parse(path, name).imports
    return ours, others


def _is_adapter(root):
    return str(root).endswith(".py")


@cache
def _locate(name, source):
    base = source.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


@cache
def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _parse(path, name=""):
    tree = _tree(path)
    return _Parsed(tree, _imports(tree, name if path.name == "__init__.py" else name.rpartition(".")[0]))


def _without_wiring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    if tree.body and isinstance(tree.body[-1], ast.If):
        tree.body.pop()
    return tree


def _imports(tree, package):
    """Return the names that `tree` imports; `package` is what its relative imports start from."""
    imports = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = node.module or ""
            if node.level:
                parts = package.split(".")
                stem = ".".join(parts[: len(parts) - node.level + 1] + ([stem] if stem else []))
            imports.add(stem)
            imports.update(f"{stem}.{alias.name}" for alias in node.names)
    return frozenset(imports)


@cache
def _dump(path):
    """Return the module's syntax tree as text, without docstrings."""
    tree = _tree(path)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@cache
def _versions(name):
    """Return the versions of the distributions that provide the top-level module `name`, as text."""
    try:
        return version(name)  # most are named like their module; looking through all of them takes 0.1 s
    except PackageNotFoundError:
        return " ".join(f"{d}=={version(d)}" for d in sorted(set(_distributions().get(name, ()))))


@cache
def _distributions():
    return packages_distributions()
