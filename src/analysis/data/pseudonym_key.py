"""The key from which pseudonyms, date shifts and new UIDs follow: whoever holds it can repeat them, nobody else.

All of them are HMAC-SHA256 (RFC 2104) of what they replace, so that the same key gives the same pseudonym today and next year,
in tables and images alike, without a list that links names to pseudonyms having to be kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import StudyError
from analysis.study import project_root

LONGEST_SHIFT_DAYS = 1825
"""Dates move into the past by 1 to so many days, five years."""
_BYTES = 32


@dataclass(frozen=True)
class PseudonymKey:
    """A secret of 32 bytes; it never shows in a message, a log or a traceback."""

    secret: bytes = field(repr=False)

    def _digest(self, kind: str, original: str) -> bytes:
        return hmac.new(self.secret, f"{kind}\x1f{original}".encode(), hashlib.sha256).digest()

    def _token(self, kind: str, original: str, length: int) -> str:
        return base64.b32encode(self._digest(kind, original))[:length].decode()

    def patient(self, original: str) -> str:
        """Pseudonym of a patient; blanks around the original and its case do not matter.

        >>> key = PseudonymKey(b"k" * 32)
        >>> key.patient("12345") == key.patient(" 12345 "), key.patient("12345") == key.patient("12346")
        (True, False)
        """
        return f"P-{self._token('patient', _plain(original), 10)}"

    def name(self, kind: str, original: str) -> str:
        """Pseudonym of a sample, a centre or a file: capital letter of its kind and eight characters."""
        return f"{kind[:1].upper()}-{self._token(kind, _plain(original), 8)}"

    def shift_days(self, original: str) -> int:
        """Days that are added to every date of a patient: from -1825 to -1, the same in tables and images."""
        number = int.from_bytes(self._digest("shift", _plain(original))[:8], "big")
        return -1 - number % LONGEST_SHIFT_DAYS

    def uid(self, original: str) -> str:
        """DICOM UID that stands for another, below 2.25 (PS3.5 B.2); the same wherever the original is referred to."""
        return f"2.25.{int.from_bytes(self._digest('uid', original.strip())[:16], 'big')}"

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart without telling either."""
        return self._token("fingerprint", "", 16)


def _plain(original: str) -> str:
    return original.strip().casefold()


def read_key(file: Path) -> PseudonymKey:
    """The key in a file.

    Raises
    ------
    StudyError
        If it is not there, holds no key, others can read it, or it lies where it must not.
    """
    _check_place(file)
    try:
        text = file.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError as problem:
        raise StudyError(
            "there is no key file",
            where=file.name,
            do="make one with --new-key; keep it as long as the study",
        ) from problem
    except (OSError, ValueError) as problem:
        # `from None` would hide the kind; the text of a UnicodeDecodeError would show bytes of the file.
        raise StudyError(
            f"the key file cannot be read ({type(problem).__name__})", where=file.name, expected="64 hexadecimal digits"
        ) from None  # fmt: skip
    if len(secret) != _BYTES:
        raise StudyError("the key file holds no key", where=file.name, expected="64 hexadecimal digits")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise StudyError(
            "others than its owner can read the key file", where=file.name, do=f"chmod 600 {file.name}"
        )
    return PseudonymKey(secret)


def new_key(file: Path) -> PseudonymKey:
    """A random key, written to a file that only its owner can read; a file that is there is never replaced.

    Raises
    ------
    StudyError
        If there is such a file already, or it would lie where it must not.
    """
    _check_place(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_bytes(_BYTES)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as problem:
        raise StudyError(
            "there is a key file of that name, and it is not replaced: its pseudonyms could never be made again",
            where=file.name,
            do="use it without --new-key, or name another file",
        ) from problem
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(secret.hex() + "\n")
    return PseudonymKey(secret)


def _check_place(file: Path) -> None:
    """A key beside the data it protects is no protection, and one in the checkout is a commit away from everybody."""
    if file.resolve().is_relative_to(project_root().resolve()):
        raise StudyError(
            "the key lies inside the checkout",
            where=file.name,
            expected="a file outside it, on another disk if there is one",
            do="name another place with --key",
        )
