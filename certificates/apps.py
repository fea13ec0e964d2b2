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
        from certificates import panels, services  # noqa: PLC0415
        from courses.signals import course_completed  # noqa: PLC0415
        from operations import audit, jobs  # noqa: PLC0415

        audit.register("certificates.issued", _("The certificate %(after_number)s was issued by rule."))
        audit.register("certificates.revoked", _("The certificate %(after_number)s was revoked."))
        audit.register(
            "certificates.reissued", _("The certificate %(after_number)s was issued in place of %(before_number)s.")
        )
        jobs.register(services.RENDER, services.render_asked)
        jobs.register("certificates.reconcile", services.reconcile)
        jobs.periodic("certificates.reconcile", every=timedelta(days=1))
        course_completed.connect(services.on_course_completed, dispatch_uid="certificates.issue")
        results.register_panel(panels.certificate_panel)
