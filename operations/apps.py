from datetime import timedelta

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations import jobs, mail  # noqa: PLC0415 (models can be imported only now)

        jobs.register("operations.tidy", jobs.tidy)
        jobs.periodic("operations.tidy", every=timedelta(days=1))
        jobs.register(mail.TIDY, mail.tidy)
        jobs.periodic(mail.TIDY, every=timedelta(days=1))
        jobs.register(mail.JOB, mail.send_due)
        jobs.periodic(mail.JOB, every=timedelta(minutes=1))
