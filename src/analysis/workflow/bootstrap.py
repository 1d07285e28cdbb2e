"""Build a virtual environment from a hashed lock file with nothing but Python and pip.

Run by ``make`` as a plain script, before anything is installed: it may import the standard library only.
It installs ``uv`` (pinned and hashed) into ``.tools``, creates the environment, and installs the lock file
into it. Whatever index, mirror or certificate pip is configured with is handed on to uv, which does not read
pip's configuration itself. Where uv cannot be had, pip does the same work, slower.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".tools"
FINISHED = ".complete"
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}


def say(text: str) -> None:
    """One line of progress on standard error."""
    print(f"environment: {text}", file=sys.stderr, flush=True)  # noqa: T201  (no logging before anything is installed)


def pip(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the pip of the Python that runs this script."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, text=True, capture_output=capture, check=False)


def pip_settings() -> dict[str, str]:
    """Index settings of pip (files and PIP_ variables) as uv's environment variables.

    A variable that uv's user has set already wins. Values with several entries keep them all:
    pip separates them by white space, uv by white space too, except ``UV_FIND_LINKS`` (commas).
    """
    found: dict[str, str] = {}
    listing = pip("config", "list", capture=True).stdout
    for line in listing.splitlines():
        name, _, quoted = line.partition("=")
        option = name.rpartition(".")[2]
        if name.startswith(("global.", "install.", ":env:.")) and option in PIP_TO_UV:
            value = quoted.strip().strip("'\"").replace("\\n", " ")
            separator = "," if option == "find-links" else " "
            found[PIP_TO_UV[option]] = separator.join(value.split())
    return {name: value for name, value in found.items() if value and name not in os.environ}


def get_uv() -> Path | None:
    """Path of uv: installed into ``.tools`` at the pinned version, or None where that is impossible."""
    uv = TOOLS / "bin" / "uv"
    lock = ROOT / "requirements-uv.lock"
    wanted = lock.read_text(encoding="utf-8").split()[0].partition("==")[2]
    if (
        uv.exists()
        and f"uv {wanted}"
        in subprocess.run([uv, "--version"], text=True, capture_output=True, check=False).stdout
    ):
        return uv
    say("installing uv, the installer, into .tools")
    shutil.rmtree(TOOLS, ignore_errors=True)
    done = pip(
        "install",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--target",
        str(TOOLS),
        "-r",
        str(lock),
        capture=True,
    )
    if done.returncode == 0 and uv.exists():
        return uv
    say("uv is not to be had here; pip installs instead, which takes longer")
    say(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip gave no reason")
    return None


def install_with_uv(uv: Path, lock: Path, target: Path) -> int:
    """Create the environment and install the lock file with uv; returns the exit status."""
    # Hashes decide which file is right, so every index may offer it, as with pip.
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match", **os.environ, **pip_settings()}
    environment.pop("VIRTUAL_ENV", None)
    made = subprocess.run(
        [uv, "venv", "--quiet", "--no-config", "--clear", "--python", sys.executable, target],
        env=environment,
        check=False,
    )
    if made.returncode:
        return made.returncode
    say(f"installing {lock.name} into {target.name}")
    command = [
        uv,
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--compile-bytecode",
        "--no-config",
        "--python",
        python_of(target),
        lock,
    ]
    return subprocess.run(command, env=environment, check=False).returncode


def install_with_pip(lock: Path, target: Path) -> int:
    """The same with the standard library's venv and pip; returns the exit status."""
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", target], check=False)
    if made.returncode:
        return made.returncode
    say(f"installing {lock.name} into {target.name} with pip")
    done = pip(
        "--python",
        str(python_of(target)),
        "install",
        "--quiet",
        "--retries",
        "2",
        "--require-hashes",
        "--compile",
        "--no-deps",
        "-r",
        str(lock),
    )
    return done.returncode


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / "bin" / "python"


def link_package(environment: Path) -> None:
    """Put ``src`` on the environment's path, so that ``python -m analysis`` works from anywhere.

    As a way from the environment to it: a copy of the project has its own package, and one that was moved finds it.
    """
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run(
        [python_of(environment), "-c", query], text=True, capture_output=True, check=True
    ).stdout.strip()
    way = os.path.relpath(ROOT / "src", packages)
    (Path(packages) / "analysis-project.pth").write_text(f"{way}\n", encoding="utf-8")


def main() -> int:
    """Build the environment; 0 when it is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("lock", type=Path, help="hashed requirements file")
    parser.add_argument("target", type=Path, help="folder of the environment")
    arguments = parser.parse_args()
    lock, target = arguments.lock.resolve(), arguments.target.resolve()
    if sys.version_info < (3, 11):  # noqa: UP036  (this script also runs on the Python that is too old)
        say(
            f"Python {sys.version.split()[0]} is too old. Expected: 3.11 or newer. Do: make PYTHON=/path/to/python3.11 ..."
        )
        return 2
    if pip("--version", capture=True).returncode:
        say(
            f"{sys.executable} has no pip. Do: install it (Debian: apt-get install python3-pip), then run make again"
        )
        return 2
    (target / FINISHED).unlink(missing_ok=True)
    uv = get_uv()
    if uv and install_with_uv(uv, lock, target):
        say("uv could not install the packages; trying pip")
        uv = None
    if not uv and install_with_pip(lock, target):
        say(
            "the packages could not be installed. Do: check that pip can reach a package index or mirror (pip config list), then run make again"
        )
        return 1
    link_package(target)
    (target / FINISHED).touch()
    say(f"{target.name} is ready")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
