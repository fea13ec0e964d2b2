from datetime import timedelta

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations import jobs, mail  # noqa: PLC0415 (models can be imported only now)

        # What is kept for how long, the room above says and enforces (`people.retention`).
        jobs.register("operations.tidy", jobs.tidy)
        jobs.register(mail.TIDY, mail.tidy)
        jobs.register(mail.JOB, mail.send_due)
        jobs.periodic(mail.JOB, every=timedelta(minutes=1))
