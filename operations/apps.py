from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations import audit, clock, connections, jobs, mail  # noqa: PLC0415 (models can be imported only now)

        connections.connect()
        # What is kept for how long, the room above says and enforces (`people.retention`).
        audit.register("operations.job-cancelled", _("A piece of background work was cancelled: %(after_work)s."))
        audit.register_words("operations.work", _("Work"), jobs.name_of)
        jobs.register(mail.JOB, mail.send_due, name=_("Sending e-mails"))
        jobs.periodic(mail.JOB, every=timedelta(minutes=1))
        audit.register(clock.CONFIRMED, _("The clock of the server was confirmed: %(after_clock)s."))
        audit.register_words("operations.clock", _("Clock"))
        audit.register_words("operations.known", _("Last moment known for sure"))
        audit.register_words("operations.doubt", _("Why it was in doubt"))
        clock.listen(trusted=jobs.bring_back)
