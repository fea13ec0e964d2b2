from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be loaded first.
        from operations import jobs  # noqa: PLC0415
        from people import entry_trail, messages, own, panels, presence, retention, signals, trail  # noqa: PLC0415
        from people.queries.privacy import erasures_waiting  # noqa: PLC0415
        from people.services import erasure, exports  # noqa: PLC0415

        signals.connect()
        trail.register()
        entry_trail.register()
        presence.connect()
        messages.connect()
        own.register()
        retention.connect()
        retention.register("merges", erasure.erase_merged)
        jobs.register(exports.JOB, exports.make_export)
        panels.register_attention("erasures", erasures_waiting)
