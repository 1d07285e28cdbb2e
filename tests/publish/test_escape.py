from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.publish.escape import attribute, escape_prose, escape_value
from analysis.publish.render.pandoc import READER


def plain(markdown: str) -> str:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), f"--from={READER}", "--to=plain", "--wrap=none"]
    return (
        subprocess.run(command, input=markdown.encode(), capture_output=True, check=True)
        .stdout.decode()
        .rstrip("\n")
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "$x^2$ and `code` and **bold**",
        "a | b",
        "# heading",
        "> quote",
        "- item",
        "1. first",
        "(2) second",
        "i. roman",
        "[link](http://example.org) @fig-pfs [@key]",
        "{{< include secret.md >}}",
        "-5 to +3, \\alpha & beta; a_b_c ~x~ ^y^ 'q' \"r\" -- ... &lt;",
        "::: {.callout-note}",
    ],
)
def test_an_escaped_value_is_printed_as_it_is(text: str) -> None:
    assert plain(f"Before {escape_value(text)} after") == f"Before {text} after"
    assert plain(escape_value(text)) == text


# One process for many texts: a paragraph each.
@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1),
        min_size=30,
        max_size=60,
    )
)
def test_any_text_survives_markdown(texts: list[str]) -> None:
    wanted = [" ".join(text.split()) or "empty" for text in texts]
    printed = plain("\n\n".join("Was: " + escape_value(text) for text in wanted))
    assert printed.split("\n\n") == ["Was: " + text for text in wanted]


def test_control_characters_do_not_reach_a_file() -> None:
    assert escape_value("a\x00\x1bb") == "ab"


def test_prose_keeps_its_emphasis_and_loses_what_could_run() -> None:
    assert escape_prose("*PIK3CA* <b> $x$ [a](b)") == r"*PIK3CA* \<b\> \$x\$ \[a\](b)"


def test_prose_that_is_escaped_stays_as_it_is() -> None:
    assert escape_prose(escape_prose("a < b")) == escape_prose("a < b")


def test_an_attribute_cannot_be_left_and_is_read_back_as_it_was() -> None:
    import pypandoc

    text = 'x" onclick="evil() & {{< var x >}} \\ <b> #a @b `c`'
    markdown = f"![c](d){{fig-alt={attribute(text)}}}"
    assert "{{<" not in markdown
    command = [pypandoc.get_pandoc_path(), f"--from={READER}", "--to=native"]
    native = subprocess.run(command, input=markdown.encode(), capture_output=True, check=True).stdout.decode()
    assert '"x\\" onclick=\\"evil() & {{< var x >}} \\\\ <b> #a @b `c`"' in native
