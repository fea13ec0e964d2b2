from datetime import timedelta

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from assessments import views, work  # noqa: PLC0415
        from courses import kinds  # noqa: PLC0415
        from operations import jobs  # noqa: PLC0415

        kinds.register("quiz", views.quiz, facts=views.facts)
        jobs.register("assessments.close", work.close)
        jobs.periodic("assessments.close", every=timedelta(minutes=1))
