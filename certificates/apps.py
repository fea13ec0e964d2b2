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
        from certificates import access, panels, privacy, services, trail  # noqa: PLC0415
        from certificates.services import pathways, renewal, trainers, workshops  # noqa: PLC0415
        from certificates.signals import credential_issued  # noqa: PLC0415
        from content.signals import documents_kept  # noqa: PLC0415
        from courses.signals import course_completed  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415
        from people.panels import register as register_person_panel  # noqa: PLC0415
        from workshops.signals import attendance_closed  # noqa: PLC0415

        access.connect()
        trail.register()
        privacy.register()
        jobs.register(services.RENDER, services.render_asked, name=_("A certificate on paper"), dated=True)
        jobs.register(services.WAITING, services.issue_waiting, name=_("A certificate that waited"), dated=True)
        jobs.register(workshops.ISSUE, workshops.issue_asked, name=_("Certificates of a workshop"), dated=True)
        jobs.register(workshops.PRINT, workshops.print_asked, name=_("Certificates put together for printing"))
        jobs.register("certificates.reconcile", workshops.reconcile, name=_("Certificates that are missing"))
        jobs.periodic("certificates.reconcile", every=timedelta(days=1))
        jobs.register(renewal.REMIND, renewal.remind, name=_("Reminders of certificates that end"), dated=True)
        jobs.periodic(renewal.REMIND, every=timedelta(days=1))
        jobs.register("certificates.advance", pathways.advance_all, name=_("Stages of pathways that need no signer"))
        jobs.periodic("certificates.advance", every=timedelta(days=1))
        jobs.register(trainers.CASCADE, trainers.prepare_cascade, name=_("The cascade"))
        attendance_closed.connect(trainers.on_attendance_closed, dispatch_uid="certificates.cascade")
        documents_kept.connect(pathways.on_documents_kept, dispatch_uid="certificates.pathways")
        credential_issued.connect(pathways.on_credential_issued, dispatch_uid="certificates.advance")
        attendance_closed.connect(workshops.on_attendance_closed, dispatch_uid="certificates.workshops")
        course_completed.connect(services.on_course_completed, dispatch_uid="certificates.issue")
        results.register_panel(panels.certificate_panel)
        register_person_panel("certificates", "certificates/person_panel.html", panels.of_person, position=1)
