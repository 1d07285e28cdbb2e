"""``manifest.sha256``: what every file of a study was when it was sealed, and what has become of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.data.description import Description, read_description
from analysis.data.file_hashes import CACHE, hash_files
from analysis.data.problems import Problem, error, warning
from analysis.data.study_files import study_files
from analysis.data.writing import write_text
from analysis.errors import StudyError

MANIFEST = "manifest.sha256"

_LINE = re.compile(r"(\\?)([0-9a-f]{64}) [ *](.+)")
_PLAIN = re.compile(
    r"(im|img|image|slice|series|se|study|st|scan|pt|pet|ct|ac|nac|seg|rs|rtstruct|dicom|contours|day|visit|file)?"
    r"[-_ ]?[0-9][0-9.]*(\.(dcm|ima|nii|gz))*"
    r"|(?=[a-f]*[0-9])[0-9a-f]{6,}(\.dcm)?"
    r"|(ac|nac|pt|pet|ct|seg|rtstruct|baseline|retest|progression|follow_up_[12])(\.(dcm|seg|nii|gz))*",
    re.IGNORECASE,
)
"""Names that a machine gives: a kind of file and a number, or a UID. Others may hold a person's name."""

_DO = f"restore it; if the change was meant, `python -m analysis seal` writes {MANIFEST} anew"


@dataclass(frozen=True)
class Seal:
    """What :func:`seal_study` did.

    Parameters
    ----------
    path : Path
        The manifest.
    files, megabytes : int, float
        How many files it lists, and their size.
    """

    path: Path
    files: int
    megabytes: float


def seal_study(folder: Path) -> Seal:
    """Write the SHA-256 of every file of a study into its ``manifest.sha256``.

    The format is that of ``sha256sum``: ``sha256sum -c manifest.sha256`` in the folder verifies it too.

    Parameters
    ----------
    folder : Path
        Study folder, with its ``study.yml``.

    Raises
    ------
    StudyError
        If there is no study, or one of its files cannot be read.
    """
    if not (folder / "study.yml").is_file():
        raise StudyError("there is no study.yml here", where=folder.name, do="name a study folder")
    description, _ = read_description(folder)
    files = {each.relative: each.path for each in study_files(folder, description)}
    names = sorted(files)
    digests = hash_files(files)
    if None in digests.values():
        unread = next(name for name in names if digests[name] is None)
        raise StudyError(
            "a file of the study cannot be read, so that it cannot be sealed",
            where=_shown(unread),
            do="check that you may read it",
        )
    text = "".join(_line(name, str(digests[name])) for name in names)
    write_text(folder / MANIFEST, text, errors="surrogateescape")
    size = sum(Path(files[name]).stat().st_size for name in names)
    return Seal(folder / MANIFEST, len(names), size / 1e6)


def manifest_problems(
    folder: Path, description: Description, *, identifiers: Sequence[str] = ()
) -> list[Problem]:
    """What has changed since the study was sealed; nothing if it never was.

    A file that differs or is gone is an error, a new one a warning. An image is named by its line of the
    manifest, and by as much of its path as cannot be a person's name.

    Parameters
    ----------
    folder : Path
        Study folder.
    description : Description
        Its ``study.yml``.
    identifiers : sequence of str
        Pseudonyms of the study's patients: these may be shown in a path.
    """
    if not (folder / MANIFEST).is_file():
        return []
    sealed, problems = _read(folder / MANIFEST)
    there = {each.relative: each.path for each in study_files(folder, description)}
    digests = hash_files({name: there[name] for name in sealed if name in there}, cache=folder / CACHE)
    known = frozenset(identifiers)
    for name, digest in digests.items():
        line, expected = sealed[name]
        if digest != expected:
            what = "the file cannot be read" if digest is None else "the file is not what was sealed"
            problems.append(_finding(name, line, what, known))
    problems += [
        _finding(name, line, "the file was sealed and is gone", known)
        for name, (line, _) in sealed.items()
        if name not in there
    ]
    new = sorted(set(there) - set(sealed))
    for name in new:
        if "/" not in name:
            problems.append(warning(name, f"the file is not in {MANIFEST}", do=_seal_anew()))
    images = [name for name in new if "/" in name]
    if images:
        some = ", ".join(_shown(name, known) for name in images[:5])
        more = f" and {len(images) - 5} more" if len(images) > 5 else ""
        what = f"{len(images)} file(s) of images or contours are not in it: {some}{more}"
        problems.append(warning(MANIFEST, what, do=_seal_anew()))
    return sorted(problems, key=lambda problem: problem.row or 0)


def _seal_anew() -> str:
    return "look where it comes from; `python -m analysis seal` takes it in"


def _finding(name: str, line: int, what: str, known: frozenset[str]) -> Problem:
    if "/" in name:
        return error(MANIFEST, f"{what}: {_shown(name, known)}", row=line, do=_DO)
    return error(name, what, expected=f"the content that line {line} of {MANIFEST} stands for", do=_DO)


def _shown(name: str, known: frozenset[str] = frozenset()) -> str:
    """Path with every component hidden that may hold a person's name.

    >>> _shown("dicom/P01/Doe^Jane/IM-0001.dcm", frozenset({"P01"}))
    'dicom/P01/…/IM-0001.dcm'
    """
    parts = name.split("/")
    return "/".join(
        part
        if place == 0 or part in known or part.partition(".")[0] in known or _PLAIN.fullmatch(part)
        else "…"
        for place, part in enumerate(parts)
    )


def _line(name: str, digest: str) -> str:
    """Line as ``sha256sum`` writes it: names with a backslash or a line's end are escaped, and say so."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), name)


def _read(path: Path) -> tuple[dict[str, tuple[int, str]], list[Problem]]:
    """Line and hash of each name in the manifest, and the lines that are none."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return {}, [error(MANIFEST, "the file cannot be opened", do="check that you may read it")]
    sealed: dict[str, tuple[int, str]] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip("\r"):
            continue
        found = _LINE.fullmatch(line.rstrip("\r"))
        name = "" if found is None else _unescaped(found[3]) if found[1] else found[3]
        if found is None or name in sealed:
            what = "the line is not of a manifest" if found is None else "the file is listed twice"
            problems.append(
                error(
                    MANIFEST, what, row=number, expected="64 hexadecimal digits, two blanks, a path", do=_DO
                )
            )
        else:
            sealed[name] = (number, found[2])
    return sealed, problems
