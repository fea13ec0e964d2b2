from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from people import entry_trail, messages, presence, signals, trail  # noqa: PLC0415

        signals.connect()
        trail.register()
        entry_trail.register()
        presence.connect()
        messages.connect()
