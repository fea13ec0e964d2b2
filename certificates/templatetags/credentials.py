"""Filters of templates that show credentials."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django import template

from certificates.models import Credential
from certificates.queries import Words, title_of

register = template.Library()


@register.filter
def credential_of(credentials: Mapping[UUID, Credential], enrolment: UUID) -> Credential | None:
    """The credential of an enrolment, out of `certificates.queries.for_enrolments`."""
    return credentials.get(enrolment) if credentials else None


@register.filter
def credential_title(credential: Credential) -> Words:
    """Its title with the language it is in."""
    return title_of(credential)
