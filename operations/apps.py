from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations import audit, jobs, mail  # noqa: PLC0415 (models can be imported only now)

        # What is kept for how long, the room above says and enforces (`people.retention`).
        audit.register("operations.job-cancelled", _("A piece of background work was cancelled: %(after_work)s."))
        audit.register_words("operations.work", _("Work"), jobs.name_of)
        jobs.register(mail.JOB, mail.send_due, name=_("Sending e-mails"))
        jobs.periodic(mail.JOB, every=timedelta(minutes=1))
