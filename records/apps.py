from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from records import guard, privacy  # noqa: PLC0415 (models can be imported only now)

        privacy.register()
        post_migrate.connect(guard.after_migrate, sender=self)
