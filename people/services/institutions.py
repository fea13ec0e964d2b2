"""The tree of institutions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q, QuerySet, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import clock
from operations.audit import record_change
from operations.errors import Refused
from people.checks import administrators_only, allowed, open_institution, words
from people.models import Institution, Membership, RoleGrant, User
from people.models.institutions import CODE
from people.policy import Capability

NAME_LENGTH = 160
_PATH_LENGTH = 255


@transaction.atomic
def place_institution(
    *,
    code: str,
    name: Mapping[str, str],
    kind: str,
    region: str = "",
    parent: Institution | None = None,
    actor: User | None = None,
) -> Institution:
    """Put a new institution into the tree, below `parent` or at the top.

    code: small letters, digits and hyphens, never used before. name: {language: words}, at least one. Raises Refused.
    """
    _place_allowed(actor, parent)
    try:
        CODE(code)
    except ValidationError as error:
        raise Refused(error.messages[0], _("Example: prison-koulikoro.")) from error
    if len(code) > 64:
        raise Refused(_("The code is too long: at most 64 signs."), _("Shorten it."))
    if Institution.objects.filter(code=code).exists():
        raise Refused(_("The code “%(code)s” is already used.") % {"code": code}, _("Choose another code."))
    if parent is not None:
        open_institution(parent)
    institution = Institution.objects.create(
        code=code,
        name=_name(name),
        kind=_kind(kind),
        region=words(region, label=_("Region"), longest=64),
        parent=parent,
        path=f"new {uuid.uuid4()}",
    )
    institution.path = _path_below(parent, institution)
    institution.save(update_fields=["path"])
    record_change(
        actor=actor,
        code="people.institution-placed",
        obj=institution,
        branch=institution.path,
        after={"code": code, "parent": parent.code if parent else ""},
    )
    return institution


@transaction.atomic
def change_institution(
    *, institution: Institution, name: Mapping[str, str], kind: str, region: str, actor: User | None = None
) -> Institution:
    """Change name, kind or region; the code stays for ever, since others refer to it. Raises Refused."""
    allowed(actor, Capability.MANAGE_INSTITUTIONS, institution)
    before = {"name": institution.name, "kind": institution.kind, "region": institution.region}
    institution.name = _name(name)
    institution.kind = _kind(kind)
    institution.region = words(region, label=_("Region"), longest=64)
    after = {"name": institution.name, "kind": institution.kind, "region": institution.region}
    if after != before:
        institution.save(update_fields=["name", "kind", "region"])
        record_change(
            actor=actor,
            code="people.institution-changed",
            obj=institution,
            branch=institution.path,
            before={"code": institution.code, **before},
            after={"code": institution.code, **after},
        )
    return institution


@transaction.atomic
def move_institution(*, institution: Institution, parent: Institution | None, actor: User | None = None) -> Institution:
    """Put an institution, with everything below it, elsewhere in the tree. Raises Refused, also for a circle."""
    # The whole tree is held: two moves at the same time could close a circle that neither sees.
    tree = {row.pk: row for row in Institution.objects.select_for_update().order_by("pk")}
    held = tree[institution.pk]
    above = tree[parent.pk] if parent is not None else None
    allowed(actor, Capability.MANAGE_INSTITUTIONS, held)
    _place_allowed(actor, above)
    if above is not None and above.path.startswith(held.path):
        raise Refused(
            _("“%(institution)s” cannot stand below itself or below an institution that it holds.")
            % {"institution": held},
            _("Choose an institution outside of it."),
        )
    if above is not None:
        open_institution(above)
    if held.parent_id == (above.pk if above else None):
        return held
    old, new = held.path, _path_below(above, held)
    below = Institution.objects.filter(path__startswith=old)
    longest = below.aggregate(longest=Max(Length("path")))["longest"]
    if longest - len(old) + len(new) > _PATH_LENGTH:
        raise _too_deep()
    below.update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    before = held.parent_id
    held.parent, held.path = above, new
    held.save(update_fields=["parent"])
    record_change(
        actor=actor,
        code="people.institution-moved",
        obj=held,
        branch=new,
        before={"code": held.code, "parent": tree[before].code if before else ""},
        after={"code": held.code, "parent": above.code if above else ""},
    )
    institution.parent, institution.path = above, new
    return held


@transaction.atomic
def close_institution(*, institution: Institution, actor: User | None = None) -> Institution:
    """Close an institution from today on: nobody can be put there, last year's figures stay.

    Raises Refused while somebody belongs there, a role is held for it, or an institution below it is open; the
    sentence says how many.
    """
    allowed(actor, Capability.MANAGE_INSTITUTIONS, institution)
    held = Institution.objects.select_for_update().get(pk=institution.pk)
    if held.closed is not None:
        return held
    reasons = []
    if people := _open(Membership.objects.filter(institution=held)).count():
        reasons.append(
            ngettext("%(count)d person still belongs to it.", "%(count)d people still belong to it.", people)
            % {"count": people}
        )
    if roles := _open(RoleGrant.objects.filter(institution=held)).count():
        reasons.append(
            ngettext("%(count)d role is still held for it.", "%(count)d roles are still held for it.", roles)
            % {"count": roles}
        )
    if below := held.children.filter(closed__isnull=True).count():
        reasons.append(
            ngettext("%(count)d institution below it is open.", "%(count)d institutions below it are open.", below)
            % {"count": below}
        )
    if reasons:
        raise Refused(
            " ".join([_("“%(institution)s” cannot be closed yet.") % {"institution": held}, *reasons]),
            _("Transfer the people, end the roles and close what stands below, then try again."),
        )
    institution.closed = held.closed = clock.today()
    held.save(update_fields=["closed"])
    record_change(
        actor=actor,
        code="people.institution-closed",
        obj=held,
        branch=held.path,
        after={"code": held.code, "closed": held.closed},
    )
    return held


@transaction.atomic
def reopen_institution(*, institution: Institution, actor: User | None = None) -> Institution:
    """Open a closed institution again. Raises Refused while the one above it is closed."""
    allowed(actor, Capability.MANAGE_INSTITUTIONS, institution)
    held = Institution.objects.select_for_update(of=("self",)).select_related("parent").get(pk=institution.pk)
    if held.closed is None:
        return held
    if held.parent is not None:
        open_institution(held.parent)
    before = held.closed
    institution.closed = held.closed = None
    held.save(update_fields=["closed"])
    record_change(
        actor=actor,
        code="people.institution-reopened",
        obj=held,
        branch=held.path,
        before={"code": held.code, "closed": before},
        after={"code": held.code},
    )
    return held


# --- helpers --------------------------------------------------------------------------------------------------------


def _open(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those that hold today or will."""
    return rows.filter(Q(until__isnull=True) | Q(until__gt=clock.today()))


def _place_allowed(actor: User | None, parent: Institution | None) -> None:
    if parent is None:
        administrators_only(actor)
    else:
        allowed(actor, Capability.ADD_INSTITUTION, parent)


def _name(name: Mapping[str, str]) -> dict[str, str]:
    clean = {
        language: words(text, label=_("Name"), longest=NAME_LENGTH) for language, text in name.items() if text.strip()
    }
    if not clean:
        raise Refused(_("“%(field)s” is missing.") % {"field": _("Name")}, _("Fill it in."))
    return clean


def _kind(kind: str) -> str:
    if kind not in Institution.Kind.values:
        raise Refused(_("This kind of institution does not exist."), _("Choose one of the list."))
    return kind


def _path_below(parent: Institution | None, institution: Institution) -> str:
    path = f"{parent.path if parent else ''}{institution.pk}/"
    if len(path) > _PATH_LENGTH:
        raise _too_deep()
    return path


def _too_deep() -> Refused:
    return Refused(_("The tree would become too deep."), _("Choose an institution nearer to the top."))
