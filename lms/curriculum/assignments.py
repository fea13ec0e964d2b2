"""Reading of written work: an optional `assignments.yaml` in a module's folder, or in the course's for what stands after
the modules."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from django.utils.translation import gettext as _

from assessments.forms import LONGEST_WORDS, MOST_ATTEMPTS
from assessments.models import Answer
from lms.curriculum.documents import Doc
from lms.curriculum.fields import SLUG, Fields, each
from lms.curriculum.model import AssignmentData
from lms.curriculum.reading import LONGEST_TITLE


def read_assignments(
    doc: Doc, *, rubrics: Collection[str], key: Callable[[Fields], UUID], fields: Fields
) -> tuple[AssignmentData, ...]:
    """Read a list of written work. rubrics: the ids of those that the folder holds and that say what is sufficient."""
    if not isinstance(doc.data, list):
        fields.wrong("", _("This file must be a list of written work."))
        return ()
    seen: dict[str, str] = {}
    found = []
    for one in each(doc, doc.data, "", fields.locales, fields.problems):
        identifier = one.text("id", form=SLUG, longest=100)
        one.once("id", identifier, seen)
        least = one.whole("least_words", 1, LONGEST_WORDS, required=False) or None
        most = one.whole("most_words", 1, LONGEST_WORDS, required=False) or None
        if least and most and least > most:
            one.wrong("most_words", _("This is less than the least number of words."))
        found.append(
            AssignmentData(
                id=identifier,
                key=key(one),
                title=one.words("title", longest=LONGEST_TITLE),
                task=one.words("task"),
                rubric=one.reference("rubric", rubrics),
                answer=one.text("answer", choices=Answer.values),
                minutes=one.whole("minutes", 1, 1440),
                required=one.data.get("required") is None or one.truth("required"),
                least_words=least,
                most_words=most,
                attempts=one.whole("attempts", 1, MOST_ATTEMPTS, required=False) or None,
            )
        )
        one.asked.add("required")
        for name in one.rest():
            one.wrong(name, _("This field is not known here."))
    return tuple(found)
