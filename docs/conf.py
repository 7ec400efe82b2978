"""How Sphinx builds the site: `make docs` writes it to docs/_site. Its pages ask for nothing outside of that folder."""

import inspect
import os
import re
import sys
import tomllib
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent)]
# for the kernels that run the notebooks, and the commands in these
os.environ["MALLORN_PROJECT"] = str(ROOT)
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

project = "mallorn"
author = "The mallorn developers"
copyright = author
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_click", "rules_page"]
exclude_patterns = ["_site", "jupyter_execute", "Thumbs.db"]
nitpicky = True
default_role = "code"
smartquotes = False  # it would make a dash of the two hyphens of an option
highlight_language = "none"
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

nb_execution_mode = "force" if os.environ.get("MALLORN_NOTEBOOKS", "run") == "run" else "off"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True

html_theme = "furo"
html_title = "mallorn"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_domain_indices = False
html_show_search_summary = False  # it would fetch other pages, which a browser refuses to pages that are files
html_theme_options = {"navigation_with_keys": True}

autodoc_member_order = "bysource"
autodoc_typehints = "none"


WIDTHS = {"long": 50, "middle": 20}  # cells of more characters get a width, so that no column is one of single words


def _plain(app, what, name, obj, options, lines):
    """Let a docstring of plain text be itself: code in single backticks, no other markup, and arguments as a list."""
    names = _arguments(obj)
    lines[:] = [line for part in "\n".join(lines).split("\n\n") for line in [*_listed(part, names), ""]]
    for k, line in enumerate(lines):
        parts = re.split(r"(`[^`]+`)", line)
        for j in range(0, len(parts), 2):
            text = re.sub(r"(\*\*\w+\*\*)|([*|])|(?<=\w)(_)(?=\W|$)", lambda m: m[1] or "\\" + m[0], parts[j])
            parts[j] = text
        lines[k] = "".join(f"``{part[1:-1]}``" if j % 2 else part for j, part in enumerate(parts))


def _arguments(obj):
    """Return the names of what a function takes, or of the fields of a class; () where that cannot be told."""
    try:
        return tuple(inspect.signature(obj).parameters)
    except (TypeError, ValueError):
        return ()


def _listed(part, names):
    """Return the lines of a paragraph of a docstring: "name: what it is. other: ..." as a list, all else as it is."""
    found = re.split(rf"(?:^|(?<=\. ))({'|'.join(map(re.escape, names))}): ", " ".join(part.split())) if names else []
    if len(found) < 3 or found[0]:
        return part.split("\n")
    found[-1], raises, error = found[-1].partition("Raises ")
    listed = [f"- **{name}**: {text}" for name, text in zip(found[1::2], found[2::2], strict=True)]
    return [*listed, "", raises + error]


def _plain_help(app, context, lines):
    """Let the help of a command be itself: lines that stand as they are become a block, and no text is markup."""
    literal = before = False
    for k, line in enumerate(lines):
        kept = line.startswith("| ")
        literal = kept and (literal if before else re.match(r"\| (mallorn|cat|eval) ", line))
        if literal:
            lines[k] = ("" if before else "::\n\n") + "   " + line[2:].replace("\\", "")
        elif not line.lstrip().startswith((".. ", ":")):
            lines[k] = re.sub(r"(?<!\\)\*", r"\\*", line)
        before = kept
    if lines:  # none must stay none, or it gets a heading
        lines[:] = "\n".join(lines).split("\n")


def _widen(app, doctree, name):
    """Mark the cells of tables that hold much text."""
    for cell in doctree.findall(nodes.entry):
        cell["classes"] += [name for name, least in WIDTHS.items() if len(cell.astext()) > least][:1]


def setup(app):
    """Join what this file adds to Sphinx."""
    app.connect("autodoc-process-docstring", _plain)
    app.connect("doctree-resolved", _widen)
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _plain_help)
