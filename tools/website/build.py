"""Building the site, from the notebooks to ``_build/html``.

A build is incremental. It starts from nothing when something changed that shapes every page (the
settings, the style sheet, the templates, our Sphinx extension, the renderer of the explorers), or
when the last build failed: Sphinx warns about a page only when it reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path

import yaml

from lessons.widgets import registry
from tools.environment import content
from tools.notebooks.build import number_of
from tools.notebooks.cells import digest_outputs, load, stamp_of, was_edited
from tools.notebooks.key import depends_on
from tools.readers.copies import write_all
from tools.website import bank
from tools.website.addresses import site_of

ROOT = Path(__file__).absolute().parents[2]
HTML = ROOT / "_build" / "html"
COPIES = ROOT / "_build" / "colab"
CONFIG = ROOT / "_build" / "_config.yml"
KEY_ALL = ROOT / "_build" / "site-key"
GITHUB = re.compile(
    r"(?:https?://|git@|ssh://git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?$"
)


class SiteError(Exception):
    """A mistake that the person who builds can put right; its text says how."""


def repository_url() -> str | None:
    """Return the address of the repository on GitHub, or None when it is not known.

    The environment variable ``BOOK_REPOSITORY_URL`` wins, and an empty one means "none"; else the
    git remote ``origin`` is asked.

    Raises
    ------
    SiteError
        If ``BOOK_REPOSITORY_URL`` is set to something else than a repository on GitHub.
    """
    given = os.environ.get("BOOK_REPOSITORY_URL")
    if given is None:
        git = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
        try:
            given = subprocess.run(git, capture_output=True, text=True, check=False).stdout
        except FileNotFoundError:  # no git here: a downloaded archive
            return None
        match = GITHUB.match(given.strip())
    else:
        match = GITHUB.match(given.strip())
        if given.strip() and not match:
            raise SiteError(
                f"BOOK_REPOSITORY_URL is {given!r}; write it as https://github.com/owner/name, "
                "or leave it empty for a site without launch buttons"
            )
    return "https://github.com/{}/{}".format(*match.groups()) if match else None


def merged_config(url: str | None) -> dict:
    """Return the settings of ``_config.yml`` with what depends on the repository's address.

    Parameters
    ----------
    url
        Address on GitHub. With None the pages carry no launch button.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    local = config["sphinx"]["local_extensions"]  # paths are relative to the file they stand in
    config["sphinx"]["local_extensions"] = {name: f"../{path}" for name, path in local.items()}
    if url:
        config["repository"]["url"] = url
        config["launch_buttons"]["binderhub_url"] = "https://mybinder.org"
        config["launch_buttons"]["colab_url"] = "https://colab.research.google.com"
        config["sphinx"]["config"]["html_baseurl"] = site_of(url)
    return config


