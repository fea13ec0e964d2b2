from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LmsConfig(AppConfig):
    name = "lms"
    verbose_name = "Kalanso"

    def ready(self) -> None:
        # Models must be loaded first.
        from lms import wagtail_groups  # noqa: PLC0415
        from lms.upkeep import jobs  # noqa: PLC0415
        from operations import audit  # noqa: PLC0415

        wagtail_groups.connect()
        jobs.connect()

        audit.register_family("lms", _("Loading of courses"))
        audit.register_words("created", _("New pages"))
        audit.register_words("updated", _("Changed pages"))
        audit.register(
            "lms.curriculum-loaded",
            _("A curriculum folder was loaded: %(after_created)s pages new, %(after_updated)s changed."),
        )
        audit.register("lms.support-bundle", _("The support bundle was taken."))
