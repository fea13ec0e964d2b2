"""Writing of a curriculum folder, in the normal form.

The normal form: UTF-8 without a mark, line feeds; YAML in block style, one value a line, keys in the order of
FORMAT.md and further keys after them, each mapping of texts in the order of the locales, no comments; Markdown in the
normal form of `content.markdown`; sources and glossary in the files they came from; entries of the programme without
their empty values. Surveys, rubrics, pathways,
calibration and the notes beside them are written as they were read, comments included; so are figures.

`read(write(read(folder)))` gives the same curriculum, its digest apart; writing it again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from django.utils.translation import gettext as _

from content.markdown import join
from lms.curriculum.model import (
    AssignmentData,
    CourseData,
    Curriculum,
    Entry,
    Json,
    LessonData,
    ModuleData,
    QuestionData,
    Source,
    Term,
    Words,
    WorkshopData,
)
from lms.curriculum.questions import PARTS
from lms.curriculum.reference import BY_SLUG, SECTIONS

_WIDE = 1_000_000  # never fold a line: a change of one word shows as one


# The order of the keys that stand in mappings of any kind; the locales come after "id"; others follow by alphabet.
_FIRST = (
    "id",
    "slug",
    "number",
    "priority",
    "domain",
    "marked",
    "status",
    "kind",
    "date",
    "ended",
    "sessions",
    "place",
)
_THEN = (
    *(
        "audience",
        "organisations",
        "source",
        "as_of",
        "value",
        "tolerance",
        "unit",
        "approximate",
        "correct",
        "feedback",
    ),
    *("left", "right_id", "right", "duration", "duration_hours", "group", "group_size"),
)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(curriculum: Curriculum, folder: Path, *, only_course: str | None = None) -> list[str]:
    """Write the folder; `folder` must be empty or not exist. Gives the paths written, in order.

    `only_course` (a slug) writes that course and those it requires, with the programme, sources, norms and glossary
    they rest on, so that the folder can be read on its own; surveys, pathways, calibration, notes and the rubrics that its written work does not
    name are left out. Raises FileExistsError if the folder holds something, KeyError for a course that is not there, ValueError if a
    name would lead out of the folder, MarkdownError if a block cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(_("The folder %(folder)s is not empty. Choose a new one.") % {"folder": folder})
    content = render(curriculum, only_course=only_course)
    for name in content:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
            raise ValueError(_("The name “%(name)s” leads out of the folder.") % {"name": name})
    for name, data in content.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return list(content)


def render(curriculum: Curriculum, *, only_course: str | None = None) -> dict[str, bytes]:
    """Give the files of the folder as {path: bytes}, in order."""
    locales = curriculum.locales
    files: dict[str, bytes] = {"programme.yaml": _yaml(_programme(curriculum, locales))}
    files["norms.yaml"] = _yaml(
        [
            {"id": norm.id, "source": norm.source, "number": norm.number, "label": _words(norm.label, locales)}
            | _more(norm.extra, locales)
            for norm in curriculum.norms
        ]
    )
    for name, entries in _by_file(curriculum.sources, lambda source: _source(source, locales)).items():
        files[name] = _yaml(entries)
    for name, entries in _by_file(curriculum.glossary, lambda term: _term(term, locales)).items():
        files[name] = _yaml(entries)
    courses = _wanted(curriculum, only_course)
    for course in courses:
        _course(files, course, locales)
    rubrics = {f"rubrics/{one.rubric}.yaml" for course in courses for one in _written(course)}
    for document in curriculum.documents:
        if only_course is None or document.path in rubrics:
            files[document.path] = document.text.encode()
    return dict(sorted(files.items()))


def _wanted(curriculum: Curriculum, only: str | None) -> list[CourseData]:
    if only is None:
        return list(curriculum.courses)
    courses = {course.slug: course for course in curriculum.courses}
    wanted: set[str] = set()
    ahead = [only]
    while ahead:
        slug = ahead.pop()
        if slug not in wanted:
            wanted.add(slug)
            ahead.extend(courses[slug].prerequisites)
    return [course for course in curriculum.courses if course.slug in wanted]


