"""The page of all numbers: a provenance card for each, with search, and the runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.publish.cards import Card, source_id
from analysis.publish.runs import Run
from analysis.publish.site.pages import provenance_facts, whole_page


def numbers_page(
    reports: Path, runs: Sequence[Run], found: Sequence[Card], *, reasons: Mapping[str, str]
) -> str:
    """HTML of the page of all numbers.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of Run
        The main one first.
    found : sequence of Card
        Their cards.
    reasons : mapping of str to str
        Why a value that the text does not print is held, by name; what is lacking has no reason.
    """
    main = runs[0]
    titles = {notebook.notebook: notebook.title for run in reversed(runs) for notebook in run.notebooks}
    return whole_page(
        "numbers",
        "Every number",
        reports=reports,
        main=main,
        cards=found,
        differing=sum(card.differs for card in found),
        groups=[
            (notebook, title, group)
            for notebook, title in sorted(titles.items())
            if (group := [card for card in found if card.made[0].notebook == notebook])
        ],
        reasons={card.name: reasons.get(card.name, "") for card in found},
        several=len(runs) > 1,
        withheld=next((text for text in main.study.get("caveats") or () if "withheld" in text), ""),
        sources=[
            {
                "id": source_id(run.name, notebook.notebook),
                "run": run.name,
                "notebook": notebook.notebook,
                "facts": provenance_facts(notebook.provenance, notebook.parameters),
            }
            for run in runs
            for notebook in run.notebooks
        ],
    )
