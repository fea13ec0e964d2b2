from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations import clock  # noqa: PLC0415 (models can be imported only now)
        from records import guard, privacy, queries  # noqa: PLC0415

        privacy.register()
        clock.register(queries.newest_stored)
        post_migrate.connect(guard.after_migrate, sender=self)
