"""How what this room tells people reads. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from operations import notify


def register() -> None:
    notify.register(
        "assessments.closed-by-time",
        subject=_("Assessment"),
        body=_("Time was up in %(code)s: the answers that you had saved were handed in. Your result is ready."),
    )
    notify.register(
        "assessments.open-again",
        subject=_("Assessment"),
        body=_("You may try the final assessment of %(code)s again, once you have reread the lessons that it names."),
    )
