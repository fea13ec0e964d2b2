"""Who may see and do what: the one place that answers. Rooms above fill the registry of relations."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from people.models import User

Person = User | AnonymousUser


def is_administrator(person: Person) -> bool:
    """Administrator of the whole site."""
    return bool(person.is_authenticated and person.is_active and person.is_superuser)


def is_author(person: Person) -> bool:
    """May work in the authoring desk (Wagtail's own permission decides on pages)."""
    return bool(person.is_authenticated and person.is_active and person.has_perm("wagtailadmin.access_admin"))
