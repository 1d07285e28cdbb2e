"""One notebook's session: opens the study, takes values, tables and figures, and writes them once."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import PublicationError
from analysis.logbook import Analysis, open_logbook
from analysis.results import places
from analysis.results.cell import current_label, current_options, label_of
from analysis.results.disclosure import refuse_identifiers
from analysis.results.earlier import EarlierNotebooks
from analysis.results.log import log_documents
from analysis.results.shown import ShownFigure, ShownTable, show
from analysis.results.shown_where import Printed
from analysis.results.small_cells import small_cells
from analysis.results.small_figures import withhold_writing
from analysis.results.small_flow import shown_flow
from analysis.results.small_in_text import without_small
from analysis.results.small_tables import Counted, shown_counts, withheld_table
from analysis.results.small_values import withheld_analysis, withheld_value
from analysis.results.store import SCHEMA, read_results
from analysis.results.tables import markdown, printed, to_significant, write_csv
from analysis.results.value import Value
from analysis.study import (
    Parameters,
    Protocol,
    families_of,
)
from analysis.work.whole_file import replacing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.cohort import Flow
    from analysis.data import Study


class Notebook(EarlierNotebooks):
    """The session of a running notebook.

    Everything is held in memory until :meth:`close`, which writes values, tables and figures together:
    a notebook that fails half-way leaves nothing behind.

    Attributes
    ----------
    study : Study
        The study folder, loaded and checked.
    protocol : Protocol
        The facts of the trial.
    parameters : Parameters
        The run's parameters.
    families : mapping of str to tuple of str
        Families of tests that the run's file declares, as names of planned analyses.
    log : Logbook
        Every estimate made since the session was opened, shown or not.
    """

    def __init__(
        self, name: str, title: str, parameters: Parameters, study: Study, protocol: Protocol
    ) -> None:
        super().__init__(name, parameters)
        self.title = title
        self.study = study
        self.protocol = protocol
        self._values: dict[str, Value] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._figures: dict[str, dict[str, Any]] = {}
        self._notes: list[str] = []
        self._files: list[tuple[Path, Callable[[Path], None]]] = []
        self._places = places.writing(parameters.run, name)
        self.families = families_of(parameters.run)
        self.log = open_logbook(current_label)
        self._small = small_cells(study, protocol)
        self._printed = Printed()
        self._kept_back: set[str] = set()
        self._unknown_letters: set[str] = set()

    @property
    def simulated(self) -> bool:
        """Whether the study is simulated; every figure takes this."""
        return self.study.simulated

    @property
    def may_show_patient(self) -> bool:
        """Whether a picture of one patient may stand in ``reports/``, as the protocol says; it names nobody."""
        policy = self.protocol.value("disclosure.patient_pictures")
        return policy == "all" or (policy == "simulated" and self.simulated)

    @property
    def smallest_cell(self) -> int:
        """The smallest number of patients that figures may show; 0 where the rule does not apply to the study."""
        return self._small.smallest if self._small.applies else 0

    def shown_flow(self, flow: Flow) -> Flow:
        """The participant flow as figures and tables may show it: reasons of few patients are joined."""
        return shown_flow(flow, self._small)

    def shown_rows(self, rows: pd.DataFrame, *, of: Mapping[str, str]) -> pd.DataFrame:
        """Rows of estimates that a figure may draw: those whose counts, and what is left to their totals, are not small.

        ``of`` names the columns of counts and the column of each one's total; a missing count withholds nothing. What is left out is
        said in a note.
        """
        kept = [
            all(
                _missing(row[k])
                or _missing(row[n])
                or self._small.count_text(int(row[k]), int(row[n])) is None
                for k, n in of.items()
            )
            for row in rows.to_dict("records")
        ]
        left_out = len(kept) - sum(kept)
        if left_out:
            self.note(
                f"Of {len(kept)} estimates the figure leaves out those that rest on fewer than {self.smallest_cell} patients."
            )
        return rows[kept]

    def shown_counts(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Texts for counts that are parts of one whole, as a figure may print them beside their total."""
        return shown_counts(counts, self._small)

    def too_few(self, n: int) -> bool:
        """Whether a number of patients is too small for anything computed from them to leave ``data``."""
        return self._small.small(n)

    def keep_back(self, question: str) -> None:
        """Leave out of the log what came out of a question whose answer is not shown; that it was asked stays."""
        self._kept_back.add(question)

    @property
    def measures_cache(self) -> Path:
        """Where the measures of the study's scans are kept between notebooks and runs."""
        return places.measures_cache(self.parameters.study)

    def value(
        self,
        name: str,
        value: float | int | str | None,
        *,
        k: int | None = None,
        counted: bool = True,
        complement: bool = True,
        **details: Any,
    ) -> Value:
        """Hold one named value; the details are the fields of :class:`analysis.results.Value`.

        ``k``, ``counted`` and ``complement`` are those of :func:`analysis.results.small_values.withheld_value`, where small
        numbers of patients are withheld.

        Raises
        ------
        PublicationError
            If the name is taken, badly formed, or a missing value has no reason.
        """
        if name in self._values:
            raise PublicationError(f"two values are named {name!r}", where=self.name, do="rename one of them")
        if value is not None and not isinstance(value, str | bool):
            value = value.item() if hasattr(value, "item") else value
        held = Value(name=name, value=value, cell=current_options().get("label", ""), **details)
        held = withheld_value(held, self._small, k=k, counted=counted, complement=complement)
        self._values[name] = held
        self._printed.add_numbers(name, (held.value, held.low, held.high))
        self._printed.add_text(name, f"{held.text} {held.interval_text}")
        return held

    def estimate(self, name: str, result: Any, **details: Any) -> Value:
        """Hold a result object by its ``estimate``, ``low``, ``high``, ``n``, ``events`` and ``method``."""
        taken = {
            field: getattr(result, field)
            for field in ("low", "high", "n", "events", "method")
            if hasattr(result, field)
        }
        return self.value(name, result.estimate, **{**taken, **details})

    def table(
        self,
        frame: pd.DataFrame,
        *,
        digits: int | Mapping[str, int] = 1,
        blanks: Collection[str] = (),
        counted: Counted | None = None,
    ) -> ShownTable:
        """Hold a table of aggregates and show it; label and caption are the cell's ``#|`` lines.

        ``digits`` are the decimals printed, for all columns or by column; ``blanks`` the columns where a
        missing cell means "as above"; ``counted`` says which columns count patients, for the study whose small numbers are
        withheld.

        Raises
        ------
        PublicationError
            If the cell does not name it, the name is taken, or the table holds patient rows.
        """
        label, caption = label_of("tbl")
        self._refuse_twice(label)
        numeric = [
            kind.kind in "iufb"
            for kind in frame.dtypes.map(lambda dtype: getattr(dtype, "numpy_dtype", dtype))
        ]
        if isinstance(digits, Mapping):
            digits = {without_small(str(name), self._small): places for name, places in digits.items()}
        blanks = [without_small(str(name), self._small) for name in blanks]
        frame = withheld_table(frame, self._small, counted)
        columns, rows = printed(frame, digits, blanks=blanks)
        text = markdown(columns, rows, numeric)
        refuse_identifiers(text, self.study.identifiers, where=f"table {label}")
        folder = self._places.results / "tables"
        self._files.append((folder / f"{label}.md", lambda path: _write_text(path, text + "\n")))
        self._files.append((folder / f"{label}.csv", lambda path: write_csv(frame, path)))
        self._printed.add_table(label, frame, rows)
        self._tables[label] = {"caption": caption, "file": f"tables/{label}.md", "csv": f"tables/{label}.csv"}
        return ShownTable(columns, rows, numeric, caption)

    def figure(
        self,
        figure: Figure,
        alt: str,
        *,
        numbers: pd.DataFrame | None = None,
        counted: Counted | None = None,
        left_out: str = "",
    ) -> ShownFigure:
        """Hold a figure and show it; ``alt`` states the finding in words for those who cannot see it.

        ``numbers`` is what the figure draws, one row a point of a curve, bar or line of a forest; it is written beside
        the picture as CSV under the same rules as a table: no patient rows, small numbers of patients withheld, five digits; where
        ``counted`` says which columns count patients. ``left_out`` says to readers what of the figure is in no file, and why.

        Raises
        ------
        PublicationError
            If the cell does not name it, the name is taken, there is no alt text, there are neither numbers nor a reason why not,
            or the numbers are patient rows.
        """
        from analysis.figures import letters_sentence, save, unknown_letters

        label, caption = label_of("fig")
        self._refuse_twice(label)
        if not alt.strip():
            raise PublicationError("a figure has no alt text", where=f"cell {label}", do="say what it shows")
        if numbers is None and not left_out.strip():
            raise PublicationError(
                "a figure comes without the numbers it draws",
                where=f"cell {label}",
                expected="numbers=, a table of aggregates, or left_out=, a sentence why there is none",
                do="give one of them, see analysis.results.figure_numbers",
            )
        alt = without_small(alt, self._small, writing=True)
        withhold_writing(figure, self._small)
        if numbers is not None:
            numbers = withheld_table(numbers, self._small, counted)
            _, rows = printed(numbers, 6)
            text = "\n".join(" ".join(row) for row in rows)
            refuse_identifiers(text, self.study.identifiers, where=f"numbers of {label}")
        with tempfile.TemporaryDirectory() as folder:
            svg, png = (path.read_bytes() for path in save(figure, Path(folder) / label))
        if new := sorted({*unknown_letters(figure)} - self._unknown_letters):
            self._unknown_letters.update(new)
            self.note(letters_sentence(new))
        folder = self._places.results / "figures"
        self._files.append((folder / f"{label}.svg", lambda path: _write_bytes(path, svg)))
        self._files.append((folder / f"{label}.png", lambda path: _write_bytes(path, png)))
        self._printed.add_text(label, alt)
        self._figures[label] = {
            "caption": caption,
            "alt": alt,
            "svg": f"figures/{label}.svg",
            "png": f"figures/{label}.png",
            "left_out": left_out.strip(),
        }
        if numbers is not None:
            frame = to_significant(numbers)
            self._files.append((folder / f"{label}.csv", lambda path: write_csv(frame, path)))
            self._figures[label]["csv"] = f"figures/{label}.csv"
        return ShownFigure(png, alt)

    def keep(self, name: str, frame: pd.DataFrame) -> None:
        """Hold patient rows for the notebooks after this one; they go to ``data/derived`` as Parquet."""
        self._files.append(
            (self._places.derived / f"{name}.parquet", lambda path: frame.to_parquet(path, index=False))
        )

    def list_rows(self, name: str, frame: pd.DataFrame) -> None:
        """Hold patient rows for a person to read; they go to ``data/derived`` as CSV."""
        self._files.append((self._places.derived / f"{name}.csv", lambda path: write_csv(frame, path)))

    def note(self, text: str) -> None:
        """Hold a sentence that every reader must see: what cannot be answered, what was repaired."""
        text = without_small(text, self._small)
        refuse_identifiers(text, self.study.identifiers, where="a note")
        if text not in self._notes:
            self._notes.append(text)
        show(f"> **Note.** {text}")

    def say(self, text: str) -> None:
        """Show a paragraph of Markdown built from values."""
        show(without_small(text, self._small))

    def close(self) -> None:
        """Write everything. Without this last call nothing of the notebook exists."""
        parameters = {name: getattr(self.parameters, name) for name in self.parameters.__dataclass_fields__}
        self._carry_on_draft(parameters)
        document = {
            "schema": SCHEMA,
            "run": self.parameters.run,
            "notebook": self.name,
            "title": self.title,
            "study": {
                "id": self.study.id,
                "title": self.study.title,
                "kind": self.study.kind,
                "source": self.study.source,
                "licence": self.study.licence,
                "caveats": [*self.study.caveats, *filter(None, [self._small.notice])],
                "parts": list(self.study.parts),
            },
            "parameters": parameters,
            "provenance": {},
            "values": {name: _as_document(value) for name, value in self._values.items()},
            "tables": self._tables,
            "figures": self._figures,
            "notes": self._notes,
            "analyses": [
                withheld_analysis(one, self._small, kept_back=one["question"] in self._kept_back)
                for one in log_documents(
                    self.log,
                    protocol=self.protocol,
                    parameters=self.parameters,
                    families=self.families,
                    printed=self._printed,
                    labels=frozenset(self._tables) | frozenset(self._figures),
                )
            ],
        }
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        refuse_identifiers(text, self.study.identifiers, where="values and captions")
        for path, write in self._files:
            with replacing(path) as part:
                write(part)
        with replacing(self._places.values) as part:
            _write_text(part, text)
        if self._places.draft:
            show(
                f"Written as a draft: `reports/results/{places.DRAFT}/{self.parameters.run}/{self.name}.json`."
            )

    def _carry_on_draft(self, parameters: Mapping[str, Any]) -> None:
        """Keep what was tried by hand before: a draft's log grows until the draft is deleted."""
        if not self._places.draft or not self._places.values.exists():
            return
        try:
            before = read_results(self._places.values)
        except PublicationError:  # of another version: it cannot be read, and is about to be replaced
            return
        other = {name: value for name, value in before.parameters.items() if parameters.get(name) != value}
        for document in before.analyses:
            settings = {**document["settings"], **({} if document["earlier"] else other)}
            self.log.carry_on([Analysis.from_document({**document, "settings": settings})])

    def _refuse_twice(self, label: str) -> None:
        if label in self._tables or label in self._figures:
            raise PublicationError(
                f"two cells are labelled {label!r}", where=self.name, do="rename one of them"
            )


def _missing(cell: Any) -> bool:
    return cell is None or str(cell) in ("<NA>", "NaT", "nan")


def _as_document(value: Value) -> dict[str, Any]:
    document = {field: getattr(value, field) for field in value.__dataclass_fields__ if field != "name"}
    for field in ("value", "low", "high"):
        number = document[field]
        if isinstance(number, float) and number - number != 0:  # NaN and infinities are not JSON
            document[field] = None if number != number else str(number)
    document["reason"] = value.reason if value.missing else ""
    return {"text": value.text, "interval_text": value.interval_text, **document}


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
