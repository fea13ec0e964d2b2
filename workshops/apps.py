from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkshopsConfig(AppConfig):
    name = "workshops"
    verbose_name = _("Workshops")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from courses import kinds  # noqa: PLC0415
        from workshops import access, following, privacy, telling, trail  # noqa: PLC0415
        from workshops.services import packs  # noqa: PLC0415
        from workshops.views import step  # noqa: PLC0415

        access.connect()
        trail.register()
        privacy.register()
        telling.register()
        packs.register()
        kinds.register("workshop", step.workshop, facts=step.facts)
        following.connect()