def _written(course: CourseData) -> list[AssignmentData]:
    """All the written work of a course."""
    return [*course.assignments, *(one for module in course.modules for one in module.assignments)]


def _yaml(data: Any) -> bytes:
    text: bytes = yaml.dump(
        data,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=_WIDE,
        encoding="utf-8",
    )
    return text


def _words(words: Words, locales: tuple[str, ...]) -> Words:
    return {locale: words[locale] for locale in locales}


def _ordered(value: Any, locales: tuple[str, ...]) -> Any:
    """Give the same data with the keys of every mapping in their order, whatever order a database gave them."""
    if isinstance(value, list):
        return [_ordered(item, locales) for item in value]
    if not isinstance(value, dict):
        return value
    order = (*_FIRST, *locales, *_THEN)
    rank = {name: position for position, name in enumerate(order)}
    return {
        name: _ordered(value[name], locales)
        for name in sorted(value, key=lambda name: (rank.get(name, len(order)), name))
    }


def _more(extra: Json, locales: tuple[str, ...]) -> Json:
    return dict(_ordered(extra, locales))


def _given(**values: Any) -> Json:
    """Leave out what is empty."""
    return {name: value for name, value in values.items() if value not in ("", None, ())}


def _date(text: str) -> int | str:
    return int(text) if len(text) == 4 else text


def _by_file(entries: Iterable[Any], shape: Any) -> dict[str, list[Json]]:
    files: dict[str, list[Json]] = {}
    for entry in entries:
        files.setdefault(entry.file, []).append(shape(entry))
    return files


def _source(source: Source, locales: tuple[str, ...]) -> Json:
    return (
        {
            "id": source.id,
            "title": source.title,
            "author_or_publisher": source.author_or_publisher,
            "year": source.year,
        }
        | _given(url=source.url)
        | {"kind": source.kind}
        | _given(checked=source.checked, checked_against=source.checked_against)
        | _more(source.extra, locales)
    )


def _term(term: Term, locales: tuple[str, ...]) -> Json:
    terms = {f"term_{locale}": term.term[locale] for locale in locales}
    definitions = {f"definition_{locale}": term.definition[locale] for locale in locales}
    return terms | definitions | {"source": term.source} | _more(term.extra, locales)


def _programme(curriculum: Curriculum, locales: tuple[str, ...]) -> Json:
    programme = curriculum.programme

    def entry(section: str, item: Entry) -> Json:
        return {"slug" if section in BY_SLUG else "id": item.id} | _more(item.data | item.label, locales)

    head = {
        "source": programme.source,
        "as_of": programme.as_of,
        "checked": programme.checked,
        "review_by": programme.review_by,
    }
    sections = {
        name: [entry(name, item) for item in programme.sections[name]]
        for name in SECTIONS
        if name in programme.sections
    }
    return head | sections | _more(programme.extra, locales)


def _course(files: dict[str, bytes], course: CourseData, locales: tuple[str, ...]) -> None:
    base = f"courses/{course.slug}/"
    extra = _more(course.extra, locales)
    certificate = {"title": _words(course.certificate_title, locales)} | _given(validity_months=course.validity_months)
    certificate |= extra.pop("certificate", {})
    assessment = course.assessment
    files[f"{base}course.yaml"] = _yaml(
        {
            "slug": course.slug,
            "key": str(course.key),
            "code": course.code,
            "owner": course.owner,
            "tier": course.tier,
            "visibility": course.visibility,
            "title": _words(course.title, locales),
            "summary": _words(course.summary, locales),
            "objectives": [_words(objective, locales) for objective in course.objectives],
            "audiences": list(course.audiences),
            "domain": course.domain,
            "priorities": list(course.priorities),
            "minutes": course.minutes,
            "level": course.level,
            "prerequisites": list(course.prerequisites),
            "pass_mark": course.pass_mark,
            "certificate": certificate,
            "modules": [module.name for module in course.modules],
            "final_assessment": {
                "blueprint": [{"objective": line.objective, "count": line.count} for line in assessment.blueprint],
                "time_limit_minutes": assessment.time_limit_minutes,
                "attempts_allowed": assessment.attempts_allowed,
                "shuffle": assessment.shuffle,
            }
            | _more(assessment.extra, locales),
        }
        | _workshops(course.workshops, locales)
        | extra
    )
    files[f"{base}exam.yaml"] = _questions(course.exam, locales)
    if course.assignments:
        files[f"{base}assignments.yaml"] = _assignments(course.assignments, locales)
    for locale, guide in course.guides.items():
        files[f"{base}facilitator-guide.{locale}.md"] = _markdown(
            {"title": guide.title} | _more(guide.front, locales), guide.body
        )
    for name, pictures in course.figures.items():
        for locale, picture in pictures.items():
            files[f"{base}figures/{name}.{locale}.svg"] = picture
    for module in course.modules:
        _module(files, f"{base}modules/{module.name}/", module, locales)