def toc_files() -> list[str]:
    """Return the pages named in ``_toc.yml``, in order, without their endings."""
    names: list[str] = []

    def walk(item: object) -> None:
        if isinstance(item, dict):
            names.extend(str(item[key]) for key in ("root", "file") if key in item)
            for value in item.values():
                walk(value)
        elif isinstance(item, list):
            for value in item:
                walk(value)

    walk(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    return names


def page_source(name: str) -> Path | None:
    """Return the file behind a page of the table of contents, or None when there is none."""
    candidates = (ROOT / "book" / f"{name}{ending}" for ending in (".ipynb", ".md"))
    return next((path for path in candidates if path.is_file()), None)


def check_ready() -> None:
    """Raise `SiteError` when a page, or the renderer of the explorers, is missing."""
    missing = [name for name in toc_files() if page_source(name) is None]
    if missing:
        raise SiteError(
            "_toc.yml names pages that do not exist: "
            + ", ".join(f"book/{name}.ipynb" for name in missing)
            + ". Run `make notebooks` to make them from text/, or take them out of _toc.yml"
        )
    for name in toc_files():
        check_recorded(name)
    if not any(
        e.value.startswith("lessons.") for e in entry_points(group="myst_nb.mime_renderers")
    ):
        raise SiteError("the package `lessons` is not installed here: run `make setup` first")


def check_recorded(name: str) -> None:
    """Raise `SiteError` when a notebook does not hold what its build recorded.

    Jupyter replaces recorded figures by live ones when it saves: the page would show gaps.
    """
    source = page_source(name)
    if source is None or source.suffix != ".ipynb":
        return
    nb = load(source)
    if nb is None or was_edited(nb) or stamp_of(nb).get("outputs") != digest_outputs(nb.cells):
        chapter = number_of(name)
        raise SiteError(
            f"book/{name}.ipynb is not as it was built: somebody ran or edited it, and its page "
            f"would lose its figures. `make notebooks CH={chapter}` records them again; if you "
            f"edited it, `make pull CH={chapter}` takes that into the text first"
        )


def write_copies(url: str | None) -> None:
    """Write the notebooks that readers take with them: for the download button, and for Colab."""
    for path in write_all(ROOT / "book", COPIES, url):
        if (download := HTML / "_sources" / path.name).is_file():
            shutil.copy(path, download)


def write_bank(book: Path) -> None:
    """Write the file of all quizzes that teachers download; a broken quiz is a `SiteError`."""
    try:
        bank.write(book, HTML)
    except bank.BankError as error:
        raise SiteError(f"the question bank was not written: {error}") from None


def key_of(paths: list[Path], *words: str) -> str:
    """Return a short name for the content of these files and these words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in sorted(paths):
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0" + content(path))
    return digest.hexdigest()[:16]


def widget_files() -> list[Path]:
    """Return what makes the HTML of widgets: their folders, and all modules these import."""
    files = depends_on([registry.__name__], Path(registry.__file__).parents[2])
    return [*files, *(file for widget in registry.REGISTRY
                      for file in (*widget.assets, *widget.later))]


def shaping_key(config: str) -> str:
    """Return the key of everything that shapes every page."""
    folders = (ROOT / "book" / "_static", ROOT / "book" / "_templates")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    paths += [ROOT / "_toc.yml", ROOT / "book" / "references.bib"]
    paths += (ROOT / "tools" / "website").glob("*.py")
    paths += (ROOT / "tools" / "readers").glob("*.py")
    paths += widget_files()
    paths += [ROOT / "tools/pyodide/pins.json", *(ROOT / "tools/pyodide").glob("*.py")]
    paths += (ROOT / "src/lessons/live").glob("*.py")
    packages = ("jupyter-book", "Sphinx", "myst-nb", "sphinx-book-theme", "pydata-sphinx-theme")
    return key_of(paths, config, *(version(name) for name in packages))


def build() -> bool:
    """Build what is out of date; return whether the site is complete and free of warnings.

    Raises
    ------
    SiteError
        If a page of the table of contents is missing, the package is not installed, or a quiz
        cannot go into the question bank.
    """
    start = time.perf_counter()
    check_ready()
    config = yaml.safe_dump(merged_config(repository_url()), sort_keys=False)
    shaping = shaping_key(config)
    pages = [path for name in toc_files() if (path := page_source(name))]
    images = [p for p in (ROOT / "book").rglob("*") if p.suffix in {".png", ".svg", ".jpg"}]
    full = f"{shaping} {key_of(pages + images)}"
    last = KEY_ALL.read_text().strip() if KEY_ALL.is_file() else ""
    if last == full and (HTML / "index.html").is_file():
        print("The site is up to date.", flush=True)
        return True

    if last.split(" ")[0] != shaping:
        shutil.rmtree(HTML, ignore_errors=True)
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(config, encoding="utf-8")
    KEY_ALL.unlink(missing_ok=True)  # a build that fails, or is stopped, is done again in full
    run = "import tools; from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", run, "build", "book", "--path-output", "."]
    command += ["--config", str(CONFIG.relative_to(ROOT)), "--toc", str(ROOT / "_toc.yml")]
    command += ["-W", "-n", "--keep-going"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return False
    write_copies(repository_url())
    write_bank(ROOT / "book")
    KEY_ALL.write_text(full + "\n", encoding="utf-8")
    print(f"Built {len(pages)} pages in {time.perf_counter() - start:.0f} s.", flush=True)
    return True
