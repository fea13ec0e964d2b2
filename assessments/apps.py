from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentsConfig(AppConfig):
    name = "assessments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from assessments import privacy, trail, views, work  # noqa: PLC0415
        from assessments.services import freezing  # noqa: PLC0415
        from courses import kinds  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415
        from people import presence  # noqa: PLC0415

        freezing.connect()
        presence.spare("attempt", "attempt-answer", "attempt-submit", "attempt-result")
        kinds.register("quiz", views.quiz, facts=views.facts)
        trail.register()
        privacy.register()
        jobs.register("assessments.tell-open", work.tell_open, name=_("Telling who may try again"), dated=True)
        jobs.periodic("assessments.tell-open", every=timedelta(hours=6))
        jobs.register("assessments.close", work.close, name=_("Closing attempts whose time is over"), dated=True)
        jobs.periodic("assessments.close", every=timedelta(minutes=1))
