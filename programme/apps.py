from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    name = "programme"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from people import audiences  # noqa: PLC0415
        from programme.queries import audience_choices  # noqa: PLC0415

        audiences.register(audience_choices)
