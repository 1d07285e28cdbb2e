"""Makes the writer of small PET series importable: tests are collected without touching the import path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
