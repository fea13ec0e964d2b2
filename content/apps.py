from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only here are the models that it works on loaded.
        from content import privacy, trail, translation  # noqa: PLC0415

        translation.install()
        trail.register()
        privacy.register()
