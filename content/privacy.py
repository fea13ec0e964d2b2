"""What this room knows of a person: the error reports they sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from content.models import ErrorReport
from people import privacy, retention
from people.models import User
from people.privacy import hand_back, hand_over, written


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "content",
        label=_("Error reports"),
        export=export,
        erase=erase,
        move=lambda source, target: hand_over(ErrorReport.objects.filter(reporter=source), "reporter", target),
        back=lambda moved, source, target: hand_back(ErrorReport, "reporter", moved, source, target),
        remains=lambda user: {"reports": ErrorReport.objects.filter(reporter=user).count()},
        covers=[ErrorReport],
        words={
            "reports": _("Error reports sent"),
            "sent": _("Sent on"),
            "kind": _("Kind"),
            "text": _("Text"),
            "status": _("Status"),
            "answer": _("Answer"),
        },
    )
    retention.register("error-reports", _forget)


def export(user: User) -> list[dict[str, Any]]:
    return [
        {
            "sent": written(row.created),
            "kind": str(row.get_kind_display()),
            "text": row.text,
            "status": str(row.get_status_display()),
            "answer": row.answer,
        }
        for row in ErrorReport.objects.filter(reporter=user).order_by("created")
    ]


def erase(user: User) -> dict[str, int]:
    """Reports stay, as they are about a page; who sent them goes."""
    return {"reports": ErrorReport.objects.filter(reporter=user).update(reporter=None)}


def _forget(before: datetime) -> int:
    return ErrorReport.objects.filter(status=ErrorReport.Status.HANDLED, handled__lt=before).delete()[0]
