"""What this room tells people, how they are called in messages, and the number of unread ones in the header."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import audit, clock, jobs, notify
from operations.jobs import Work
from operations.models import Message
from people.models import Role, RoleGrant, User
from people.names import shown_names

JOB = "people.roles-ending"
AHEAD = timedelta(days=14)


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    notify.register(
        "people.role-ending",
        subject=_("Your roles"),
        body=_("Your role “%(role)s” ends on %(day)s. Tell your manager if you still need it."),
        words={"role": lambda value: Role(value).label},
    )
    notify.register(
        "people.invitation-used", subject=_("Invitation"), body=_("An invitation that you sent was accepted.")
    )
    notify.register(
        "people.export-ready", subject=_("Your data"), body=_("The copy of your data that you asked for is ready.")
    )
    notify.register(
        "people.merged",
        subject=_("Your account"),
        body=_(
            "Another account of yours was merged into this one by %(actor)s. If it was not yours, tell your manager: it "
            "can be undone for 30 days."
        ),
        urgent=True,
    )
    audit.register_family("people", _("People, institutions and roles"))
    audit.register("people.audit-exported", _("Rows of the audit trail were exported."))
    notify.register_names(shown_names)
    notify.unread_changed.connect(count_unread, sender=Message, dispatch_uid="people.unread")
    jobs.register(JOB, tell_of_ending_roles, name=_("Telling of roles that end"), dated=True)
    jobs.periodic(JOB, every=timedelta(days=1))


def count_unread(sender: object, *, person_id: Any, **others: Any) -> None:
    """Write how many messages a person has not read where every page has it without a query: beside the account."""
    # Two at once must not each count without the other's; readers of the row need not wait.
    list(User.objects.select_for_update(no_key=True).filter(pk=person_id).values_list("pk"))
    User.objects.filter(pk=person_id).update(unread_messages=notify.unread(person_id))


def tell_of_ending_roles(job: Work | None = None) -> dict[str, int]:
    """Tell people, once, which of their roles end within two weeks."""
    today = clock.today()
    told = 0
    for grant in RoleGrant.objects.filter(until__gt=today, until__lte=today + AHEAD).select_related("user"):
        if grant.until is None or grant.until - grant.since <= AHEAD:  # given with its end in sight
            continue
        told += 1
        notify.notify(
            grant.user,
            "people.role-ending",
            context={"role": grant.role, "day": grant.until},
            url=reverse("account"),
            key=f"role-ending {grant.pk} {grant.until}",
        )
    return {"told": told}
