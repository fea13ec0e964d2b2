from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from courses import access, following, kinds, panels, privacy, projector, publication, trail, views  # noqa: PLC0415
        from people.panels import register as register_person_panel  # noqa: PLC0415
        from records import projection  # noqa: PLC0415

        projection.register(projector.ActivityProjector())
        projection.register(projector.EnrolmentProjector())
        kinds.register("lesson", views.lesson)
        publication.connect()
        trail.register()
        privacy.register()
        access.connect()
        following.connect()
        register_person_panel("courses", "courses/person_panel.html", panels.of_person, position=0)
