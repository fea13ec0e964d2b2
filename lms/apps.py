from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LmsConfig(AppConfig):
    name = "lms"
    verbose_name = "Kalanso"

    def ready(self) -> None:
        # Models must be loaded first.
        from operations import audit  # noqa: PLC0415

        audit.register(
            "lms.curriculum-loaded",
            _("A curriculum folder was loaded: %(after_created)s pages new, %(after_updated)s changed."),
        )
