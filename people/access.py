"""Who may see and do what: the one place that answers. Its answers follow `people.policy`; rooms above say what their
relations and objects are (`register`, `describe`), in `AppConfig.ready`.

What a role opens is read once a request and kept on the person's object, so that a role that ends, a transfer or a
deactivation counts from the next request on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from people.models import Audience, Clearance, Institution, Membership, Merge, Protection, Role, RoleGrant, User
from people.models.roles import STAFF_ROLES
from people.policy import (
    ANYBODY,
    BY_CORPS_OR_OUTSIDER,
    CAPABILITIES,
    GRANTABLE,
    LOGGED,
    MAGISTRATES,
    NEEDS_CLEARANCE,
    NOT_OF_MAGISTRATES,
    NOT_OF_STAFF,
    NOT_OVER_SENIORS,
    TRAINEE,
    WITH_REASON,
    Capability,
    Relation,
)

Person = User | AnonymousUser
Grants = Sequence[RoleGrant]
Holds = Callable[[Person, Any, Grants], bool]
Reach = Callable[[Person, Grants], QuerySet[User]]
_Known = TypeVar("_Known")


# --- what rooms above say -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Relation:
    holds: Holds
    queryset: Reach | None


@dataclass(frozen=True, slots=True)
class _Kind:
    user: Callable[[Any], User | None] | None
    place: Callable[[Any], Institution | None] | None


_relations: dict[str, list[_Relation]] = {}
_kinds: dict[type[Model], _Kind] = {}


def register(relation: Relation, *, holds: Holds, queryset: Reach | None = None) -> None:
    """Say what a relation means: `holds(person, thing, grants)` of one thing, `queryset(person, grants)` the people it
    reaches. `grants` are the person's open grants of the role that is asked about; none for trainees. Where several rooms
    say what it means, it holds where it holds in one of them."""
    _relations.setdefault(relation, []).append(_Relation(holds, queryset))


def describe(
    model: type[Model],
    *,
    user: Callable[[Any], User | None] | None = None,
    place: Callable[[Any], Institution | None] | None = None,
) -> None:
    """Say whom objects of a model are about and where they lie; without `place`, where that person belongs today."""
    _kinds[model] = _Kind(user, place)


def _about(thing: Any) -> User | None:
    if isinstance(thing, User):
        return thing
    kind = _kinds.get(type(thing))
    return kind.user(thing) if kind and kind.user else None


def _place(thing: Any) -> Institution | None:
    if isinstance(thing, Institution):
        return thing
    kind = _kinds.get(type(thing))
    return kind.place(thing) if kind and kind.place else None


# --- what a person holds --------------------------------------------------------------------------------------------


def _once(person: Person, name: str, read: Callable[[], _Known]) -> _Known:
    """What was read of a person in this request; read the first time."""
    if not hasattr(person, name):
        setattr(person, name, read())
    known: _Known = getattr(person, name)
    return known


def grants_of(person: Person) -> tuple[RoleGrant, ...]:
    """The roles that a person holds today, with their institutions. 1 query a request, none for strangers."""
    if not person.is_authenticated or not person.is_active:
        return ()
    rows = RoleGrant.objects.on().filter(user_id=person.pk).select_related("institution", "project")
    return _once(person, "_open_grants", lambda: tuple(rows))


def is_cleared(person: Person) -> bool:
    """Whether the person may read what is restricted, where a role lets them. 1 query a request."""
    if not person.is_authenticated or not person.is_active:
        return False
    return _once(person, "_cleared", Clearance.objects.on().filter(user_id=person.pk).exists)


def confirmed_audiences(person: Person) -> frozenset[str]:
    """The audiences that somebody has confirmed the person to be in, today. 1 query a request."""
    if not person.is_authenticated or not person.is_active:
        return frozenset()
    rows = Audience.objects.on().filter(user_id=person.pk, confirmed_at__isnull=False)
    return _once(person, "_audiences", lambda: frozenset(rows.values_list("audience", flat=True)))


def forget(person: Person) -> None:
    """Read anew what a person holds: after a change within the same request."""
    for name in ("_open_grants", "_cleared", "_audiences"):
        with suppress(AttributeError):
            delattr(person, name)


def holds_role(person: Person, *roles: str) -> bool:
    """Whether the person holds one of these roles today, wherever."""
    return any(grant.role in roles for grant in grants_of(person))


def is_administrator(person: Person) -> bool:
    """Administrator of the whole site. No query for people without the flag that mirrors the role."""
    return bool(person.is_authenticated and person.is_superuser and holds_role(person, Role.ADMINISTRATOR))


def is_author(person: Person) -> bool:
    """May work in the authoring desk (Wagtail's own permission decides on pages)."""
    return can(person, Capability.WRITE_PAGES)


# --- questions ------------------------------------------------------------------------------------------------------


def can(person: Person, capability: str, thing: Any = None) -> bool:
    """Whether the person may, for this thing; without a thing: for anything at all.

    Raises ValueError for an unknown capability. SQL: the person's roles (1 a request), and at most 4 about the thing.
    """
    return through(person, capability, thing) is not None


def through(person: Person, capability: str, thing: Any = None) -> str | None:
    """The role by which the person may; the one that reaches least far where there are several; None: may not."""
    for role, relation, grants in _rows(person, capability):
        if thing is None or (
            _stands(person, relation, thing, grants) and not _exempt(Capability(capability), role, grants, thing)
        ):
            return role
    return None


def require(person: Person, capability: str, thing: Any = None, *, sentence: str = "") -> None:
    """Let pass who may. Raises Http404 for strangers to the thing, PermissionDenied with a whole sentence for people who
    have to do with it in another role. (People who are not signed in are the middleware's matter.)"""
    if can(person, capability, thing):
        return
    if thing is not None and not is_related(person, thing):
        raise Http404
    raise PermissionDenied(sentence or who_may(capability))


def is_related(person: Person, thing: Any) -> bool:
    """Whether the person has anything to do with the thing: it is their own, or a role of theirs reaches it."""
    if _stands(person, Relation.OWN, thing, ()):
        return True
    grants = grants_of(person)
    if any(grant.role == Role.ADMINISTRATOR for grant in grants):
        return True
    if grants and _stands(person, Relation.BRANCH, thing, grants):
        return True
    return any(one.holds(person, thing, grants) for known in _relations.values() for one in known)


def is_logged(person: Person, capability: str, thing: Any = None) -> bool:
    """Whether this look must be written down (`operations.audit.record_look`)."""
    return through(person, capability, thing) in LOGGED.get(Capability(capability), ())


def needs_reason(person: Person, capability: str, thing: Any = None) -> bool:
    """Whether a reason must be given before this look."""
    return capability in WITH_REASON and is_logged(person, capability, thing)


def branches(person: Person, capability: str) -> list[Institution]:
    """The institutions whose branches the capability reaches, none below another; all roots for the whole site.
    1 query (the roots) for those, none beside the person's roles for others."""
    found: dict[int, Institution] = {}
    for _role, relation, grants in _rows(person, capability):
        if relation is Relation.ANY:
            return list(Institution.objects.filter(parent=None))
        if relation in _OF_A_BRANCH:
            found |= {grant.institution.pk: grant.institution for grant in grants if grant.institution}
    return _topmost(found.values())


def institutions_for(person: Person, capability: str) -> QuerySet[Institution]:
    """The institutions that the capability reaches. Lazy: no query beside the person's roles."""
    wanted = Q(pk__in=[])
    for _role, relation, grants in _rows(person, capability):
        if relation is Relation.ANY:
            return Institution.objects.all()
        if relation in _OF_A_BRANCH:
            wanted |= _within(grants, "path")
            if relation is Relation.BELOW:
                wanted &= ~Q(pk__in=[grant.institution_id for grant in grants])
    return Institution.objects.filter(wanted)


def people_for(person: Person, capability: str, *, roles: Collection[str] = ()) -> QuerySet[User]:
    """The people that the capability reaches today: open memberships within the branches, and what rooms above add.
    roles: through these alone. Lazy: no query beside the person's roles (and clearance, where it is asked for)."""
    wanted = Q(pk__in=[])
    for role, relation, grants in _rows(person, capability):
        if roles and role not in roles:
            continue
        if relation is Relation.ANY:
            reach = Q()
        elif relation is Relation.OWN:
            reach = Q(pk=person.pk)
        elif relation is Relation.BRANCH:
            reach = Q(Exists(_members(grants).filter(user=OuterRef("pk"))))
        elif reaching := [one.queryset for one in _relations.get(relation, ()) if one.queryset is not None]:
            reach = Q(pk__in=[])
            for queryset in reaching:
                reach |= Q(pk__in=queryset(person, grants).values("pk"))
        else:
            continue
        for rows in _exempt_rows(Capability(capability), role, grants):
            reach &= ~Q(Exists(rows.filter(user=OuterRef("pk"))))
        if reach == Q():
            return User.objects.all()
        wanted |= reach
    return User.objects.filter(wanted)


def grantable_roles(person: Person, institution: Institution | None) -> frozenset[Role]:
    """The roles that the person may give (and end) for this institution; None: the whole site or a project."""
    found: set[Role] = set()
    for role, relation, grants in _rows(person, Capability.GRANT_ROLE):
        if relation is Relation.ANY or (institution is not None and _stands(person, relation, institution, grants)):
            found |= GRANTABLE.get(role, frozenset())
    return frozenset(found)


# --- how they are answered ------------------------------------------------------------------------------------------

_OF_A_BRANCH = (Relation.BRANCH, Relation.BELOW, Relation.INSTITUTION)


def _rows(person: Person, capability: str) -> list[tuple[str, Relation, Grants]]:
    """The rows of the table that apply to a person, those of everybody first, the administrator's last."""
    table = CAPABILITIES[Capability(capability)]
    rows: list[tuple[str, Relation, Grants]] = []
    if ANYBODY in table:
        rows.append((ANYBODY, table[ANYBODY], ()))
    if not person.is_authenticated or not person.is_active:
        return rows
    if TRAINEE in table:
        rows.append((TRAINEE, table[TRAINEE], ()))
    needs_clearance = NEEDS_CLEARANCE.get(Capability(capability), frozenset())
    for role, relation in table.items():
        if role in (ANYBODY, TRAINEE):
            continue
        grants = [grant for grant in grants_of(person) if grant.role == role]
        if grants and (role not in needs_clearance or is_cleared(person)):
            rows.append((role, relation, grants))
    return sorted(rows, key=lambda row: row[1] is Relation.ANY)


def _stands(person: Person, relation: Relation, thing: Any, grants: Grants) -> bool:
    if relation is Relation.ANY:
        return True
    if relation is Relation.OWN:
        about = _about(thing)
        return about is not None and person.is_authenticated and about.pk == person.pk
    if relation is Relation.BRANCH:
        return _in_branch(thing, grants)
    if relation is Relation.BELOW:
        place = _place(thing)
        return place is not None and any(
            grant.institution is not None and place.path != grant.institution.path for grant in _reaching(place, grants)
        )
    return any(one.holds(person, thing, grants) for one in _relations.get(relation, ()))


def _in_branch(thing: Any, grants: Grants) -> bool:
    place = _place(thing)
    if place is not None:
        return bool(_reaching(place, grants))
    about = _about(thing)
    return about is not None and _members(grants).filter(user=about).exists()


def _reaching(place: Institution, grants: Grants) -> list[RoleGrant]:
    return [grant for grant in grants if grant.institution and place.path.startswith(grant.institution.path)]


def _within(grants: Grants, field: str) -> Q:
    wanted = Q(pk__in=[])
    for branch in _topmost(grant.institution for grant in grants if grant.institution):
        wanted |= Q(**{f"{field}__startswith": branch.path})
    return wanted


def _members(grants: Grants) -> QuerySet[Membership]:
    rows: QuerySet[Membership] = Membership.objects.on().filter(_within(grants, "institution__path"))
    return rows


def _topmost(institutions: Iterable[Institution]) -> list[Institution]:
    """Of these, those that lie below none of the others."""
    kept: list[Institution] = []
    for institution in sorted(institutions, key=lambda found: found.path):
        if not any(institution.path.startswith(above.path) for above in kept):
            kept.append(institution)
    return kept


def _exempt(capability: Capability, role: str, grants: Grants, thing: Any) -> bool:
    """Whether the table takes this person out of what the role reaches."""
    about = _about(thing)
    return about is not None and any(
        rows.filter(user=about).exists() for rows in _exempt_rows(capability, role, grants)
    )


def _exempt_rows(capability: Capability, role: str, grants: Grants) -> list[QuerySet[Any]]:
    """Rows, each with a `user`, of the people whom a capability does not reach although the relation holds."""
    if role in (ANYBODY, TRAINEE, Role.ADMINISTRATOR):
        return []
    rows: list[QuerySet[Any]] = []
    if role in NOT_OF_MAGISTRATES.get(capability, ()):
        rows += _magistrates()
    if role in BY_CORPS_OR_OUTSIDER.get(capability, ()) and grants:
        near = Exists(_on_the_line(grants).filter(user=OuterRef("user"))) & ~Exists(_of_the_corps(grants))
        rows += [found.filter(near) for found in _magistrates()]
    staff = RoleGrant.objects.on().filter(role__in=STAFF_ROLES)
    if capability in NOT_OF_STAFF:
        rows.append(staff)
        rows.append(Protection.objects.on())
    elif capability in NOT_OVER_SENIORS:
        rows.append(staff.exclude(_within(grants, "institution__path")))
    return rows


def _magistrates() -> list[QuerySet[Any]]:
    return [
        Protection.objects.on().filter(kind=Protection.Kind.MAGISTRATE),
        Audience.objects.on().filter(audience=MAGISTRATES),
    ]


def _of_the_corps(grants: Grants) -> QuerySet[User]:
    """The holder of these grants, where somebody has confirmed that they are a judge or prosecutor. Lazy."""
    protected, declared = (found.filter(user=OuterRef("pk")) for found in _magistrates())
    corps = Q(Exists(protected)) | Q(Exists(declared.filter(confirmed_at__isnull=False)))
    return User.objects.filter(corps, pk=grants[0].user_id)


def _on_the_line(grants: Grants) -> QuerySet[Membership]:
    """Memberships at, above or below the institutions that the holder of these grants belongs to or holds them for.
    1 query."""
    own = Membership.objects.on().filter(user=grants[0].user_id).values_list("institution__path", flat=True)
    line = Q(pk__in=[])
    for path in {*own, *(grant.institution.path for grant in grants if grant.institution)}:
        steps = path.rstrip("/").split("/")
        above = ["/".join(steps[:count]) + "/" for count in range(1, len(steps))]
        line |= Q(institution__path__startswith=path) | Q(institution__path__in=above)
    rows: QuerySet[Membership] = Membership.objects.on().filter(line)
    return rows


# --- words ----------------------------------------------------------------------------------------------------------


def who_may(capability: str) -> str:
    """A whole sentence for people with the wrong role: who may."""
    roles = [role for role in CAPABILITIES[Capability(capability)] if role not in (ANYBODY, TRAINEE)]
    names = [_plural(role) for role in roles]
    if not names:
        return _("This page is for the person it belongs to.")
    listed = _(" and ").join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return _("This page is for %(people)s. If you need it for your work, ask your training manager.") % {
        "people": listed
    }


def _plural(role: str) -> str:
    return {
        Role.INSTRUCTOR: pgettext("this page is for …", "instructors"),
        Role.OFFICER: pgettext("this page is for …", "training officers"),
        Role.MANAGER: pgettext("this page is for …", "managers"),
        Role.AUTHOR: pgettext("this page is for …", "authors"),
        Role.REVIEWER: pgettext("this page is for …", "reviewers"),
        Role.MASTER: pgettext("this page is for …", "master trainers"),
        Role.COORDINATOR: pgettext("this page is for …", "programme coordinators"),
        Role.EXAMS: pgettext("this page is for …", "exam officers"),
        Role.OBSERVER: pgettext("this page is for …", "observers"),
        Role.ADMINISTRATOR: pgettext("this page is for …", "administrators"),
    }[Role(role)]


describe(Membership, user=lambda row: row.user, place=lambda row: row.institution)
describe(RoleGrant, user=lambda row: row.user, place=lambda row: row.institution)
describe(Merge, user=lambda row: row.kept)


def signed_in(request: HttpRequest) -> User:
    """The person behind a page that only people who are signed in reach (`people.middleware`)."""
    return cast(User, request.user)
