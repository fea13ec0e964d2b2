"""Writing a curriculum folder: what was read is read again, and written again to the same bytes."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.markdown import DIRECTIVES, TITLED, Block, MarkdownError, join, normalise
from lms.curriculum.model import Curriculum
from lms.curriculum.reader import read
from lms.curriculum.writer import render, write
from tests.lms.curriculum.builder import small

REAL = Path(__file__).parents[3] / "content" / "curriculum"


def loaded(folder: Path) -> Curriculum:
    curriculum, problems = read(folder)
    assert problems == []
    assert curriculum is not None
    return curriculum


def same(one: Curriculum, other: Curriculum) -> bool:
    return replace(one, digest="") == replace(other, digest="")


@pytest.mark.parametrize("source", ["real", "small", "three"])
def test_what_is_written_is_read_as_the_same_curriculum(source: str, tmp_path: Path) -> None:
    if source == "real":
        folder = REAL
    else:
        folder = small(locales=("fr", "en", "bm") if source == "three" else ("fr", "en")).write(tmp_path / "in")
    curriculum = loaded(folder)
    written = write(curriculum, tmp_path / "out")
    again = loaded(tmp_path / "out")
    assert same(again, curriculum)
    assert render(again) == render(curriculum)
    assert sorted(written) == sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()
    )


def test_the_real_folder_keeps_its_files_and_its_words() -> None:
    files = render(loaded(REAL))
    there = {p.relative_to(REAL).as_posix(): p.read_bytes() for p in REAL.rglob("*") if p.is_file()}
    assert files.keys() == there.keys()
    for name, data in there.items():
        if (
            name.endswith(".svg")
            or (not name.startswith("courses/") and not name.endswith(".yaml"))
            or name.startswith(("surveys/", "rubrics/", "pathways/", "calibration/"))
        ):
            assert files[name] == data, name
        elif name.endswith(".md"):
            assert files[name].split(b"\n---\n", 1)[1].strip() == data.split(b"\n---\n", 1)[1].strip(), name


def test_one_course_is_written_with_those_it_requires_and_can_be_read_alone(tmp_path: Path) -> None:
    curriculum = loaded(small().write(tmp_path / "in"))
    write(curriculum, tmp_path / "alpha", only_course="alpha")
    write(curriculum, tmp_path / "beta", only_course="beta")
    assert [course.slug for course in loaded(tmp_path / "alpha").courses] == ["alpha"]
    assert [course.slug for course in loaded(tmp_path / "beta").courses] == ["alpha", "beta"]
    assert loaded(tmp_path / "alpha").documents == ()
    with pytest.raises(KeyError):
        write(curriculum, tmp_path / "gamma", only_course="gamma")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    curriculum = loaded(small().write(tmp_path / "in"))
    with pytest.raises(FileExistsError):
        write(curriculum, tmp_path / "in")


@pytest.mark.parametrize("path", ["../out.md", "/tmp/out.md", "calibration/../../x", "a\\b"])
def test_no_name_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    curriculum = loaded(small().write(tmp_path / "in"))
    document = replace(curriculum.documents[0], path=path)
    with pytest.raises(ValueError, match="leads out"):
        write(replace(curriculum, documents=(document,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_order_of_keys_in_a_database_changes_nothing(tmp_path: Path) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    curriculum = loaded(small().write(tmp_path))
    course = curriculum.courses[0]
    module = course.modules[0]
    questions = tuple(replace(question, body=turned(question.body)) for question in module.questions)
    sections = {
        name: tuple(replace(entry, data=turned(entry.data), label=turned(entry.label)) for entry in entries)
        for name, entries in curriculum.programme.sections.items()
    }
    changed = replace(
        curriculum,
        programme=replace(curriculum.programme, sections=sections),
        courses=(replace(course, modules=(replace(module, questions=questions),)), *curriculum.courses[1:]),
    )
    assert render(changed) == render(curriculum)


# Any text that an author may type: letters of our languages, YAML's and Markdown's signs, spaces of all kinds.
ALPHABET = st.one_of(
    st.sampled_from("aé ɛɲ:#-'\"{}[]|>&*!%@`,?<\\/~=\n\u00a0\u202f\u2028\ufeff\U0001f3e0عن0.1"),
    st.characters(blacklist_categories=("Cs", "Cc")),
)
WORDS = st.one_of(
    st.text(ALPHABET, min_size=1, max_size=20).filter(lambda text: bool(text.strip())),
    st.sampled_from(
        ["yes", "No", "null", "~", "12:30", "1e3", "0x1F", "2026-11-01", "=", "<<", "- a", "a: b", "on", "1_0"]
    ),
).filter(lambda text: "\uffff" not in text and "\ufffe" not in text)
BOTH = st.fixed_dictionaries({"fr": WORDS, "en": WORDS})
MARKDOWN = st.lists(st.text(ALPHABET, max_size=12), max_size=4).map("\n".join)
BLOCK = st.one_of(
    MARKDOWN.map(lambda text: Block("text", text)),
    WORDS.map(lambda text: Block("heading", text)),
    st.tuples(st.sampled_from(DIRECTIVES), WORDS, MARKDOWN).map(
        lambda t: Block(t[0], {"title": t[1], "text": t[2]} if t[0] in TITLED else {"text": t[2]})
    ),
)


def writable(blocks: list[Block]) -> list[Block]:
    """The blocks that the format can hold, in the normal form."""
    kept = []
    for block in blocks:
        try:
            join([block], locale="fr")
        except MarkdownError:
            continue
        kept.append(block)
    return normalise([Block("heading", "A"), *kept])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    return loaded(small().write(tmp_path_factory.mktemp("small")))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(title=BOTH, prompt=BOTH, option=BOTH, term=BOTH, name=WORDS, blocks=st.lists(BLOCK, max_size=4), extra=WORDS)
def test_any_words_come_back(
    base: Curriculum, title: dict, prompt: dict, option: dict, term: dict, name: str, blocks: list, extra: str
) -> None:
    course = base.courses[0]
    module = course.modules[0]
    lesson = module.lessons[0]
    mine = tuple(writable(blocks))
    words = {
        locale: replace(lesson.words[locale], title=name, objectives=(name,), blocks=mine, extra={"note": extra})
        for locale in ("fr", "en")
    }
    question = module.questions[0]
    options = [{**question.body["options"][0], **option}, *question.body["options"][1:]]
    question = replace(question, prompt=prompt, body={"options": options})
    module = replace(
        module,
        summary=title,
        lessons=(replace(lesson, words=words), *module.lessons[1:]),
        questions=(question, *module.questions[1:]),
    )
    course = replace(course, title=title, modules=(module,), extra={"support": {"who": [extra, {"x": name}]}})
    changed = replace(
        base, courses=(course, *base.courses[1:]), glossary=(replace(base.glossary[0], term=term, definition=title),)
    )
    with TemporaryDirectory() as folder:
        write(changed, Path(folder))
        curriculum, problems = read(Path(folder))
    assert problems == []
    assert curriculum is not None
    assert same(curriculum, changed)
