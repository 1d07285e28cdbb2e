"""The site as a reader meets it: in a browser, from disk, with the network off, and as axe-core sees it."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.publish import prepare, render_index, render_notebooks, render_publication
from analysis.publish.site.sanitize import SETTINGS, SafeOutputs

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH: apt-get install chromium")
# Contrast is looked at on the small site: the style is the same everywhere, and on long pages it takes a minute.
QUICK = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
WHOLE = {"resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def small_site(reports) -> Path:
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, ["primary"])
    render_index(reports.folder, ["primary"])
    return reports.folder / "_site"


@pytest.fixture(scope="module")
def default_site(project) -> Path:
    site = project / "reports" / "_site"
    if not (site / "index.html").is_file():
        pytest.skip("the report is not built: make report")
    return site


def faults(
    browser: Any, site: Path, *, scheme: str, options: dict[str, Any], once: bool = False
) -> list[str]:
    """What the browser asks for outside the folder, says on its console, and what axe-core finds.

    With ``once`` axe-core looks at one page of each name: the same notebook of another run has the same frame.
    """
    from axe_playwright_python.sync_playwright import Axe

    found: list[str] = []
    seen: set[str] = set()
    context = browser.new_context(offline=True, color_scheme=scheme)
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site).as_posix()
        asked: list[str] = []
        said: list[str] = []
        page = context.new_page()
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto(file.as_uri())
        if not (once and file.name in seen):
            violations = Axe().run(page, options=options).response["violations"]
            found += [f"{name}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]
        seen.add(file.name)
        page.close()
        inside = (f"{site.as_uri()}/", "data:")
        found += [f"{name}: asks for {address[:100]}" for address in asked if not address.startswith(inside)]
        found += [f"{name}: says {text}" for text in said]
    context.close()
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_asks_for_anything_outside_or_has_a_violation(browser, small_site, scheme: str) -> None:
    assert faults(browser, small_site, scheme=scheme, options=WHOLE) == []


def test_what_is_wrong_with_a_page_is_seen(browser, small_site) -> None:
    page = small_site / "index.html"
    wrong = '<img src="https://example.org/a.png"><p style="color:#eee;background:#fff">pale</p></main>'
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", wrong), encoding="utf-8")
    found = " ".join(faults(browser, small_site, scheme="light", options=WHOLE))
    assert "index.html: asks for https://example.org/a.png" in found
    assert "image-alt" in found
    assert "color-contrast" in found


def test_the_default_site_works_without_a_network_and_without_a_violation(browser, default_site) -> None:
    assert faults(browser, default_site, scheme="light", options=QUICK, once=True) == []
    size = sum(path.stat().st_size for path in default_site.rglob("*") if path.is_file())
    assert size < 25e6


LEAVING = [
    "<li><section><div><li>x</li></div></section></li>",
    "<p><button><p>x</button>y",
    "<li><form><div><li>x<section><div><li>y</div></form>",
    "<table><section><tr><td><table><form><td>x</section></table>",
]
KEPT = ["table", "caption", "thead", "tbody", "tr", "td", "p", "div", "li", "ul", "b", "span"]
REMOVED = ["section", "form", "button", "svg", "math", "mtext", "main", "select", "option", "a", "nobr", "noscript", "template", "frameset", "dd", "h1", "plaintext"]  # fmt: skip
PIECES = [
    *(f"<{slash}{name}>" for name in KEPT + REMOVED for slash in ("", "/")),
    "x",
    "<script>x()",
    '<img src=x onerror="x()">',
    "<!--",
    "-->",
    "<![CDATA[",
    '<td style="x" onclick="x()">',
]
BOXES = """given => given.map(html => {
    const page = new DOMParser().parseFromString(`<div><main><div>${html}</div><hr></main></div>`, "text/html")
    const inside = page.querySelectorAll("main > div:first-child *")
    return [
        [...page.querySelector("main").children].map(one => one.tagName).join(),
        page.body.children.length,
        [...new Set([...inside].map(one => one.tagName.toLowerCase()))],
        [...new Set([...inside].flatMap(one => one.getAttributeNames()))],
    ]
})"""


def test_html_of_an_output_stays_in_its_box_in_a_browser(browser) -> None:
    """Whatever is taken away, what is left must not read as another tree that ends the page's own elements."""
    drawn = random.Random(20140101)
    given = LEAVING + ["".join(drawn.choices(PIECES, k=drawn.randint(2, 14))) for _ in range(4_000)]
    safe = [SafeOutputs(**SETTINGS).sanitize_html_tags(one) for one in given]
    assert all(re.sub("<.*?>", "", one).strip() for one in safe[: len(LEAVING)])
    page = browser.new_context(offline=True).new_page()
    for one, (boxes, outside, names, attributes) in zip(given, page.evaluate(BOXES, safe), strict=True):
        assert (boxes, outside) == ("DIV,HR", 1), one
        assert {*names} <= {*KEPT}, one
        assert not attributes, one
