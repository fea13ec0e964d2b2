from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkshopsConfig(AppConfig):
    name = "workshops"
    verbose_name = _("Workshops")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from courses import kinds  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415
        from workshops import access, following, privacy, telling, trail  # noqa: PLC0415
        from workshops.services import packs, surveys  # noqa: PLC0415
        from workshops.views import step  # noqa: PLC0415

        access.connect()
        trail.register()
        privacy.register()
        telling.register()
        packs.register()
        kinds.register("workshop", step.workshop, facts=step.facts)
        following.connect()
        jobs.register(surveys.JOB, surveys.ask_after, name=_("Asking what has changed after workshops"), dated=True)
        jobs.periodic(surveys.JOB, every=timedelta(days=1))
