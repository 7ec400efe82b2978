"""How Sphinx builds the site: `make docs` writes it to docs/_site. Its pages ask for nothing outside of that folder."""

import os
import re
import sys
import tomllib
from pathlib import Path

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
html_show_search_summary = False  # it would fetch other pages, which a browser refuses to pages that are files
html_theme_options = {"navigation_with_keys": True}

autodoc_member_order = "bysource"
autodoc_typehints = "none"


def _plain(app, what, name, obj, options, lines):
    """Let a docstring of plain text be itself: code in single backticks, and no other markup."""
    for k, line in enumerate(lines):
        parts = re.split(r"(`[^`]+`)", line)
        for j in range(0, len(parts), 2):
            parts[j] = re.sub(r"([*|])|(?<=\w)(_)(?=\W|$)", lambda m: "\\" + m[0], parts[j])
        lines[k] = "".join(f"``{part[1:-1]}``" if j % 2 else part for j, part in enumerate(parts))


def _plain_help(app, context, lines):
    """Let the help of a command be itself, where its lines are text and not yet markup."""
    for k, line in enumerate(lines):
        if not line.lstrip().startswith((".. ", ":")):
            lines[k] = re.sub(r"(?<!\\)\*", r"\\*", line)


def setup(app):
    """Join what this file adds to Sphinx."""
    app.connect("autodoc-process-docstring", _plain)
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _plain_help)
