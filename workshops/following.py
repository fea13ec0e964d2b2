"""What follows from attendance, within the transaction that closed or changed it, and from an enrolment that comes after."""

from __future__ import annotations

from typing import Any

from courses.models import Enrolment
from courses.signals import enrolled
from people.models import User
from workshops.models import Registration, Workshop
from workshops.services.record import complete_after_enrolling, complete_workshop, note_loss, record_attendance
from workshops.signals import attendance_closed


def _closed(sender: Any, workshop: Workshop, registrations: list[Registration], actor: User, **kwargs: Any) -> None:
    lost = record_attendance(workshop=workshop, registrations=registrations, actor=actor)
    complete_workshop(workshop=workshop, registrations=registrations)
    note_loss(workshop=workshop, registrations=registrations, lost=lost, actor=actor)


def _enrolled(sender: Any, enrolment: Enrolment, **kwargs: Any) -> None:
    complete_after_enrolling(enrolment=enrolment)


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    attendance_closed.connect(_closed, dispatch_uid="workshops.following")
    enrolled.connect(_enrolled, dispatch_uid="workshops.following")
