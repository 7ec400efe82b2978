"""The directive `rules`: every rule of the workflow by stage, with its message, read from the rule files themselves."""

import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]
_RULE = re.compile(r"^( *)(use rule \w+ as|rule) (\w+)(?: with)?:\n((?:(?:\1 .*)?\n)*)", re.MULTILINE)
_MESSAGE = re.compile(r"^( *)message:\n((?:\1 .*\n)+)", re.MULTILINE)
_OTHERWISE = ("a name for several results", "as the rule that it uses")
_HEADER = re.compile(r"\A((?:#.*\n)+)")


def stages():
    """Return {stage: (lines at the head of its file, {rule: message})} of the rule files, in their order."""
    table = (ROOT / "workflow" / "Snakefile").read_text(encoding="utf-8")
    found = {}
    for name in re.findall(r'^include: "\.\./rules/(\w+)\.smk"', table, re.MULTILINE):
        text = (ROOT / "rules" / f"{name}.smk").read_text(encoding="utf-8") + "\n"
        rules = {rule: _message(body) or _OTHERWISE[kind != "rule"] for _, kind, rule, body in _RULE.findall(text)}
        if rules:
            header = _HEADER.match(text)
            head = [line.removeprefix("#").removeprefix(" ") for line in header[1].splitlines()] if header else []
            found[name] = head, rules
    return found


def _message(body):
    found = _MESSAGE.search(body)
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found[2])) if found else ""


class Rules(SphinxDirective):
    """A section for each stage: what it needs and makes, and a table of its rules."""

    def run(self):
        """Return the sections as nodes."""
        lines = []
        for stage, (head, rules) in stages().items():
            lines += [f"## {stage}", "", "```", *head, "```", "", "| rule | what it does |", "|---|---|"]
            lines += [f"| `{rule}` | {self.cell(message)} |" for rule, message in rules.items()] + [""]
        holder = nodes.section()
        self.state.nested_parse(StringList(lines, "rules"), self.content_offset, holder, match_titles=1)
        return holder.children

    @staticmethod
    def cell(message):
        """Return a message as text of a table: wildcards in code."""
        return re.sub(r"\{wildcards\.(\w+)\}", r"`{\1}`", message).replace("|", "\\|")


def setup(app):
    """Join the directive to Sphinx."""
    app.add_directive("rules", Rules)
    return {"parallel_read_safe": True}
