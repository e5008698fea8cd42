"""Where pages are, and what of it is told to others."""

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from docutils import nodes
from docutils.utils import new_document

from tools.website import addresses, build


def app(tmp_path, base):
    (tmp_path / "_static").mkdir(exist_ok=True)
    return SimpleNamespace(
        builder=SimpleNamespace(format="html"), config=SimpleNamespace(html_baseurl=base),
        env=SimpleNamespace(found_docs={"index", "01-one"}), outdir=str(tmp_path))


def test_addresses_are_told_only_where_the_site_has_one(tmp_path):
    addresses.write_addresses(app(tmp_path, ""), None)
    assert not (tmp_path / "sitemap.xml").exists()
    addresses.write_addresses(app(tmp_path, "https://a.github.io/b&c/"), OSError())
    assert not (tmp_path / "sitemap.xml").exists()  # of a build that failed
    addresses.write_addresses(app(tmp_path, "https://a.github.io/b&c/"), None)
    tree = ElementTree.parse(tmp_path / "sitemap.xml")
    assert [place.text for place in tree.iter() if place.tag.endswith("loc")] == [
        "https://a.github.io/b&c/01-one.html", "https://a.github.io/b&c/index.html"]
    assert (tmp_path / "_static/preview.webp").read_bytes() == addresses.PREVIEW.read_bytes()


@pytest.mark.parametrize("url, base", [
    (None, None), ("https://github.com/Ada/book", "https://ada.github.io/book/")])
def test_the_address_follows_the_repository(url, base):
    assert build.merged_config(url)["sphinx"]["config"].get("html_baseurl") == base


def test_a_page_is_described_by_its_first_paragraph_and_not_by_its_code(tmp_path):
    page = new_document("page")
    page += nodes.literal_block("", "import numpy as np")
    page += nodes.paragraph("", "What happens when you drag this? " + "More words. " * 40)
    context = {"page_description": "import numpy as np"}
    addresses.tell_addresses(app(tmp_path, ""), "index", "page.html", context, page)
    said = context["page_description"]
    assert said.startswith("What happens when you drag this? More") and said.endswith(" …")
    assert len(said) <= 200 and context["preview"] == "" and "base" not in context


def test_the_page_for_wrong_addresses_works_from_any_folder(tmp_path):
    context = {"pageurl": "https://a.github.io/b/404.html"}
    addresses.tell_addresses(
        app(tmp_path, "https://a.github.io/b/"), "404", "page.html", context, None)
    assert context["base"] == "/b/" and "pageurl" not in context
