from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentsConfig(AppConfig):
    name = "assessments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from assessments import privacy, publishing, trail, views, work, written_views  # noqa: PLC0415
        from assessments.queries import written  # noqa: PLC0415
        from assessments.services import freezing  # noqa: PLC0415
        from courses import kinds, waiting  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415
        from people import presence  # noqa: PLC0415

        freezing.connect()
        presence.spare("attempt", "attempt-answer", "attempt-submit", "attempt-result")
        publishing.connect()
        kinds.register("quiz", views.quiz, facts=views.facts)
        kinds.register("assignment", written_views.assignment, words=written_views.words, marks=written.marks)
        waiting.register(written.waiting)
        trail.register()
        privacy.register()
        jobs.register("assessments.tell-open", work.tell_open, name=_("Telling who may try again"), dated=True)
        jobs.periodic("assessments.tell-open", every=timedelta(hours=6))
        jobs.register("assessments.close", work.close, name=_("Closing attempts whose time is over"), dated=True)
        jobs.periodic("assessments.close", every=timedelta(minutes=1))
