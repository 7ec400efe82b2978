"""The fenced blocks and cells of all documents: README, CONTRIBUTING, config/README.md, and the pages and notebooks."""

import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))
_FENCE = re.compile(r"^( *)(`{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block: the document, relative to the project; its language, "" for commands; its text."""

    page: str
    language: str
    text: str


def pages():
    """Return the paths of all documents of text."""
    built = ROOT / "docs" / "_site"
    inside = [page for page in (ROOT / "docs").rglob("*.md") if built not in page.parents]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config" / "README.md", *sorted(inside)]


def cells(notebook):
    """Return [(kind, text)] of the cells of a notebook."""
    read = json.loads(notebook.read_text(encoding="utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in read["cells"]]


def texts():
    """Yield (name, text) of every document; of a notebook the cells of text, and commands of code as blocks."""
    for page in pages():
        yield str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")
    for notebook in NOTEBOOKS:
        yield str(notebook.relative_to(ROOT)), "\n\n".join(text for kind, text in cells(notebook) if kind == "markdown")


def blocks():
    """Return every `Block` of the documents."""
    return [
        Block(name, language.strip(), re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
        for name, whole in texts()
        for indent, _, language, text in _FENCE.findall(whole)
    ]


def commands():
    """Return [(page, line)] of every line of a block without a language, comments and output left out."""
    lines = [(block.page, line.strip()) for block in blocks() if not block.language for line in block.text.splitlines()]
    return [(page, line) for page, line in lines if line and not line.startswith("#")]


def inline_commands(programs):
    """Return {command: pages} of the commands in the text itself, between backticks, of these programs."""
    found = {}
    for name, text in texts():
        for span in re.findall(r"`([^`]+)`", _FENCE.sub("", text)):
            words = span.split()
            if len(words) > 1 and words[0] in programs:
                found.setdefault(" ".join(words), []).append(name)
    return found
