"""How what happens to pages and reference data reads in the audit trail and in messages.

Wagtail keeps a log of its own, with who did what; what matters in it becomes a row of the trail, where everything else
is. What the machine does (a folder that is loaded) has a row of its own. Called once, from `AppConfig.ready`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry, PageLogEntry

from content.models import ErrorReport
from operations import audit, notify

_PAGES = {
    "wagtail.publish": "content.page-published",
    "wagtail.publish.scheduled": "content.page-published",
    "wagtail.unpublish": "content.page-unpublished",
    "wagtail.unpublish.scheduled": "content.page-unpublished",
    "wagtail.move": "content.page-moved",
    "wagtail.delete": "content.page-deleted",
}
_ENTRIES = {
    "wagtail.create": "content.entry-created",
    "wagtail.edit": "content.entry-changed",
    "wagtail.delete": "content.entry-deleted",
}
_OWN_ROWS = {ErrorReport._meta.label_lower}  # whose services write better ones


def register() -> None:
    audit.register_family("content", _("Pages and reference data"))
    audit.register("content.page-published", _("The page “%(after_title)s” was published."))
    audit.register("content.page-unpublished", _("The page “%(after_title)s” was taken offline."))
    audit.register("content.page-moved", _("The page “%(after_title)s” was moved."))
    audit.register("content.page-deleted", _("The page “%(after_title)s” was deleted."))
    audit.register("content.entry-created", _("“%(after_title)s” (%(after_model)s) was added at the authoring desk."))
    audit.register("content.entry-changed", _("“%(after_title)s” (%(after_model)s) was changed at the authoring desk."))
    audit.register("content.entry-deleted", _("“%(after_title)s” (%(after_model)s) was deleted at the authoring desk."))
    audit.register("content.report-handled", _("A report of an error was answered."))
    audit.register_words("content.title", _("Title"))
    audit.register_words("content.model", _("Kind"), _name_of_model)
    audit.register_words("content.status", _("Status"), lambda value: ErrorReport.Status(value).label)
    audit.register_words("content.answer", _("Answer"))
    notify.register(
        "content.report-handled",
        subject=_("Your report"),
        body=_("What you reported on a page was looked at and answered. Thank you for telling us."),
    )
    post_save.connect(_page, sender=PageLogEntry, dispatch_uid="content.trail")
    post_save.connect(_entry, sender=ModelLogEntry, dispatch_uid="content.trail")


def _page(sender: object, instance: PageLogEntry, created: bool, raw: bool = False, **others: Any) -> None:
    code = _PAGES.get(instance.action)
    if created and not raw and code is not None and instance.user is not None:
        page = ("wagtailcore.page", str(instance.page_id))
        audit.record_change(actor=instance.user, code=code, obj=page, after={"title": instance.label})


def _entry(sender: object, instance: ModelLogEntry, created: bool, raw: bool = False, **others: Any) -> None:
    code = _ENTRIES.get(instance.action)
    if not created or raw or code is None or instance.user is None or instance.content_type is None:
        return
    model = f"{instance.content_type.app_label}.{instance.content_type.model}"
    if model not in _OWN_ROWS:
        thing = (model, str(instance.object_id)[:64])
        audit.record_change(actor=instance.user, code=code, obj=thing, after={"model": model, "title": instance.label})


def _name_of_model(value: str) -> str:
    model = ContentType.objects.get_by_natural_key(*value.split(".", 1)).model_class()
    return str(model._meta.verbose_name) if model is not None else value
