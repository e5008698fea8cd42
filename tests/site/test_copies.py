"""The copies of the notebooks that the site hands out: their links lead to places that exist."""

import json
import re

from tools.readers.copies import site_address, write_all
from tools.website import build as builder

URL = "https://github.com/owner/name"


def prose(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def test_links_to_the_website_find_their_page_and_their_place(site, tmp_path):
    link = re.compile(rf"\({re.escape(site_address(URL))}([\w-]+)\.html(?:#([^)]+))?\)")
    links = {found for path in write_all(builder.ROOT / "book", tmp_path, URL)
             for found in link.findall(prose(path))}
    pages = {name: (site.folder / f"{name}.html").read_text(encoding="utf-8") for name, _ in links}
    lost = {(name, place) for name, place in links if place and f'id="{place}"' not in pages[name]}
    assert len(links) > 100 and not lost


def test_the_download_button_hands_out_the_copy(site):
    for path in sorted(builder.COPIES.glob("*.ipynb")):
        page = (site.folder / f"{path.stem}.html").read_text(encoding="utf-8")
        if f'href="_sources/{path.name}"' in page:
            download = site.folder / "_sources" / path.name
            assert download.read_bytes() == path.read_bytes()
            assert "{term}" not in prose(download)
    assert 'href="_sources/04-gradient-descent.ipynb"' in (
        site.folder / "04-gradient-descent.html").read_text(encoding="utf-8")
