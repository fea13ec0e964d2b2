from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from assessments import results  # noqa: PLC0415
        from certificates import panels, privacy, services, trail  # noqa: PLC0415
        from courses.signals import course_completed  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415
        from people.panels import register as register_person_panel  # noqa: PLC0415

        trail.register()
        privacy.register()
        jobs.register(services.RENDER, services.render_asked, name=_("A certificate on paper"), dated=True)
        jobs.register(services.WAITING, services.issue_waiting, name=_("A certificate that waited"), dated=True)
        jobs.register("certificates.reconcile", services.reconcile, name=_("Certificates that are missing"))
        jobs.periodic("certificates.reconcile", every=timedelta(days=1))
        course_completed.connect(services.on_course_completed, dispatch_uid="certificates.issue")
        results.register_panel(panels.certificate_panel)
        register_person_panel("certificates", "certificates/person_panel.html", panels.of_person, position=1)
