"""What names persons: names of columns, and texts that look like a name, an address or a number of one."""

from __future__ import annotations

import re

_WORDS = {
    "a name": r"(?:sur|last|first|given|middle|maiden|family|full|patient_?|birth_?|pre)?_?name|initials|nom|prenom|naam|"
    r"voornaam|achternaam|vorname|nachname",
    "a date of birth": r"(?:date_?of_?birth|birth_?date|dob|birthday|geboortedatum|geburtsdatum|date_?(?:de_?)?naissance)",
    "a national or hospital number": r"(?:national|social_?security|insurance|hospital|medical_?record|record|dossier|identity|passport|"
    r"patient)_?(?:number|no|nr|num)|mrn|ssn|nhs(?:_?(?:number|no))?|niss|nrn|insz|bsn|nir|nif|pesel|cpr|ahv",
    "an e-mail address": r"e_?mail(?:_?address)?|mail|courriel",
    "a telephone number": r"(?:tele)?(?:phone|fon)(?:_?(?:number|no|nr))?|tel|gsm|mobile|fax|handy",
    "an address": r"(?:home_?|postal_?|street_?)?address(?:_?(?:line_?)?\d)?|street|adresse?|postcode|postal_?code|zip(?:_?code)?|city|town|plz",
}  # fmt: skip
_COLUMNS = {kind: re.compile(rf"(?:{words})", re.IGNORECASE) for kind, words in _WORDS.items()}
_CELLS = {
    "an e-mail address": re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[A-Za-z]{2,}"),
    "a name": re.compile(r"[^\W\d_]{2,}\^[^\W\d_]+|(?:\b(?:Mr|Mrs|Ms|Dr|Mme|Mevr|Frau|Herr)\.?\s+[A-Z][a-z]+)"),
    "a telephone number": re.compile(r"(?<![\w.])(?:\+|00)\d{1,3}[ ./-]?(?:\(0\))?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}(?!\d)"),
    "a date": re.compile(r"(?<!\d)(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./]\d{1,2}|\d{1,2}[-./](?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d)(?!\d)"),
}  # fmt: skip
_DIGITS = re.compile(r"(?<![\w.])\d[\d .\-/]{8,13}\d(?![\w.])")
_SPACED_NAME = re.compile(r"[A-ZÀ-Þ][\w'-]+,? [A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?")


def column_kind(name: str) -> str:
    """What a column's name says that it holds, of direct identifiers; empty if none.

    >>> column_kind("Date of birth"), column_kind("MRN"), column_kind("weight_kg"), column_kind("birth_date")
    ('a date of birth', 'a national or hospital number', '', 'a date of birth')
    """
    plain = re.sub(r"[\s.\-]+", "_", name.strip())
    plain = re.sub(r"^(?:patients?_)(?=\w)|'s(?=_)", "", plain, flags=re.IGNORECASE) or plain
    return next((kind for kind, pattern in _COLUMNS.items() if pattern.fullmatch(plain)), "")


def cell_kind(text: str, *, pseudonym: bool = False) -> str:
    """What a cell's text looks like, of direct identifiers; empty if nothing.

    >>> cell_kind("ann@example.org"), cell_kind("DOE^JANE"), cell_kind("85.07.30-033.28"), cell_kind("lung nodule")
    ('an e-mail address', 'a name', 'a national number', '')
    """
    for kind, pattern in _CELLS.items():
        if pattern.search(text):
            return kind
    if any(_is_national(re.sub(r"\D", "", found[0])) for found in _DIGITS.finditer(text)):
        return "a national number"
    if pseudonym and _SPACED_NAME.fullmatch(text.strip()):
        return "a name"
    return ""


def _is_national(digits: str) -> bool:
    """Whether digits carry the check of a national number: Belgian (11), French (15), Dutch (9), British NHS (10)."""
    if len(digits) == 11:
        body, check = int(digits[:9]), int(digits[9:])
        return check in (97 - body % 97, 97 - (2_000_000_000 + body) % 97)
    if len(digits) == 10:
        check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(digits[:9])) % 11
        return (0 if check == 11 else check) == int(digits[9])
    if len(digits) == 15:
        return int(digits[13:]) == 97 - int(digits[:13]) % 97
    return False
