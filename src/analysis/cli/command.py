"""What a module of commands is given to add its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Protocol


class AddCommand(Protocol):
    """Adds one command to the command line; its help begins with the first line of the function's docstring."""

    def __call__(
        self, name: str, function: Callable[[argparse.Namespace], int], epilog: str = ""
    ) -> argparse.ArgumentParser:
        """Parser of the new command, for its arguments."""
        ...
