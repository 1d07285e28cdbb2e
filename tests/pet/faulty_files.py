"""Files that end the process that opens them, or raise what nobody expects."""

from __future__ import annotations

import os
import signal
from pathlib import PosixPath


class DeadlyFile(PosixPath):
    """Opening it is like running out of memory: the system ends the process without a word."""

    def __fspath__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("survived")


class OddFile(PosixPath):
    """Opening it raises an error that is not of this package."""

    def __fspath__(self) -> str:
        raise ZeroDivisionError("odd")
