from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from courses import kinds, projector, publication, views  # noqa: PLC0415
        from records import projection  # noqa: PLC0415

        projection.register(projector.ActivityProjector())
        projection.register(projector.EnrolmentProjector())
        kinds.register("lesson", views.lesson)
        publication.connect()
