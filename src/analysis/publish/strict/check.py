"""All checks of all documents, before either renderer starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from analysis.publish.assemble import Assembly, assemble
from analysis.publish.problems import Problem, refuse
from analysis.publish.project import Project, load_project
from analysis.publish.strict.figures import figure_problems
from analysis.publish.strict.links import link_problems, places_of
from analysis.publish.strict.notes import note_problems
from analysis.publish.strict.numbers import number_problems, protocol_numbers
from analysis.publish.strict.references import reference_problems
from analysis.publish.strict.subset import subset_problems
from analysis.study import load_protocol


def _document_problems(
    assembly: Assembly,
    project: Project,
    facts: Mapping[str, set[str]],
    places: Mapping[str, Collection[str]],
) -> list[Problem]:
    found = [*assembly.problems]
    seen = assembly.with_head
    found += subset_problems(seen, project)
    found += figure_problems(seen, project.folder)
    found += reference_problems(seen, project)
    found += note_problems(seen)
    found += link_problems(seen, project, places)
    found += number_problems(seen, facts)
    if not str(assembly.front.get("title", "")).strip():
        found.append(Problem(assembly.name, 1, "the document has no title"))
    banner = any(file.startswith("_includes/") and file.endswith("banner.md") for file in assembly.files)
    if assembly.files and not banner:
        what = "the document does not say which data it is: {{< include _includes/banner.md >}} is missing"
        found.append(Problem(assembly.name, 1, what))
    return found


def find_problems(reports: Path, project: Project | None = None) -> list[Problem]:
    """Every problem of every document, in the order of files and lines; a project that is already read is taken as it is."""
    facts = protocol_numbers(load_protocol())
    project = project or load_project(reports)
    documents = {name: assemble(reports, name) for name in project.documents}
    places = {name: places_of(document) for name, document in documents.items()}
    found = {
        problem
        for document in documents.values()
        for problem in _document_problems(document, project, facts, places)
    }
    return sorted(found)


def source_problems(reports: Path) -> list[Problem]:
    """Problems that show without results: in a fresh checkout, file by file, includes not followed."""
    facts = protocol_numbers(load_protocol())
    names = [
        path.relative_to(reports).as_posix()
        for path in sorted([*reports.glob("*.qmd"), *reports.glob("parts/*.qmd")])
    ]
    found: list[Problem] = []
    for name in names:
        document = assemble(reports, name, follow=False).with_head
        found += [*document.problems, *subset_problems(document, None), *number_problems(document, facts)]
    return sorted(set(found))


def strict_check(reports: Path, project: Project | None = None) -> None:
    """Refuse a publication that holds anything a renderer would pass over in silence.

    Quarto exits with success on an unknown variable or an unresolved cross-reference; Pandoc prints a
    missing citation as a question mark. Here each is an error.

    Parameters
    ----------
    reports : Path
        Folder of the publication, after :func:`analysis.publish.prepare`.
    project : Project, optional
        What :func:`analysis.publish.project.load_project` has read there; by default it is read here.

    Raises
    ------
    PublicationError
        Listing everything at once as ``file:line: what``: constructs outside the portable subset, unknown
        variables, missing or circular includes, unresolved cross-references, links that lead nowhere, labels used twice, citations
        without entry, footnotes without text, figures without caption, alt text or file, shortcodes in code, and digits typed into
        the prose.
    """
    refuse(find_problems(reports, project))
