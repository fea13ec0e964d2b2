"""How what this room tells people reads. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from operations import audit, notify


def register() -> None:
    audit.register_family("assessments", _("Assessments"))
    audit.register("assessments.extra-given", _("Extra time or tries were given to a person in %(after_course)s."))
    audit.register("assessments.extra-ended", _("Extra time or tries of a person in %(after_course)s ended."))
    audit.register("assessments.work-graded", _("Written work in %(after_course)s was graded."))
    audit.register(
        "assessments.work-graded-again",
        _("Written work in %(after_course)s was graded again: %(before_points)s points before, %(after_points)s now."),
    )
    for name, label in (
        ("course", _("Course")),
        ("minutes", _("Extra minutes")),
        ("percent", _("Extra time, in percent of the limit")),
        ("attempts", _("Extra tries")),
        ("points", _("Points")),
        ("maximum", _("Out of")),
        ("sufficient", _("Sufficient")),
    ):
        audit.register_words(f"assessments.{name}", label)
    notify.register(
        "assessments.work-graded",
        subject=_("Assessment"),
        body=_("Your work in %(code)s was graded. You can read the result."),
    )
    notify.register(
        "assessments.rules-changed",
        subject=_("Assessment"),
        body=_("The rules of assessments in %(code)s were changed for you."),
    )
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
