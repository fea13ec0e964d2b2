"""Reading a curriculum folder: what is good is taken, what is wrong is said with file, line, field and reason."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.markdown import Block
from lms.curriculum.model import Problem
from lms.curriculum.reader import read
from tests.lms.curriculum.builder import Folder, key, small

REAL = Path(__file__).parents[3] / "content" / "curriculum"
COURSE = "courses/alpha/course.yaml"
EXAM = "courses/alpha/exam.yaml"
MODULE = "courses/alpha/modules/01-first/module.yaml"
QUESTIONS = "courses/alpha/modules/01-first/questions.yaml"
LESSON_FR = "courses/alpha/modules/01-first/01-one.fr.md"
LESSON_EN = "courses/alpha/modules/01-first/01-one.en.md"
FIGURE = "courses/alpha/figures/path.fr.svg"


def problems_of(folder: Folder, tmp_path: Path) -> list[Problem]:
    curriculum, problems = read(folder.write(tmp_path))
    assert (curriculum is None) == bool(problems)
    return problems


def test_the_real_folder_is_read_whole_and_quickly() -> None:
    start = time.process_time()  # its own time: others may keep the machine busy
    curriculum, problems = read(REAL)
    assert problems == []
    assert time.process_time() - start < 5
    assert curriculum is not None
    assert curriculum.locales == ("fr", "en")
    assert [len(curriculum.courses), len(curriculum.sources), len(curriculum.norms)] == [7, 105, 85]
    assert sum(len(module.lessons) for course in curriculum.courses for module in course.modules) == 54
    questions = [q for c in curriculum.courses for m in c.modules for q in m.questions]
    assert len(questions) + sum(len(course.exam) for course in curriculum.courses) == 599
    assert all(set(course.guides) == {"fr", "en"} for course in curriculum.courses)
    asked = {course.slug: course.extra for course in curriculum.courses if course.extra}
    assert asked == {slug: {"support_contact": True} for slug in ("evidence-collection", "mandela-rules")}


def test_a_small_folder_is_read(tmp_path: Path) -> None:
    curriculum, problems = read(small().write(tmp_path))
    assert problems == []
    assert curriculum is not None
    course = curriculum.courses[0]
    assert (course.slug, str(course.key), course.code) == ("alpha", key("alpha"), "A1")
    assert course.objectives[1] == {"fr": "Objective 1 [fr]", "en": "Objective 1 [en]"}
    lesson = course.modules[0].lessons[0]
    assert (lesson.name, lesson.as_of, lesson.norms) == ("01-one", "2025", ("law-one-1",))
    assert lesson.words["fr"].blocks[0] == Block("heading", "What it says [fr]")
    assert course.figures["path"]["fr"] != course.figures["path"]["en"]
    assert course.modules[0].questions[6].body == {
        "value": 15,
        "tolerance": 0.5,
        "unit": {"fr": "days fr", "en": "days en"},
    }
    assert [document.kind for document in curriculum.documents] == [
        *("note", "calibration", "calibration", "calibration", "pathways", "rubrics", "surveys")
    ]
    assert curriculum.programme.sections["audiences"][0].id == "guards"


def test_a_third_language_is_one_more_key_and_file(tmp_path: Path) -> None:
    curriculum, problems = read(small(locales=("fr", "en", "bm")).write(tmp_path))
    assert problems == []
    assert curriculum is not None
    assert curriculum.locales == ("fr", "en", "bm")
    assert curriculum.courses[0].modules[0].lessons[0].words["bm"].title == "01-one [bm]"


def test_a_third_language_that_is_missing_somewhere_is_said(tmp_path: Path) -> None:
    folder = small(locales=("fr", "en", "bm"))
    folder.change(EXAM, 0, "prompt", "bm", value=...)
    del folder.files["courses/beta/modules/01-first/02-two.bm.md"]
    folder.files["surveys/after.yaml"] = str(folder.files["surveys/after.yaml"]).replace("bm: After [bm]", "ff: x")
    found = {(problem.file, problem.field) for problem in problems_of(folder, tmp_path)}
    assert found == {
        (EXAM, "alpha-90.prompt.bm"),
        ("courses/beta/modules/01-first/02-two.bm.md", ""),
        ("surveys/after.yaml", "title.bm"),
    }


def test_the_digest_changes_with_any_byte_and_any_name(tmp_path: Path) -> None:
    def digest(name: str, change: Callable[[Folder], object]) -> str:
        folder = small()
        change(folder)
        curriculum, _problems = read(folder.write(tmp_path / name))
        assert curriculum is not None
        return curriculum.digest

    same = digest("a", lambda folder: None)
    assert same == digest("b", lambda folder: None)
    assert same != digest("c", lambda folder: folder.edit("FORMAT.md", "format", "Format"))
    assert same != digest("d", lambda folder: folder.files.update({"NOTES.md": folder.files.pop("FORMAT.md")}))


def test_keys_that_the_format_does_not_list_are_kept(tmp_path: Path) -> None:
    folder = small().change(COURSE, "support", value={"email": "help@example.org"})
    folder.change("sources-a.yaml", 0, "check_note", value="Seen.")
    curriculum, _problems = read(folder.write(tmp_path))
    assert curriculum is not None
    assert curriculum.courses[0].extra == {"support": {"email": "help@example.org"}}
    assert curriculum.sources[0].extra == {"check_note": "Seen."}


def edit(name: str, old: str, new: str) -> Callable[[Folder], object]:
    return lambda folder: folder.edit(name, old, new)


def change(name: str, *path: object, value: object) -> Callable[[Folder], object]:
    return lambda folder: folder.change(name, *path, value=value)


def put(name: str, content: str | bytes) -> Callable[[Folder], object]:
    return lambda folder: folder.files.update({name: content})


def drop(name: str) -> Callable[[Folder], object]:
    return lambda folder: folder.files.pop(name)


def svg(inside: str) -> Callable[[Folder], object]:
    return edit(FIGURE, "<defs>", f"{inside}<defs>")


BROKEN: list[tuple[Callable[[Folder], object], str, str, str]] = [
    # (what is done, file, field, part of the reason)
    (drop("programme.yaml"), "programme.yaml", "", "missing"),
    (drop("norms.yaml"), "norms.yaml", "", "missing"),
    (drop(COURSE), COURSE, "", "missing"),
    (drop(EXAM), EXAM, "", "missing"),
    (drop(MODULE), MODULE, "", "missing"),
    (drop(QUESTIONS), QUESTIONS, "", "missing"),
    (drop(LESSON_EN), LESSON_EN, "", "missing"),
    (drop(FIGURE), FIGURE, "", "missing"),
    (drop("courses/alpha/facilitator-guide.en.md"), "courses/alpha/facilitator-guide.en.md", "", "missing"),
    (drop("calibration/case.en.md"), "calibration/case.en.md", "", "missing"),
    (edit(COURSE, "tier: staff", "\ttier: staff"), COURSE, "", "tabs"),
    (edit(COURSE, "tier: staff", "tier: [staff"), COURSE, "", "not valid YAML"),
    (edit(COURSE, "tier: staff", "tier: staff\ntier: open"), COURSE, "tier", "twice"),
    (edit(COURSE, "tier: staff", "tier: &a staff\nother: *a"), COURSE, "other", "Anchors"),
    (edit(COURSE, "tier: staff", "tier: !!python/name:os.system staff"), COURSE, "tier", "tag"),
    (edit(COURSE, "tier: staff", "tier: 12:30"), COURSE, "tier", "quotes"),
    (edit(COURSE, "tier: staff", "tier: yes"), COURSE, "tier", "quotes"),
    (edit(COURSE, "tier: staff", "tier: secret"), COURSE, "tier", "not one of"),
    (edit(COURSE, "tier: staff", 'tier: "\\0"'), COURSE, "tier", "control"),
    (put(COURSE, "- a\n"), COURSE, "", "mapping"),
    (put(COURSE, b"\xff\xfe"), COURSE, "", "UTF-8"),
    (put(LESSON_FR, b"---\ntitle: \xe9\n---\n"), LESSON_FR, "", "UTF-8"),
    (put(EXAM, "a: b\n"), EXAM, "", "list"),
    (put("surveys/bad.yaml", "a: [\n"), "surveys/bad.yaml", "", "not valid YAML"),
    (change(COURSE, "slug", value="other"), COURSE, "slug", "folder"),
    (change(COURSE, "key", value="123"), COURSE, "key", "UUID"),
    (change(COURSE, "key", value="1FE1E26C714B401298E735D4454A615A"), COURSE, "key", "UUID"),
    (change(COURSE, "key", value=key("beta")), "courses/beta/course.yaml", "key", "used already"),
    (change(MODULE, "key", value=key("alpha", "01", "01-one")), LESSON_FR, "key", "used already"),
    (change(COURSE, "code", value="B1"), "courses/beta/course.yaml", "code", "used already"),
    (change(COURSE, "audiences", value=["guards", "pilots"]), COURSE, "audiences", "“pilots” is not known"),
    (change(COURSE, "audiences", value=["detainees"]), COURSE, "audiences", "not known"),
    (change(COURSE, "audiences", value="guards"), COURSE, "audiences", "list of texts"),
    (change(COURSE, "domain", value="d9"), COURSE, "domain", "not known"),
    (change(COURSE, "priorities", value=["p1", "p1"]), COURSE, "priorities", "twice"),
    (change(COURSE, "prerequisites", value=["gamma"]), COURSE, "prerequisites", "not known"),
    (change(COURSE, "prerequisites", value=["beta"]), COURSE, "prerequisites", "requiring itself"),
    (change(COURSE, "prerequisites", value=["alpha"]), COURSE, "prerequisites", "requiring itself"),
    (change(COURSE, "pass_mark", value=101), COURSE, "pass_mark", "0 to 100"),
    (change(COURSE, "pass_mark", value=True), COURSE, "pass_mark", "whole number"),
    (change(COURSE, "minutes", value="30"), COURSE, "minutes", "whole number"),
    (change(COURSE, "title", "en", value=...), COURSE, "title.en", "missing"),
    (change(COURSE, "title", "en", value=" "), COURSE, "title.en", "not empty"),
    (change(COURSE, "title", "en", value=5), COURSE, "title.en", "not empty"),
    (change(COURSE, "title", "xx", value="?"), COURSE, "title.xx", "neither a language"),
    (change(COURSE, "title", "fr", value="x" * 251), COURSE, "title.fr", "250"),
    (change(COURSE, "objectives", 1, "fr", value=...), COURSE, "objectives.[1].fr", "missing"),
    (change(COURSE, "certificate", value=...), COURSE, "certificate", "missing"),
    (change(COURSE, "modules", value=[]), COURSE, "modules", "not in this list"),
    (change(COURSE, "modules", value=["01-first", "02-second"]), COURSE, "modules", "“02-second” is missing"),
    (change(COURSE, "modules", value=["01-first", "../beta"]), COURSE, "modules", "form"),
    (change(MODULE, "lessons", value=["01-one"]), MODULE, "lessons", "“02-two” stands in"),
    (change(COURSE, "final_assessment", "blueprint", 0, "objective", value=2), COURSE, "objective", "0 to 1"),
    (change(COURSE, "final_assessment", "blueprint", 0, "objective", value=1), COURSE, "objective", "twice"),
    (change(COURSE, "final_assessment", "blueprint", 0, "count", value=3), COURSE, "blueprint.[0]", "needs 8"),
    (change(EXAM, 0, "use", value="practice"), EXAM, "use", "not one of"),
    (change(QUESTIONS, 0, "use", value="exam"), QUESTIONS, "use", "not one of"),
    (change(QUESTIONS, 0, "objective", value=2), QUESTIONS, "objective", "no objective 2"),
    (change(QUESTIONS, 0, "objective", value="0"), QUESTIONS, "objective", "whole number"),
    (change(QUESTIONS, 0, "source", value="law-two"), QUESTIONS, "source", "not known"),
    (change(QUESTIONS, 0, "difficulty", value=4), QUESTIONS, "difficulty", "1 to 3"),
    (change(QUESTIONS, 0, "type", value="riddle"), QUESTIONS, "type", "not one of"),
    (change(QUESTIONS, 0, "id", value="alpha-90"), EXAM, "id", "used already"),
    (change(QUESTIONS, 0, "id", value="beta-10"), "courses/beta/modules/01-first/questions.yaml", "id", "used already"),
    (change(QUESTIONS, 0, "options", 1, "correct", value=False), QUESTIONS, "options", "No option"),
    (change(QUESTIONS, 0, "options", 0, "correct", value=True), QUESTIONS, "options", "Only one"),
    (change(QUESTIONS, 0, "options", 0, "correct", value="no"), QUESTIONS, "correct", "true or false"),
    (change(QUESTIONS, 0, "options", 0, "id", value="b"), QUESTIONS, "id", "used already"),
    (change(QUESTIONS, 0, "options", 0, "fr", value=...), QUESTIONS, "options.a.fr", "missing"),
    (change(QUESTIONS, 0, "options", 0, "feedback", "en", value=...), QUESTIONS, "feedback.en", "missing"),
    (change(QUESTIONS, 0, "options", 0, "bonus", value=1), QUESTIONS, "options.a.bonus", "known field"),
    (change(QUESTIONS, 0, "options", value=[]), QUESTIONS, "options", "two options"),
    (change(QUESTIONS, 0, "options", value="x"), QUESTIONS, "options", "must be a list"),
    (change(QUESTIONS, 0, "options", 0, value="x"), QUESTIONS, "options.[0]", "mapping"),
    (change(QUESTIONS, 2, "options", 1, value=...), QUESTIONS, "options", "two options"),
    (change(QUESTIONS, 3, "pairs", 0, "right_id", value="v4"), QUESTIONS, "right_id", "used already"),
    (change(QUESTIONS, 4, "items", 1, value=...), QUESTIONS, "items", "two items"),
    (change(QUESTIONS, 5, "text", "en", value="A {{paper}}."), QUESTIONS, "text", "number of gaps"),
    (change(QUESTIONS, 5, "text", "en", value="A {{paper}} {{x."), QUESTIONS, "text.en", "not closed"),
    (change(QUESTIONS, 5, "text", "en", value="A {{a| }} {{b}}"), QUESTIONS, "text.en", "empty answer"),
    (change(QUESTIONS, 6, "tolerance", value=-1), QUESTIONS, "tolerance", "negative"),
    (change(QUESTIONS, 6, "value", value="x"), QUESTIONS, "value", "number"),
    (change(QUESTIONS, 6, "value", value=...), QUESTIONS, "value", "missing"),
    (change(QUESTIONS, 7, "accepted", "fr", value=[" "]), QUESTIONS, "accepted.fr", "empty"),
    (change(QUESTIONS, 7, "accepted", "fr", value=...), QUESTIONS, "accepted.fr", "missing"),
    (edit(LESSON_FR, "sources: [law-one]", "sources: [law-two]"), LESSON_FR, "sources", "not known"),
    (edit(LESSON_FR, "norms: [law-one-1]", "norms: [law-one-2]"), LESSON_FR, "norms", "not known"),
    (edit(LESSON_FR, "minutes: 10", "minutes: 11"), LESSON_EN, "minutes", "differs"),
    (edit(LESSON_EN, ', "Second [en]"', ""), LESSON_EN, "objectives", "differs"),
    (edit(LESSON_EN, "as_of: 2025", "as_of: soon"), LESSON_EN, "as_of", "year"),
    (edit(LESSON_EN, ":::reflect", ":::practice"), LESSON_EN, "", "structure differs"),
    (edit(LESSON_EN, "| Clerk | | 2 |\n", ""), LESSON_EN, "", "structure differs"),
    (edit(LESSON_EN, ":::key\n- A paper first.\n:::\n", ""), LESSON_EN, "", "structure differs"),
    (edit(LESSON_EN, "path.en.svg", "path.fr.svg"), LESSON_EN, "", "“fr”"),
    (edit(LESSON_EN, "path.en.svg", "road.en.svg"), LESSON_EN, "", "no figure “road”"),
    (edit(LESSON_FR, ":::key\n- A paper first.\n:::", ":::key\n- A paper first."), LESSON_FR, "", "not closed"),
    (edit(LESSON_FR, "---\nkey", "key"), LESSON_FR, "", "head"),
    (edit(LESSON_FR, "audio: false", "audio: perhaps"), LESSON_FR, "audio", "true or false"),
    (
        put("courses/alpha/modules/01-first/03-three.xx.md", "x"),
        "courses/alpha/modules/01-first/03-three.xx.md",
        "",
        "language",
    ),
    (put("courses/alpha/notes.txt", "x"), "courses/alpha/notes.txt", "", "no place"),
    (put("courses/notes.txt", "x"), "courses/notes.txt", "", "no place"),
    (put("sources.yaml", "[]"), "sources.yaml", "", "no place"),
    (svg("<script>alert(1)</script>"), FIGURE, "", "script"),
    (svg("<foreignObject/>"), FIGURE, "", "foreignObject"),
    (svg('<use href="https://example.org/x#a"/>'), FIGURE, "", "outside"),
    (svg('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="x.svg#a"/>'), FIGURE, "", "outside"),
    (svg('<image href="data:image/png;base64,AA"/>'), FIGURE, "", "image"),
    (svg('<rect onload="alert(1)"/>'), FIGURE, "", "onload"),
    (svg('<rect fill="url(https://example.org/#a)"/>'), FIGURE, "", "outside"),
    (svg("<style>@import 'x.css';</style>"), FIGURE, "", "outside"),
    (svg('<animate attributeName="href"/>'), FIGURE, "", "animate"),
    (svg('<b xmlns="http://www.w3.org/1999/xhtml"/>'), FIGURE, "", "element “b”"),
    (edit(FIGURE, "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg"), FIGURE, "", "document type"),
    (edit(FIGURE, "<svg", '<?xml-stylesheet href="x.css"?><svg'), FIGURE, "", "processing instruction"),
    (edit(FIGURE, "</svg>", ""), FIGURE, "", "well-formed"),
    (edit(FIGURE, ' viewBox="0 0 640 320"', ""), FIGURE, "", "viewBox"),
    (put(FIGURE, b"\x00\x01"), FIGURE, "", "well-formed"),
    (change("sources-b.yaml", 0, "id", value="law-one"), "sources-b.yaml", "id", "used already"),
    (change("sources-b.yaml", 0, "url", value="javascript:alert(1)"), "sources-b.yaml", "url", "form"),
    (change("norms.yaml", 0, "source", value="law-two"), "norms.yaml", "source", "not known"),
    (change("glossary-a.yaml", 0, "term_en", value=...), "glossary-a.yaml", "term_en", "missing"),
    (change("programme.yaml", "domains", 0, "en", value=...), "programme.yaml", "domains.d1.en", "missing"),
    (change("programme.yaml", "domains", 0, "bm", value="x"), "programme.yaml", "domains.d1.bm", "not a language"),
    (change("programme.yaml", "matrix", 0, "domain", value="d2"), "programme.yaml", "domain", "not known"),
    (change("programme.yaml", "trainings", 0, "place", "en", value=...), "programme.yaml", "place.en", "missing"),
    (change("programme.yaml", "source", value="law-two"), "programme.yaml", "source", "not known"),
    (change("surveys/after.yaml", "items", 0, "en", value=...), "surveys/after.yaml", "items.i1.en", "missing"),
    (change("pathways/trainer.yaml", "source", value="law-two"), "pathways/trainer.yaml", "source", "not known"),
]


@pytest.mark.parametrize(("act", "file", "field", "reason"), BROKEN)
def test_what_is_wrong_is_reported(
    act: Callable[[Folder], object], file: str, field: str, reason: str, tmp_path: Path
) -> None:
    folder = small()
    act(folder)
    problems = problems_of(folder, tmp_path)
    mine = [p for p in problems if p.file == file and p.field.endswith(field) and reason in p.reason]
    assert mine, "\n".join(map(str, problems))
    assert len(problems) <= 4, "one mistake does not flood the report: " + "\n".join(map(str, problems))


def test_all_problems_of_a_folder_come_in_one_run(tmp_path: Path) -> None:
    folder = small()
    chosen = [
        (change(COURSE, "pass_mark", value=101), COURSE, "pass_mark", "0 to 100"),
        (change(COURSE, "domain", value="d9"), COURSE, "domain", "not known"),
        (change(COURSE, "title", "en", value=...), COURSE, "title.en", "missing"),
        (change(EXAM, 0, "use", value="practice"), EXAM, "use", "not one of"),
        (change(QUESTIONS, 0, "options", 1, "correct", value=False), QUESTIONS, "options", "No option"),
        (change(QUESTIONS, 5, "text", "en", value="A {{paper}}."), QUESTIONS, "text", "number of gaps"),
        (edit(LESSON_FR, "sources: [law-one]", "sources: [law-two]"), LESSON_FR, "sources", "not known"),
        (edit(LESSON_EN, ":::reflect", ":::video"), LESSON_EN, "", "not known"),
        (svg("<script/>"), FIGURE, "", "script"),
        (put("surveys/bad.yaml", "a: [\n"), "surveys/bad.yaml", "", "not valid YAML"),
        (put("rubrics/bad.yaml", b"\xff"), "rubrics/bad.yaml", "", "UTF-8"),
        (change("norms.yaml", 0, "source", value="law-two"), "norms.yaml", "source", "not known"),
    ]
    for act, *_rest in chosen:
        act(folder)
    problems = problems_of(folder, tmp_path)
    for _act, file, field, reason in chosen:
        assert any(p.file == file and p.field.endswith(field) and reason in p.reason for p in problems), (file, reason)
    assert problems == sorted(problems)


def test_the_line_of_a_problem_is_the_line_in_the_file(tmp_path: Path) -> None:
    folder = small()
    folder.edit(COURSE, "pass_mark: 70", "pass_mark: 170")
    folder.edit(EXAM, "difficulty: 1", "difficulty: 9")
    folder.edit(LESSON_FR, "minutes: 10", "minutes: ten")
    folder.edit(LESSON_FR, "A **first**", "### Three\n\nA **first**")
    folder.edit("surveys/after.yaml", "en: After [en]", "en: ''")
    told = {(problem.file, problem.line) for problem in problems_of(folder, tmp_path)}
    for name, text in [
        (COURSE, "pass_mark: 170"),
        (EXAM, "difficulty: 9"),
        (LESSON_FR, "minutes: ten"),
        (LESSON_FR, "### Three"),
        ("surveys/after.yaml", "en: ''"),
    ]:
        lines = str(folder.files[name]).split("\n")
        assert (name, next(n for n, line in enumerate(lines, 1) if text in line)) in told, text


def test_a_question_of_the_exam_is_not_practised_under_another_id(tmp_path: Path) -> None:
    folder = small()
    question = {**folder.data(EXAM)[0], "id": "alpha-copy", "use": "practice"}
    folder.put(QUESTIONS, [*folder.data(QUESTIONS), question])
    problems = problems_of(folder, tmp_path)
    assert [(p.file, p.field) for p in problems] == [(EXAM, "alpha-90.prompt")]
    assert "“alpha-copy” (practice)" in problems[0].reason


def test_links_out_of_the_folder_and_pipes_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    root = small().write(tmp_path / "folder")
    (root / "surveys" / "link.md").symlink_to(secret)
    (root / "rubrics" / "up").symlink_to(tmp_path)
    (root / "rubrics" / "loop").symlink_to(root)
    (root / "rubrics" / "gone").symlink_to(root / "nowhere")
    os.mkfifo(root / "rubrics" / "pipe")
    curriculum, problems = read(root)
    assert curriculum is None
    assert {p.file for p in problems} == {
        *("surveys/link.md", "rubrics/up", "rubrics/loop", "rubrics/gone", "rubrics/pipe")
    }


def test_a_folder_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        curriculum, problems = read(folder)
        assert curriculum is None
        assert len(problems) == 1


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "[" * 5_000,
        "{a: " * 5_000,
        "[" * 500 + "]" * 500,
        "? [a]\n: b\n",
        "a: !!binary xxx\n",
        "--- a\n--- b\n",
        "x: '\\ud800'\n\x01",
        "",
    ],
)
@pytest.mark.parametrize("name", ["programme.yaml", COURSE, EXAM, "sources-a.yaml", "surveys/after.yaml"])
def test_no_yaml_brings_the_reader_down(bomb: str, name: str, tmp_path: Path) -> None:
    folder = small()
    folder.files[name] = bomb
    curriculum, problems = read(folder.write(tmp_path))
    assert problems or (name == "surveys/after.yaml" and not bomb)
    assert (curriculum is None) == bool(problems)


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_no_damage_to_a_file_brings_the_reader_down(data: st.DataObject) -> None:
    folder = small()
    name = data.draw(st.sampled_from(sorted(folder.files)))
    content = str(folder.files[name]).encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 200)))
    put_in = data.draw(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"", b"null", b": ", b"- ", b"\n", b"[]", b"{}", b'"']))
    )
    folder.files[name] = content[:start] + put_in + content[end:]
    with TemporaryDirectory() as place:
        curriculum, problems = read(folder.write(Path(place)))
    assert (curriculum is None) == bool(problems)


PLACES = [
    *((name, path) for name in ("programme.yaml", COURSE, MODULE) for path in [(key,) for key in small().data(name)]),
    *(
        (name, (position, key))
        for name in ("norms.yaml", "sources-b.yaml", "glossary-a.yaml", QUESTIONS, EXAM)
        for position, entry in enumerate(small().data(name)[:8])
        for key in entry
    ),
    *(("programme.yaml", (section, 0)) for section in ("domains", "matrix", "trainings", "facts")),
    *((COURSE, path) for path in [("certificate", "title"), ("final_assessment", "blueprint"), ("objectives", 0)]),
    *((QUESTIONS, path) for path in [(0, "options", 0), (3, "pairs", 0), (4, "items", 0), (5, "text", "fr")]),
]
VALUES = [None, [], {}, "", 0, 1.5, True, "x", ["x"], {"x": 1}, [{"id": 1}], [[1]], {"fr": 1}]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(VALUES)), min_size=1, max_size=3, unique_by=str))
def test_no_value_of_a_wrong_type_brings_the_reader_down(changes: list) -> None:
    folder = small()
    for (name, path), value in changes:
        with suppress(LookupError, TypeError):  # an earlier change took the place away
            folder.change(name, *path, value=value)
    with TemporaryDirectory() as place:
        curriculum, problems = read(folder.write(Path(place)))
    assert (curriculum is None) == bool(problems)
