"""Saving a figure: complete files or none, the same bytes every time."""

from __future__ import annotations

import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from analysis.figures import save
from analysis.figures.canvas import new_figure

SCRIPT = """
import sys
from analysis.figures.canvas import new_figure
from analysis.figures.saving import png_bytes, svg_bytes
import hashlib
figure = new_figure(85, 60, simulated=True)
axes = figure.subplots()
axes.bar([0, 1], [1, 2], hatch="//")
axes.plot([0, 1], [0, 1], "o", clip_on=True)
print(hashlib.sha256(svg_bytes(figure)).hexdigest(), hashlib.sha256(png_bytes(figure)).hexdigest())
"""


def small():
    figure = new_figure(60, 40, simulated=True)
    figure.subplots().plot([0, 1], [0, 1])
    return figure


def chunks(png: bytes) -> list[str]:
    names, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        names.append(png[at + 4 : at + 8].decode())
        at += 12 + length
    return names


def test_both_files_are_named_by_the_stem_and_a_dot_in_it_stays(tmp_path):
    svg, png = save(small(), tmp_path / "new" / "fig-v1.2")
    assert (svg.name, png.name) == ("fig-v1.2.svg", "fig-v1.2.png")
    assert sorted(path.name for path in svg.parent.iterdir()) == ["fig-v1.2.png", "fig-v1.2.svg"]


def test_the_png_has_two_hundred_dots_an_inch_and_nothing_but_the_picture(tmp_path):
    _, png = save(small(), tmp_path / "figure")
    with Image.open(png) as picture:
        assert picture.size == (int(60 / 25.4 * 200), int(45 / 25.4 * 200))
        assert picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
        assert picture.mode == "P"
    assert set(chunks(png.read_bytes())) == {"IHDR", "PLTE", "pHYs", "IDAT", "IEND"}


def test_white_stays_white(tmp_path):
    _, png = save(small(), tmp_path / "figure")
    with Image.open(png) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_projections_greys_survive_the_palette(tmp_path):
    figure = new_figure(80, 80, simulated=False, constrained=False)
    figure.figimage(
        np.linspace(0, 1, 256)[None, :].repeat(40, axis=0), cmap="gray_r", xo=5, yo=5, resize=False
    )
    _, png = save(figure, tmp_path / "ramp")
    with Image.open(png) as picture:
        greys = np.unique(np.asarray(picture.convert("L")))
    assert len(greys) >= 128


def test_the_svg_says_neither_when_nor_by_what_it_was_made(tmp_path):
    svg, _ = save(small(), tmp_path / "figure")
    content = svg.read_text(encoding="utf-8")
    assert "dc:date" not in content
    assert "Matplotlib" not in content
    assert "http://www.w3.org" in content


def test_another_process_with_another_hash_seed_makes_the_same_bytes():
    made = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1] != ""


def test_a_failure_leaves_the_old_files_and_nothing_else(tmp_path, monkeypatch):
    svg, png = save(small(), tmp_path / "figure")
    before = svg.read_bytes(), png.read_bytes()

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("analysis.figures.saving.png_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        save(new_figure(60, 40, simulated=False), tmp_path / "figure")
    assert (svg.read_bytes(), png.read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        save(small(), tmp_path / "figure")
    assert list(tmp_path.iterdir()) == []


def test_a_saved_figure_can_be_saved_again_with_the_same_bytes(tmp_path):
    figure = small()
    first = [path.read_bytes() for path in save(figure, tmp_path / "one")]
    assert [path.read_bytes() for path in save(figure, tmp_path / "two")] == first
