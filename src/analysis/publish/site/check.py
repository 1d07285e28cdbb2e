"""The check of the finished site: nothing from outside, nothing dangling, nothing unmarked, nothing unseen."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from analysis.publish.site.plain_tags import without_plain_tags
from analysis.study import project_root

LARGEST_PAGE = 2_000_000
_LOADED = {
    "img": ("src", "srcset"), "script": ("src",), "link": ("href",), "iframe": ("src",), "source": ("src", "srcset"),
    "video": ("src", "poster"), "audio": ("src",), "object": ("data",), "embed": ("src",), "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"), "input": ("src",), "track": ("src",),
}  # fmt: skip
_IN_STYLE = re.compile(r"@import\s+(?:url\()?\s*[\"']?([^\"')\s;]+)|url\(\s*[\"']?([^\"')]+)")
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
# The slash comes before what must not stand in front of it: the search leaps from one slash to the next.
_HOME = re.compile(r"/(?<![\w.~-]/)(?:home|Users|tmp|private/var)/[\w.-]+")
_MARK = "SIMULATED"


class _Facts(HTMLParser):
    """What a page links to, loads, and says of itself."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: Counter[str] = Counter()
        self.without_alt: list[str] = []
        self.tags: dict[str, int] = {}
        self.kind = ""
        self.language = ""
        self.seen: list[str] = []
        self._hidden = ""
        self.feed(without_plain_tags(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if given.get("id"):
            self.ids[given["id"]] += 1
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        for name in _LOADED.get(tag, ()):
            # rel=canonical and the like are not loaded, but nothing of the kind belongs here either.
            self.loaded += [given[name].split()[0]] if given.get(name, "").strip() else []
        if "style" in given:
            self._style(given["style"])
        if tag == "img" and not given.get("alt", "").strip():
            self.without_alt.append(given.get("src", "")[:60])
        if tag == "meta" and given.get("name") == "data-kind":
            self.kind = given.get("content", "")
        self.language = given.get("lang", "") if tag == "html" else self.language
        if tag in ("style", "script", "title"):
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        if self._hidden == "style":
            self._style(data)
        elif not self._hidden:
            self.seen.append(data)

    def updatepos(self, i: int, j: int) -> int:
        """Not counting lines: nobody asks for them, and it takes a tenth of the time."""
        return j

    def _style(self, text: str) -> None:
        self.loaded += [first or second for first, second in _IN_STYLE.findall(text)]


def _machine_paths(text: str) -> list[str]:
    """Absolute paths of this machine in a text."""
    own = {str(project_root()), str(Path.home())} - {"/", "/root"}
    return sorted({path for path in own if path in text} | set(_HOME.findall(text)))


def _link_problems(name: str, facts: _Facts, pages: dict[str, _Facts], site: Path) -> Iterator[str]:
    top, loaded = site.resolve(), set(facts.loaded)
    reached: dict[str, str] = {}  # the page or file that an address leads to; empty where there is none
    for link in facts.links + facts.loaded:
        scheme = _SCHEME.match(link)
        if link in loaded and scheme and not link.startswith("data:"):
            yield f"{name}: loads an address outside the folder: {link[:100]}"
        elif scheme and not re.match(r"(?:https?|mailto|data):", link, re.IGNORECASE):
            yield f"{name}: a link that is no address: {link[:100]}"
        if scheme:
            continue
        parts = urlsplit(link)
        if parts.path not in reached:
            target = ((site / name).parent / unquote(parts.path) if parts.path else site / name).resolve()
            inside = target.is_relative_to(top)
            key = target.relative_to(top).as_posix() if inside else ""
            reached[parts.path] = key if inside and (key in pages or target.is_file()) else ""
        key = reached[parts.path]
        if not key:
            yield f"{name}: a link leads nowhere: {link[:100]}"
        elif parts.fragment and key in pages and unquote(parts.fragment) not in pages[key].ids:
            yield f"{name}: a link leads to a place that {key} does not have: #{parts.fragment}"


def _page_problems(name: str, text: str, facts: _Facts, *, simulated: bool) -> Iterator[str]:
    if simulated and _MARK not in " ".join(facts.seen):
        yield f"{name}: shows simulated data and does not say so"
    for source in facts.without_alt:
        yield f"{name}: an image has no alternative text: {source}"
    for tag, wanted in (("main", 1), ("h1", 1), ("title", 1)):
        if facts.tags.get(tag, 0) != wanted:
            yield f"{name}: has {facts.tags.get(tag, 0)} <{tag}> elements, not {wanted}"
    if not facts.language:
        yield f"{name}: does not say its language"
    for twice in sorted(label for label, count in facts.ids.items() if count > 1):
        yield f"{name}: the label {twice} stands twice"
    if len(text.encode()) > LARGEST_PAGE:
        yield f"{name}: is larger than {LARGEST_PAGE // 1_000_000} MB"


def _file_problems(site: Path) -> Iterator[str]:
    """Machine paths in the files for download."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                texts = [archive.read(part).decode("utf-8", "replace") for part in archive.namelist() if part.endswith((".xml", ".rels"))]  # fmt: skip
        elif path.suffix in (".xml", ".svg", ".css", ".csv"):
            texts = [path.read_text(encoding="utf-8", errors="replace")]
        else:
            continue
        for found in _machine_paths("\n".join(texts)):
            yield f"{name}: holds a path of this machine: {found}"


def check_site(site: Path, *, landing: str | None = None) -> list[str]:
    """Everything wrong with a finished site, one line each; empty when it may be handed over.

    Parameters
    ----------
    site : Path
        Folder of the site.
    landing : str, optional
        Text of the landing page, when it is not written yet.

    Returns
    -------
    list of str
        Addresses outside the folder that a page would load, links and anchors that lead nowhere, pages of
        simulated data without the mark, images without alternative text, pages without language, title,
        main part or with several first headings, labels given twice, pages over 2 MB, machine paths.
    """
    texts = {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
    }
    texts = {
        name: text
        for name, text in texts.items()
        if not any(part.startswith(".") for part in name.split("/"))
    }
    if landing is not None:
        texts["index.html"] = landing
    if "index.html" not in texts:
        return ["index.html: is missing"]
    pages = {name: _Facts(text) for name, text in texts.items()}
    main = pages["index.html"].kind
    problems = []
    for name, facts in pages.items():
        simulated = (facts.kind or main) == "simulated"
        problems += _page_problems(name, texts[name], facts, simulated=simulated)
        problems += _link_problems(name, facts, pages, site)
        problems += [
            f"{name}: holds a path of this machine: {found}" for found in _machine_paths(texts[name])
        ]
    return problems + list(_file_problems(site))