def _module(files: dict[str, bytes], base: str, module: ModuleData, locales: tuple[str, ...]) -> None:
    files[f"{base}module.yaml"] = _yaml(
        {
            "key": str(module.key),
            "title": _words(module.title, locales),
            "summary": _words(module.summary, locales),
            "lessons": [lesson.name for lesson in module.lessons],
        }
        | _workshops(module.workshops, locales)
        | _more(module.extra, locales)
    )
    files[f"{base}questions.yaml"] = _questions(module.questions, locales)
    if module.assignments:
        files[f"{base}assignments.yaml"] = _assignments(module.assignments, locales)
    for lesson in module.lessons:
        for locale in locales:
            files[f"{base}{lesson.name}.{locale}.md"] = _lesson(lesson, locale)


def _workshops(workshops: Iterable[WorkshopData], locales: tuple[str, ...]) -> Json:
    listed = [
        {"key": str(workshop.key), "title": _words(workshop.title, locales)}
        | ({"summary": _words(workshop.summary, locales)} if workshop.summary else {})
        | {"minutes": workshop.minutes, "required": workshop.required}
        | _given(before=workshop.before)
        | _more(workshop.extra, locales)
        for workshop in workshops
    ]
    return {"workshops": listed} if listed else {}


def _lesson(lesson: LessonData, locale: str) -> bytes:
    words = lesson.words[locale]
    head = {
        "key": str(lesson.key),
        "title": words.title,
        "minutes": lesson.minutes,
        "objectives": list(words.objectives),
        "sources": list(lesson.sources),
        "audio": lesson.audio,
    }
    if lesson.as_of:
        head["as_of"] = _date(lesson.as_of)
    head |= _given(checked=lesson.checked, review_by=lesson.review_by, norms=list(lesson.norms) or None)
    return _markdown(head | _more(words.extra, (locale,)), join(words.blocks, locale=locale))


def _markdown(head: Json, body: str) -> bytes:
    return b"---\n" + _yaml(head) + b"---\n" + (f"\n{body}" if body else "").encode()


def _assignments(assignments: Iterable[AssignmentData], locales: tuple[str, ...]) -> bytes:
    return _yaml(
        [
            {
                "id": one.id,
                "key": str(one.key),
                "title": _words(one.title, locales),
                "task": _words(one.task, locales),
                "rubric": one.rubric,
                "answer": one.answer,
            }
            | _given(least_words=one.least_words, most_words=one.most_words, attempts=one.attempts)
            | {"minutes": one.minutes, "required": one.required}
            for one in assignments
        ]
    )


def _questions(questions: Iterable[QuestionData], locales: tuple[str, ...]) -> bytes:
    return _yaml(
        [
            {
                "id": question.id,
                "use": question.use,
                "type": question.type,
                "difficulty": question.difficulty,
                "objective": question.objective,
                "bloom": question.bloom,
                "prompt": _words(question.prompt, locales),
            }
            | {part: _ordered(question.body[part], locales) for part in PARTS[question.type] if part in question.body}
            | {"explanation": _words(question.explanation, locales), "source": question.source}
            | _more(question.extra, locales)
            for question in questions
        ]
    )
