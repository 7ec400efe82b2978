"""Links between documents lead somewhere, also where the pages are read in the repository and not as a site."""

import re

import pytest
from document_blocks import ROOT, texts

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize(("name", "text"), [pytest.param(*one, id=one[0]) for one in texts()])
def test_links_lead_to_files(name, text):
    folder = (ROOT / name).parent
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for found in LINK.findall(text):
        target = "".join(found).partition("#")[0]
        if target and "://" not in target:
            assert (folder / target).is_file(), target


def test_every_page_stands_in_a_table_of_contents():
    from document_blocks import pages

    docs = ROOT / "docs"
    named = set()
    for page in pages():
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            named |= {(page.parent / line.strip()).resolve() for line in block.splitlines() if line and line[0] != ":"}
    there = {page.with_suffix("") for page in docs.rglob("*.md") if docs / "_site" not in page.parents}
    assert there - named == {docs / "index"}
