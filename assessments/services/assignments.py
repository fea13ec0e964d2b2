"""Written work: the rules of it as its page says them, and what a learner writes, keeps and hands in.

Locks are always taken in the order enrolment, submission.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import Answer, Assignment, AssignmentPage, Rubric, Submission
from assessments.rubrics import RubricView, rubric_of
from assessments.uploads import MOST_BYTES, kind_of
from courses import rules
from courses.models import Course, Enrolment
from courses.services import effective_outline, locked_enrolment, note_begun, progress_of
from operations import clock
from operations.errors import Refused

TEXT_LENGTH = 80_000  # characters; ten thousand words fit


@transaction.atomic
def store_assignment(*, page: AssignmentPage, course: Course) -> Assignment:
    """Make or change the rules of written work as its published page says. What was handed in keeps its rubric."""
    facts: dict[str, Any] = {
        name: getattr(page, name) for name in ("rubric", "answer", "least_words", "most_words", "attempts_allowed")
    }
    row, _made = Assignment.objects.update_or_create(key=page.translation_key, defaults={"course": course, **facts})
    return row


# --- writing --------------------------------------------------------------------------------------------------------


def tidy(text: str) -> str:
    """A text of several lines as it is kept. Raises Refused where it is too long."""
    clean = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(clean) > TEXT_LENGTH:
        raise Refused(
            _("This text is too long: %(length)d characters, where %(most)d are possible. Nothing was changed.")
            % {"length": len(clean), "most": TEXT_LENGTH},
            _("Shorten it."),
        )
    return clean


@transaction.atomic
def save_text(
    *,
    enrolment: Enrolment,
    assignment: Assignment,
    text: str,
    language: str,
    number: int | None = None,
    now: datetime | None = None,
) -> Submission:
    """Keep what is written so far; gives the draft.

    number: of the draft that the page showed; an older page changes nothing. Raises Refused where nothing can be written
    at present, with the reason, and where the text is too long.
    """
    clean = tidy(text)
    row = _draft(enrolment, assignment, number, language, now or clock.now())
    if (row.text, row.language) != (clean, language):
        row.text, row.language, row.changed = clean, language, now or clock.now()
        row.save(update_fields=["text", "language", "changed"])
    return row


@transaction.atomic
def attach_file(*, submission: Submission, file: UploadedFile[Any], now: datetime | None = None) -> Submission:
    """Let a draft have this file, in place of the one that it had. It is kept once, under the hash of its bytes.

    Raises Refused for what is no PDF, DOCX, ODT, JPEG or PNG by its own bytes, for more than 10 MB, and where the work
    is handed in already.
    """
    if (file.size or 0) > MOST_BYTES:
        raise Refused(_("The file is too large: 10 MB at most."), _("Your text is saved. Choose a smaller file."))
    data = file.read()
    kind = kind_of(data)
    if not kind:
        raise Refused(
            _("This file is not of a kind that can be handed in, or it carries macros."),
            _("Your text is saved. Choose a PDF, DOCX, ODT, JPEG or PNG file."),
        )
    row = _own_draft(submission)
    if row.assignment.answer == Answer.ESSAY:
        raise Refused(_("This work is handed in as a text."), _("Write it into the box."))
    digest = hashlib.sha256(data).hexdigest()
    name = f"submissions/{digest[:2]}/{digest}.{kind}"
    if row.file.name != name:
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(data))
        before, row.file.name = row.file.name, name
        row.changed = now or clock.now()
        row.save(update_fields=["file", "changed"])
        let_go(names=[before])
    return row


@transaction.atomic
def remove_file(*, submission: Submission, now: datetime | None = None) -> Submission:
    """Take the file out of a draft. A second time changes nothing. Raises Refused where the work is handed in already."""
    row = _own_draft(submission)
    if row.file:
        before, row.file.name = row.file.name, ""
        row.changed = now or clock.now()
        row.save(update_fields=["file", "changed"])
        let_go(names=[before])
    return row


def let_go(*, names: list[str | None]) -> None:
    """Delete these files once the transaction has committed, those apart that other work rests on."""

    def delete() -> None:
        for name in {name for name in names if name}:
            if not Submission.objects.filter(file=name).exists():
                default_storage.delete(name)

    transaction.on_commit(delete)


# --- handing in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def hand_in(*, submission: Submission, now: datetime | None = None) -> Submission:
    """Hand in a draft as it is kept: exactly once, a second call gives it as it is.

    Raises Refused, with what is missing, for work that is not what the task asks for, and where there is no rubric.
    """
    held = locked_enrolment(submission.enrolment_id)
    row = _locked(submission.pk)
    if row.status != Submission.Status.DRAFT:
        return row
    _entry(held, row.assignment.key)
    _complete(row)
    rubric = rubric_of(row.assignment.rubric)
    if rubric is None:
        raise Refused(
            _("This work cannot be handed in at the moment: its rubric is missing. Your draft is saved."),
            _("Please tell the owner of the course."),
        )
    row.rubric = frozen(rubric=rubric)
    row.status, row.submitted = Submission.Status.HANDED_IN, now or clock.now()
    row.save(update_fields=["rubric", "status", "submitted"])
    note_begun(held, activity=row.assignment.key)
    return row


def frozen(*, rubric: RubricView) -> Rubric:
    """The rubric as it stands now, kept for what is graded by it."""
    data = json.loads(json.dumps(rubric.data, default=str))
    row, _made = Rubric.objects.get_or_create(digest=rubric.digest, defaults={"slug": rubric.slug, "data": data})
    return row


def _complete(row: Submission) -> None:
    """Raises Refused where the draft is not what the task asks for."""
    asked, words = row.assignment, len(row.text.split())
    if asked.answer == Answer.FILE and not row.file:
        raise Refused(_("There is no file yet. Your draft is saved."), _("Choose the file to hand in."))
    if asked.answer == Answer.ESSAY and not row.text:
        raise Refused(_("Nothing is written yet."), _("Write your text, then hand it in."))
    if not row.text and not row.file:
        raise Refused(_("Nothing is written yet, and there is no file."), _("Write your text, or choose a file."))
    if asked.answer == Answer.FILE or (asked.answer == Answer.EITHER and row.file):
        return  # what a file holds is not counted
    if asked.least_words and words < asked.least_words:
        raise Refused(
            ngettext("Your text has %(count)d word.", "Your text has %(count)d words.", words) % {"count": words},
            _("At least %(least)d are asked for. Your draft is saved.") % {"least": asked.least_words},
        )
    if asked.most_words and words > asked.most_words:
        raise Refused(
            ngettext("Your text has %(count)d word.", "Your text has %(count)d words.", words) % {"count": words},
            _("At most %(most)d are possible. Your draft is saved.") % {"most": asked.most_words},
        )


# --- what all of them ask first -------------------------------------------------------------------------------------


def _draft(
    enrolment: Enrolment, assignment: Assignment, number: int | None, language: str, now: datetime
) -> Submission:
    """The draft of an enrolment, locked; made where a further one may be written."""
    held = locked_enrolment(enrolment.pk)
    _entry(held, assignment.key)
    rows = Submission.objects.filter(enrolment=held, assignment=assignment)
    last = rows.select_related("assignment").order_by("-number").first()
    if last is not None and last.status == Submission.Status.HANDED_IN:
        raise Refused(_("You have handed in already: your work waits for grading."), _("Nothing has changed since."))
    if last is not None and last.passed:
        raise Refused(_("Your work was graded as sufficient: nothing more is asked of you."))
    following = 1 if last is None else last.number + (last.status == Submission.Status.GRADED)
    if number is not None and number != following:
        raise Refused(_("This page was older than what you have handed in."), _("Read the result first."))
    if last is not None and last.status == Submission.Status.DRAFT:
        return last
    if assignment.attempts_allowed is not None and following > assignment.attempts_allowed:
        raise Refused(
            _("You have handed in as often as is possible here."), _("Speak to the instructor of your group.")
        )
    made = Submission.objects.create(
        enrolment=held, assignment=assignment, number=following, language=language, changed=now
    )
    note_begun(held, activity=assignment.key)
    return made


def _own_draft(submission: Submission) -> Submission:
    locked_enrolment(submission.enrolment_id)
    row = _locked(submission.pk)
    if row.status != Submission.Status.DRAFT:
        raise Refused(_("You have handed in already: your work waits for grading."), _("Nothing has changed since."))
    return row


def _locked(id: UUID) -> Submission:
    return Submission.objects.select_for_update(of=("self",)).select_related("assignment").get(pk=id)


def _entry(held: Enrolment, key: UUID) -> None:
    """Raises Refused where the person has left the course, or the step is not part of it."""
    if held.status == Enrolment.Status.WITHDRAWN or held.user is None:
        raise Refused(_("You are no longer enrolled in this course."), _("Enrol again on the course page."))
    outline = effective_outline(held, progress=progress_of(held))
    if rules.find(held.outline.outline, key=key) is None and rules.find(outline, key=key) is None:
        raise Refused(_("This step is not part of your course."), _("Go back to the outline of the course."))
