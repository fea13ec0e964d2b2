"""Lesson Markdown: blocks there and back, safe HTML, French spaces, plain words."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.markdown import (
    DIRECTIVES,
    TITLED,
    Block,
    MarkdownError,
    join,
    normalise,
    plain,
    render_text,
    scan,
    split,
    typeset,
)

CURRICULUM = Path(__file__).parents[2] / "content" / "curriculum"
LESSONS = sorted(CURRICULUM.glob("courses/*/modules/*/*.md"))

LESSON = """\
## The register

A first paragraph.

- one
- two

| Who | What |
|---|---|
| Guard | Register |

![The path](figures/admission-path.fr.svg)

:::case The missing paper
A case.

Two paragraphs.
:::

:::warning
Beware.
:::

:::reflect
What now?
:::
"""


def body(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n---\n", 1)[1]


def test_every_lesson_of_the_curriculum_comes_back_as_it_was() -> None:
    assert len(LESSONS) == 108
    for path in LESSONS:
        locale = path.suffixes[-2][1:]
        trimmed = "\n".join(line.rstrip() for line in body(path).strip().split("\n")) + "\n"
        blocks = split(body(path), locale=locale)
        assert join(blocks, locale=locale) == trimmed, path
        assert split(trimmed, locale=locale) == blocks, path


def test_a_lesson_is_taken_apart_into_its_blocks() -> None:
    assert split(LESSON) == [
        Block("heading", "The register"),
        Block("text", "A first paragraph.\n\n- one\n- two"),
        Block("table", "| Who | What |\n|---|---|\n| Guard | Register |"),
        Block("figure", {"name": "admission-path", "alt": "The path"}),
        Block("case", {"title": "The missing paper", "text": "A case.\n\nTwo paragraphs."}),
        Block("warning", {"title": "", "text": "Beware."}),
        Block("reflect", {"text": "What now?"}),
    ]
    assert [line for line, _block in scan(LESSON)[0]] == [1, 3, 8, 12, 14, 20, 24]


def test_the_normal_form_tidies_white_space_and_joins_neighbouring_texts() -> None:
    loose = "\r\n\r\nOne  \r\n\r\n\r\n\r\nTwo\t\r\n## Head   line\r\n```\r\ncode\r\n\r\n\r\n## no head\r\n:::\r\n```\r\n:::key\r\n\r\nK\r\n:::"
    assert join(split(loose), locale="fr") == (
        "One\n\nTwo\n\n## Head line\n\n```\ncode\n\n\n## no head\n:::\n```\n\n:::key\nK\n:::\n"
    )
    assert join([("text", "One"), ("text", ""), ("text", "Two")], locale="fr") == "One\n\nTwo\n"
    assert join([], locale="fr") == ""


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("Text\n\n:::case A\nText", 3, "not closed"),
        ("a\n:::video\nText\n:::", 2, "not known"),
        (":::<script>\nText\n:::", 1, "not known"),
        ("Text\n:::", 2, "none is open"),
        (":::case\nText\n:::", 1, "title"),
        (":::key Title\nText\n:::", 1, "no title"),
        (":::key\n\n:::", 1, "empty"),
        (":::key\nA\n:::reflect\nB\n:::", 3, "closed"),
        (":::key\n## Head\n:::", 2, "inside"),
        (":::key\n![a](figures/b.fr.svg)\n:::", 2, "inside"),
        ("# Head", 1, "two signs"),
        ("### Head", 1, "two signs"),
        ("##Text\n\n##", 3, "two signs"),
        ("See ![a](figures/b.fr.svg)", 1, "alone"),
        ("![a](https://elsewhere.example/b.svg)", 1, "alone"),
        ("![a](figures/../../b.fr.svg)", 1, "alone"),
        ("![](figures/b.fr.svg)", 1, "alternative"),
        ("![a](figures/b.en.svg)", 1, "“en”"),
        ("| a | b |\n| c | d |", 1, "dashes"),
        ("| a | b |\n|---|", 1, "dashes"),
        ("```\ncode", 1, "not closed"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(source: str, line: int, said: str) -> None:
    with pytest.raises(MarkdownError) as caught:
        split(source, locale="fr")
    assert caught.value.line == line
    assert said in caught.value.message


def test_all_errors_of_a_source_are_given_at_once() -> None:
    _blocks, errors = scan("# A\n\n:::video\nx\n:::\n\n| a |\n\n:::key\nopen")
    assert [error.line for error in errors] == [1, 3, 7, 9]


@pytest.mark.parametrize(
    "block",
    [
        ("text", "One\n\n## Two"),
        ("text", ":::key"),
        ("text", "| a |\n|---|"),
        ("text", "```\nopen"),
        ("case", {"title": "", "text": "Text"}),
        ("case", {"title": "T", "text": "a\n:::\nb"}),
        ("key", {"text": ""}),
        ("heading", ""),
        ("table", "no table"),
        ("figure", {"name": "../x", "alt": "a"}),
        ("figure", {"name": "x", "alt": "a](b"}),
        ("figure", {"name": "x", "alt": ""}),
        ("script", {"text": "x"}),
    ],
)
def test_a_block_that_would_not_come_back_is_refused(block: tuple) -> None:
    with pytest.raises(MarkdownError) as caught:
        join([("heading", "A"), block], locale="fr")
    assert caught.value.line >= 3


LINE = st.text(st.sampled_from("ab é|#:-`!«» ?[]()<>*_\\\t1."), max_size=12)
TEXT = st.lists(LINE, max_size=6).map("\n".join)
BLOCKS = st.lists(
    st.one_of(
        TEXT.map(lambda text: ("text", text)),
        LINE.map(lambda text: ("heading", text)),
        st.tuples(st.sampled_from(DIRECTIVES), LINE, TEXT).map(
            lambda t: (t[0], {"title": t[1], "text": t[2]} if t[0] in TITLED else {"text": t[2]})
        ),
        st.just(("figure", {"name": "a-b", "alt": "An image"})),
        st.just(("table", "| a | b |\n|---|--:|\n| c | d |")),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(BLOCKS)
def test_blocks_that_can_be_written_come_back_the_same(blocks: list) -> None:
    try:
        written = join(blocks, locale="fr")
    except MarkdownError:
        return
    assert split(written, locale="fr") == normalise(blocks)
    assert join(split(written), locale="fr") == written


@settings(deadline=None)
@given(TEXT)
def test_any_source_that_can_be_split_has_one_normal_form(text: str) -> None:
    try:
        blocks = split(text)
    except MarkdownError:
        return
    once = join(blocks, locale="fr")
    assert split(once) == blocks
    assert join(split(once), locale="fr") == once


# --- HTML


def test_a_table_gets_scopes_labels_and_alignment() -> None:
    html = render_text("| Who | Hours | |\n|---|--:|---|\n| Guard | 12 | x |\n| | 3 | |", lang="fr")
    assert '<table class="stack">' in html
    assert '<th scope="col">Who</th>' in html
    assert re.search(r'<th (class="n" scope="col"|scope="col" class="n")>Hours</th>', html)
    assert '<th scope="row">Guard</th>' in html
    assert re.search(r'<td (class="n" data-label="Hours"|data-label="Hours" class="n")>12</td>', html)
    assert "<td>x</td>" in html
    assert "<td></td>" in html, "an empty first cell is no heading"
    assert "style" not in html


def test_a_table_with_long_heads_says_so_by_its_class() -> None:
    assert 'class="stack tall"' in render_text("| A | Ce que disent les Règles |\n|---|---|\n| b | c |", lang="fr")


def test_links_keep_good_schemes_only_and_outer_ones_get_noopener() -> None:
    html = render_text(
        "[a](https://example.org/x?a=1) [b](#g) [c](javascript:alert(1)) [d](data:text/html,x) <https://e.org/?q> [e](//e.org)",
        lang="en",
    )
    assert html.count('rel="noopener"') == 3
    assert 'href="#g"' in html
    assert "href=" not in html.split("#g", 1)[1].split("e.org")[0].replace('href="https://', "")
    assert not re.search(r'href="(javascript|data)', html)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    '[x](https://e.org "\\" onclick=\\"alert(1)")',
    "<svg/onload=alert(1)>",
    "| <script> | b |\n|---|---|\n| <b onclick=x> | \"' onfocus=alert(1) x=' |",
    "`<script>`",
    "```<script>\n</code><script>alert(1)</script>\n```",
    "# Head\n\nHead\n====\n\n<h1>x</h1>",
    "&lt;script&gt;",
    "\u0000<scr\u0000ipt>",
    "<!-- --><style>*{}</style>",
]


@pytest.mark.parametrize("source", HOSTILE)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_hostile_text_becomes_harmless_words(source: str, lang: str) -> None:
    html = render_text(source, lang=lang)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html)}
    assert tags <= {*("p", "a", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "em", "strong")}
    assert not re.search(r"<[^>]*\son\w+\s*=(?=[^<>]*>)(?![^<]*data-label)", re.sub(r'"[^"]*"', '""', html))
    assert not re.search(r'href\s*=\s*"?\s*(javascript|data|vbscript)', html, re.IGNORECASE)


@pytest.mark.parametrize(
    "source",
    [
        ">" * 20_000,
        "- " * 5_000,
        "[" * 20_000,
        "*a " * 20_000,
        "[a](" * 10_000,
        "`" * 3 + "\n" + "x\n" * 20_000,
        "<a " * 20_000,
    ],
)
def test_huge_nesting_ends(source: str) -> None:
    assert isinstance(render_text(source, lang="fr"), str)
    assert isinstance(plain(source), str)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_text_makes_a_tag_that_is_not_ours(text: str) -> None:
    html = render_text(text, lang="fr")
    assert "<script" not in html
    assert "<h" not in html.replace("<hr", "")


# --- French spaces and plain words


@pytest.mark.parametrize(
    ("typed", "set_as"),
    [
        ("Quoi ? Non!", "Quoi\u202f? Non\u202f!"),
        ("un ; deux : trois", "un\u202f; deux\u00a0: trois"),
        ("« oui »", "«\u00a0oui\u00a0»"),
        ("«oui !»", "«\u00a0oui\u202f!\u00a0»"),
        ("80 %", "80\u00a0%"),
        ("14:30 et 2:1", "14:30 et 2:1"),
        ("voir https://e.org/a?b=c;d : ici", "voir https://e.org/a?b=c;d\u00a0: ici"),
        ("Déjà\u00a0? Bien\u202f: oui", "Déjà\u202f? Bien\u00a0: oui"),
    ],
)
def test_french_gets_its_spaces(typed: str, set_as: str) -> None:
    assert typeset(typed, lang="fr") == set_as
    assert typeset(typed, lang="en") == typed
    assert typeset(typed, lang="fr-ML") == set_as


@given(st.text(st.sampled_from("a1 ;?!:«»%.,()/@h\u00a0\u202f\n"), max_size=30))
def test_setting_twice_changes_nothing(text: str) -> None:
    once = typeset(text, lang="fr")
    assert typeset(once, lang="fr") == once


def test_code_and_addresses_keep_their_spaces() -> None:
    html = render_text("`a ? b` <https://e.org/?a> **Bon** ?", lang="fr")
    assert "<code>a ? b</code>" in html
    assert ">https://e.org/?a</a>" in html
    assert "</strong>\u202f?" in html


def test_plain_words_of_a_whole_lesson() -> None:
    assert plain(LESSON) == (
        "The register A first paragraph. one two Who What Guard Register The path The missing paper A case. "
        "Two paragraphs. Beware. What now?"
    )
    assert plain("**bold** [text](https://e.org) `x`\nnext <b>") == "bold text x next <b>"
