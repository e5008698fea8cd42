"""Do the sources still answer? ``python -m tools.links``, or ``make links``.

Asks for each DOI, arXiv number and https address in ``book/references.bib`` once, one request at a
time to each host. No test of the book needs a network, so this is no part of `make test`. It ends
with 0 if all answered, 1 if a source is gone, and 2 if there is no network: then nothing was
checked, and it says so.
"""

import argparse
import sys
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from pybtex.database import parse_file

from tools.ledger.sources import address

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 20.0
PAUSE_S = 0.5  # between two requests to one host
AGENT = {"User-Agent": "link check of a textbook (one request for each source)"}
#: If none of these answers, there is no network.
PROBES = ("https://doi.org/", "https://arxiv.org/", "https://github.com/")
#: What a server may say to a program though a reader would see the page.
_SHY = {401, 403, 405, 406, 418, 429, 500, 501, 502, 503, 504, 999}


@dataclass(frozen=True)
class Answer:
    """What came of asking for an address: ok, moved, unclear or gone, and why."""

    url: str
    how: str
    why: str = ""


def question(identifier: str) -> str:
    """Return the address to ask for; a DOI's registry, as publishers turn programs away.

    Examples
    --------
    >>> question("doi:10.1038/323533a0"), question("arXiv:2405.21015"), question("ISBN 0262035618")
    ('https://doi.org/api/handles/10.1038/323533a0', 'https://arxiv.org/abs/2405.21015', '')
    """
    kind, _, rest = identifier.partition(":")
    if kind == "doi":
        return f"https://doi.org/api/handles/{quote(rest)}"
    if kind == "arXiv":
        return f"https://arxiv.org/abs/{rest}"
    return identifier if kind in ("https", "http") else ""


def ask(url: str, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask for one address: the head first, the page if a server has no heads."""
    answer = Answer(url, "unclear", "not asked")
    for method in ("HEAD", "GET"):
        try:
            request = urllib.request.Request(url, headers=AGENT, method=method)
            with urllib.request.urlopen(request, timeout=timeout_s) as reply:
                if urlsplit(reply.url)[1:3] == urlsplit(url)[1:3]:
                    return Answer(url, "ok")
                return Answer(url, "moved", f"to {reply.url}")
        except urllib.error.HTTPError as error:
            how = "unclear" if error.code in _SHY else "gone"
            answer = Answer(url, how, f"status {error.code}")
        except TimeoutError:
            return Answer(url, "unclear", f"no answer within {timeout_s:g} s")
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                return Answer(url, "unclear", f"no answer within {timeout_s:g} s")
            return Answer(url, "gone", f"no connection: {reason}")
    return answer


def ask_all(urls: Iterable[str], timeout_s: float = TIMEOUT_S,
            pause_s: float = PAUSE_S) -> list[Answer]:
    """Ask for every address once, hosts side by side, each host one at a time."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for url in dict.fromkeys(urls):
        hosts[urlsplit(url).netloc].append(url)

    def of_host(wanted: list[str]) -> list[Answer]:
        answers = []
        for i, url in enumerate(wanted):
            time.sleep(pause_s if i else 0)
            answers.append(ask(url, timeout_s))
        return answers

    with ThreadPoolExecutor(max_workers=8) as pool:
        return [answer for each in pool.map(of_host, hosts.values()) for answer in each]


def report(answers: list[Answer], owners: dict[str, str]) -> int:
    """Print what did not simply answer, and how many did; return the exit status."""
    for how in ("gone", "moved", "unclear"):
        for answer in answers:
            if answer.how == how:
                print(f"{how:8s} {owners.get(answer.url, '')}: {answer.url} ({answer.why})")
    n = Counter(answer.how for answer in answers)
    print(f"{len(answers)} sources asked: {n['ok']} answered, {n['moved']} from another place, "
          f"{n['unclear']} would not tell, {n['gone']} gone")
    return 1 if n["gone"] else 0


def main(arguments: list[str] | None = None, probes: Iterable[str] = PROBES,
         bib: Path = ROOT / "book/references.bib") -> int:
    """Check all sources if there is a network; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.links", description=__doc__)
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds (default: 20)")
    timeout_s = parser.parse_args(arguments).timeout
    if all(answer.why.startswith("no ") for answer in map(lambda u: ask(u, timeout_s), probes)):
        print("No network: none of the hosts asked answers. Nothing was checked.")
        return 2
    owners: dict[str, str] = {}
    for key, entry in parse_file(bib).entries.items():
        if url := question(address(entry)):
            owners.setdefault(url, key)
    return report(ask_all(owners, timeout_s), owners)


if __name__ == "__main__":
    sys.exit(main())
