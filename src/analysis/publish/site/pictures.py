"""Pictures of the notebooks' pages that the publication holds as well: shown from there, so that none lies in the site twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import escape

from analysis.publish.runs import Run
from analysis.publish.site.files import picture_folder
from analysis.work.whole_file import write_whole


def share_pictures(site: Path, runs: Sequence[Run]) -> None:
    """Let each notebook's page show a picture from the publication where it holds the very same, and drop its own.

    A page is made before the publication, with its pictures beside it, and stays when only the text changes; so this looks at
    every figure again, and gives a page its own picture back where the publication holds it no more.

    Parameters
    ----------
    site : Path
        Folder of the site, publication and pages of notebooks already there.
    runs : sequence of Run
        Runs that the site shows.
    """
    for run in runs:
        for book in run.notebooks:
            page = site / book.page
            if not page.is_file():
                continue
            text = former = page.read_text(encoding="utf-8")
            dropped = []
            for name, entry in book.figures.items():
                own = site / picture_folder(book) / f"{name}.png"
                there = f"publication/results/{run.name}/{book.notebook}/{entry['png']}"
                content = (book.folder / str(entry["png"])).read_bytes()
                shared = (site / there).is_file() and (site / there).read_bytes() == content
                beside, above = f"{book.notebook}/{name}.png", f"../../{there}"
                text = _shown_from(text, above if shared else beside, instead=beside if shared else above)
                if shared:
                    dropped.append(own)
                elif not own.is_file():
                    write_whole(own, content)
            if text != former:
                write_whole(page, text)
            for own in dropped:  # after the page, which would else show nothing if this were interrupted
                own.unlink(missing_ok=True)


def _shown_from(page: str, address: str, *, instead: str) -> str:
    return page.replace(f'src="{escape(instead)}"', f'src="{escape(address)}"')
