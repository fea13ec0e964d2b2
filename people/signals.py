"""News of the room, each in the transaction of the change.

`roles_changed(user)`: what the person holds has changed. `account_recovered(user, at)`: a recovery code has opened the
account, so what runs for it stops until its holder has read who made the code: `recovery_acknowledged(user, at)`.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from operations import clock
from people.models import Protection, Role, RoleGrant, User

roles_changed = Signal()
account_recovered = Signal()
recovery_acknowledged = Signal()


def mirror(user: User) -> None:
    """Make the flags say what the roles say: the one that libraries go by, whether the person is an administrator today;
    and the one by which pages know, without a query, that there is no role to ask for."""
    is_administrator = RoleGrant.objects.on().filter(user=user, role=Role.ADMINISTRATOR).exists()
    still = Q(until__isnull=True) | Q(until__gt=clock.today())
    holds_roles = RoleGrant.objects.filter(still, user=user).exists()
    flags = {"is_superuser": is_administrator, "holds_roles": holds_roles}
    User.objects.filter(pk=user.pk).exclude(**flags).update(**flags)
    user.is_superuser, user.holds_roles = is_administrator, holds_roles


def _changed(sender: type[RoleGrant], instance: RoleGrant, **kwargs: Any) -> None:
    mirror(instance.user)
    roles_changed.send(sender=RoleGrant, user=instance.user)


def _protected(sender: type[Protection], instance: Protection, **kwargs: Any) -> None:
    """Write the pseudonym of today beside the name."""
    if instance.user_id is None:  # the person was erased; the pseudonym is kept so that nobody else gets it
        return
    held = Protection.objects.on().filter(user_id=instance.user_id).values_list("pseudonym", flat=True).first()
    User.objects.filter(pk=instance.user_id).exclude(alias=held or "").update(alias=held or "")


def connect() -> None:
    post_save.connect(_protected, sender=Protection, dispatch_uid="people.alias")
    post_delete.connect(_protected, sender=Protection, dispatch_uid="people.alias")
    post_save.connect(_changed, sender=RoleGrant, dispatch_uid="people.mirror")
    post_delete.connect(_changed, sender=RoleGrant, dispatch_uid="people.mirror")
