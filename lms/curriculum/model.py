"""What a curriculum folder holds, in plain frozen dataclasses. Every value of a field `extra` or `data` is plain JSON.

`Words` maps a locale to a text; every locale of the folder is in every one of them. No personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from content.markdown import Block

Words = dict[str, str]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a folder. `line` counts from 1; 0 means the file or folder as a whole."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a section of the programme: its id (or slug), its words, its facts."""

    id: str
    label: Words
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Programme:
    """programme.yaml. `sections`: domains, priorities, matrix, activities, trainings, actors, legal_framework,
    audiences, beneficiaries, facts, ministry_plan_axes."""

    source: str
    as_of: str
    checked: str
    review_by: str
    sections: dict[str, tuple[Entry, ...]]
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the bibliography; `file` is the file of the folder it stands in."""

    id: str
    title: str
    author_or_publisher: str
    year: int
    kind: str
    url: str = ""
    checked: str = ""
    checked_against: str = ""
    file: str = "sources-all.yaml"
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Norm:
    """A rule or an article that lessons rest on."""

    id: str
    source: str
    number: int | str
    label: Words
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary; `file` is the file of the folder it stands in."""

    term: Words
    definition: Words
    source: str
    file: str = "glossary-all.yaml"
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A file kept for the rooms that use it: `kind` is its top folder (surveys, rubrics, pathways, calibration), or
    "note" for a text beside the folders. `text` is its source as it stands (lines end with a line feed); `data` what
    its YAML says (for a Markdown file: its front matter), None for a file of another sort."""

    path: str
    kind: str
    text: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class QuestionData:
    """A question. `body` holds what its type needs, as in the file: options, pairs, items, text, value … or accepted."""

    id: str
    use: str  # practice, prepost, exam
    type: str
    difficulty: int
    objective: int
    bloom: str
    prompt: Words
    explanation: Words
    source: str
    body: Json
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LessonWords:
    """A lesson in one locale."""

    title: str
    objectives: tuple[str, ...]
    blocks: tuple[Block, ...]
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LessonData:
    """A lesson; `name` is the stem of its files. What is not in `words` is the same in every locale."""

    name: str
    key: UUID
    words: dict[str, LessonWords]
    minutes: int
    sources: tuple[str, ...]
    norms: tuple[str, ...] = ()
    audio: bool = False
    as_of: str = ""
    checked: str = ""
    review_by: str = ""


@dataclass(frozen=True, slots=True)
class WorkshopData:
    """A workshop as a step of a module or of the course. `before`: the step that it stands before, a lesson's name,
    "practice" or written work in a module, "final_assessment" or written work in a course; empty: it stands last."""

    key: UUID
    title: Words
    minutes: int
    required: bool
    summary: Words = field(default_factory=dict)
    before: str = ""
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssignmentData:
    """Written work; `id` is the name of its page, `rubric` the id of one of the folder's rubrics. `least_words`,
    `most_words`, `attempts` None: without a limit."""

    id: str
    key: UUID
    title: Words
    task: Words
    rubric: str
    answer: str  # essay, file, either
    minutes: int
    required: bool = True
    least_words: int | None = None
    most_words: int | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class ModuleData:
    """A module; `name` is its folder."""

    name: str
    key: UUID
    title: Words
    summary: Words
    lessons: tuple[LessonData, ...]
    questions: tuple[QuestionData, ...]
    extra: Json = field(default_factory=dict)
    workshops: tuple[WorkshopData, ...] = ()
    assignments: tuple[AssignmentData, ...] = ()


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """How many questions of one objective the final assessment draws."""

    objective: int
    count: int


@dataclass(frozen=True, slots=True)
class AssessmentData:
    """The final assessment's rules."""

    blueprint: tuple[BlueprintLine, ...]
    time_limit_minutes: int
    attempts_allowed: int
    shuffle: bool
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GuideData:
    """The plan of a workshop in one locale: `front` is what its head says besides the title, `body` Markdown in the
    normal form of `content.markdown`."""

    title: str
    front: Json
    body: str


@dataclass(frozen=True, slots=True)
class CourseData:
    """A course. `figures` = {name: {locale: bytes of the SVG}}; `validity_months` None: the certificate does not lapse;
    `extra`: further keys of course.yaml, kept as they are."""

    slug: str
    key: UUID
    code: str
    owner: str
    tier: str
    visibility: str
    title: Words
    summary: Words
    objectives: tuple[Words, ...]
    audiences: tuple[str, ...]
    domain: str
    priorities: tuple[str, ...]
    minutes: int
    level: str
    prerequisites: tuple[str, ...]
    pass_mark: int
    certificate_title: Words
    validity_months: int | None
    modules: tuple[ModuleData, ...]
    assessment: AssessmentData
    exam: tuple[QuestionData, ...]
    guides: dict[str, GuideData]
    figures: dict[str, dict[str, bytes]]
    extra: Json = field(default_factory=dict)
    workshops: tuple[WorkshopData, ...] = ()
    assignments: tuple[AssignmentData, ...] = ()


@dataclass(frozen=True, slots=True)
class Curriculum:
    """A whole folder. `digest` is the SHA-256 of all paths and bytes."""

    programme: Programme
    sources: tuple[Source, ...]
    norms: tuple[Norm, ...]
    glossary: tuple[Term, ...]
    courses: tuple[CourseData, ...]
    documents: tuple[Document, ...]
    locales: tuple[str, ...]
    digest: str = ""
