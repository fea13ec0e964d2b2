"""Reading of courses: course.yaml and what it must agree with."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from lms.curriculum.fields import NAME, SLUG, Fields
from lms.curriculum.lessons import NUMBERED_NAME, LessonReading
from lms.curriculum.model import AssessmentData, BlueprintLine, CourseData, QuestionData, Words
from lms.curriculum.nodes import final_key
from lms.curriculum.questions import check_bank, signature
from lms.curriculum.reading import LONGEST_TITLE

TIERS = ("open", "staff", "restricted")
VISIBILITIES = ("public-page", "audience", "invitation")
LEVELS = ("foundation", "intermediate", "advanced")

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]*$")


class CourseReading(LessonReading):
    """Courses."""

    def course(self, name: str) -> CourseData | None:
        base = f"courses/{name}/"
        doc = self.doc(f"{base}course.yaml")
        module_names = self.files.folders(f"{base}modules/")
        top = self.fields(doc) if doc else None
        if doc is None or top is None or not top.ok:
            return None
        slug = top.text("slug", form=SLUG, longest=100)
        if slug and slug != name:
            top.wrong("slug", _("The slug is “%(slug)s”, but the folder is “%(name)s”.") % {"slug": slug, "name": name})
        code = top.text("code", form=_CODE, longest=16)
        top.once("code", code, self.codes)
        key = self.key(top)
        self.derived(top, key, final_key)
        objectives = self.objectives(top)
        assessment_fields = top.inner("final_assessment")
        assessment = self.assessment(assessment_fields, len(objectives))
        certificate = top.inner("certificate")
        self.check_listed(top, "modules", module_names, f"{base}modules", NUMBERED_NAME)
        figures = self.figures(base)
        modules = tuple(
            module
            for module_name in top.texts("modules")
            if module_name in module_names
            and (module := self.module(f"{base}modules/{module_name}/", module_name, len(objectives), figures))
        )
        exam = self.questions(f"{base}exam.yaml", ("exam",), len(objectives))
        check_bank(assessment.blueprint, exam, assessment_fields)
        self.check_overlap(f"{base}exam.yaml", [question for module in modules for question in module.questions], exam)
        self.check_course_files(base)
        months = certificate.whole("validity_months", 1, 1200, required=False)
        assignments = self.assignments(f"{base}assignments.yaml")
        return CourseData(
            slug=name,
            key=key,
            code=code,
            owner=top.text("owner", form=NAME, longest=64),
            tier=top.text("tier", choices=TIERS),
            visibility=top.text("visibility", choices=VISIBILITIES),
            title=top.words("title", longest=LONGEST_TITLE),
            summary=top.words("summary"),
            objectives=objectives,
            audiences=top.references("audiences", self.entry_ids.get("audiences", ())),
            domain=top.reference("domain", self.entry_ids.get("domains", ())),
            priorities=top.references("priorities", self.entry_ids.get("priorities", ())),
            minutes=top.whole("minutes", 1, 30000),
            level=top.text("level", choices=LEVELS),
            prerequisites=top.references("prerequisites", set(self.course_names)),
            pass_mark=top.whole("pass_mark", 0, 100),
            certificate_title=certificate.words("title", longest=LONGEST_TITLE),
            validity_months=months or None,
            modules=modules,
            assessment=assessment,
            exam=exam,
            guides=self.guides(base),
            figures=figures,
            workshops=self.workshops(top, (*(one.id for one in assignments), "final_assessment")),
            extra=top.rest() | ({"certificate": more} if (more := certificate.rest()) else {}),
            assignments=assignments,
        )

    def objectives(self, top: Fields) -> tuple[Words, ...]:
        value = top.data.get("objectives")
        result = tuple(entry.check_words(entry.data, "") for entry in top.items("objectives"))
        if isinstance(value, list) and not value:
            top.wrong("objectives", _("There must be one objective at least."))
        # Positions are referred to: one that is broken still counts.
        return result if not isinstance(value, list) or len(result) == len(value) else tuple({} for _item in value)

    def assessment(self, fields: Fields, objectives: int) -> AssessmentData:
        lines = []
        seen: set[int] = set()
        for line in fields.items("blueprint"):
            objective = line.whole("objective", 0, max(objectives - 1, 0))
            if objective in seen and isinstance(line.data.get("objective"), int):
                line.wrong("objective", _("Objective %(number)d stands here twice.") % {"number": objective})
            seen.add(objective)
            lines.append(BlueprintLine(objective, line.whole("count", 1, 100)))
        if isinstance(fields.data.get("blueprint"), list) and not lines:
            fields.wrong("blueprint", _("There must be one line at least."))
        return AssessmentData(
            blueprint=tuple(lines),
            time_limit_minutes=fields.whole("time_limit_minutes", 1, 1440),
            attempts_allowed=fields.whole("attempts_allowed", 1, 100),
            shuffle=fields.truth("shuffle"),
            extra=fields.rest(),
        )

    def check_course_files(self, base: str) -> None:
        expected = re.compile(
            r"(?:course\.yaml|exam\.yaml|assignments\.yaml|figures/[^/]+\.svg|facilitator-guide\.[^/]+\.md"
            r"|modules/[^/]+/(?:module\.yaml|questions\.yaml|assignments\.yaml|[^/]+\.md))$"
        )
        for path in self.files.under(base):
            if not expected.match(path[len(base) :]):
                self.wrong(path, 0, "", _("The format has no place for this file."))

    def check_cycles(self, courses: list[CourseData]) -> None:
        needs = {course.slug: course.prerequisites for course in courses}
        for course in courses:
            reached: set[str] = set()
            ahead = list(course.prerequisites)
            while ahead:
                slug = ahead.pop()
                if slug not in reached:
                    reached.add(slug)
                    ahead.extend(needs.get(slug, ()))
            if course.slug in reached:
                file = f"courses/{course.slug}/course.yaml"
                doc = self.docs[file]
                line = doc.line(doc.data, "prerequisites") if doc else 0
                self.wrong(file, line, "prerequisites", _("This course ends up requiring itself."))

    def check_overlap(self, exam_file: str, others: list[QuestionData], exam: tuple[QuestionData, ...]) -> None:
        """Report a question that serves two uses under two ids."""
        first: dict[Any, QuestionData] = {}
        for question in [*others, *exam]:
            same = first.setdefault(signature(question), question)
            if same.use != question.use:
                reason = _("Question “%(id)s” (%(use)s) is the same as “%(other)s” (%(other_use)s).") % {
                    "id": question.id,
                    "use": question.use,
                    "other": same.id,
                    "other_use": same.use,
                }
                place, _colon, line = self.question_ids.get(question.id, f"{exam_file}:0").rpartition(":")
                self.wrong(place, int(line), f"{question.id}.prompt", reason)
