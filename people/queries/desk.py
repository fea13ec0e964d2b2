"""What the manager's desk reads, each in a bounded number of SQL queries however many people there are.

Session and user (2) and the viewer's roles (1) come on top of the numbers given.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Lower

from operations import clock
from operations.folding import fold
from people import access, audiences
from people.access import Person
from people.models import (
    Audience,
    Clearance,
    Institution,
    Membership,
    Protection,
    Role,
    RoleGrant,
    Supervision,
    User,
)
from people.names import hidden_from, named_for, pseudonym_of, shown_names
from people.policy import Capability

PAGE_SIZE = 25
ROLES_ENDING_DAYS = 60
QUERY_LENGTH = 100
QUERY_WORDS = 6
TRAINEE = "trainee"  # nobody's grant: everybody without a role
NOWHERE = "-"  # people who belong to no institution; administrators see them
STATUSES = ("active", "never", "closed", "to-confirm", "role-ending")
SORTS = ("name", "-name", "seen", "-seen", "new")


# --- as of a day ----------------------------------------------------------------------------------------------------


def members_on(branch: Institution, day: dt.date | None = None) -> QuerySet[User]:
    """Who belonged to the branch (an institution and everything below it) on `day`, default today. Lazy: 1 query.

    A later transfer or end does not change who belonged there then.
    """
    rows = Membership.objects.on(day).filter(institution__path__startswith=branch.path, user=OuterRef("pk"))
    return User.objects.filter(Exists(rows))


def head_counts(day: dt.date | None = None) -> Counter[int]:
    """How many people belonged to each institution itself on `day`, by primary key; people erased since count too.
    1 query."""
    known, erased = Count("user", distinct=True), Count("pk", filter=Q(user=None))
    rows = Membership.objects.on(day).order_by().values_list("institution").annotate(number=known + erased)
    return Counter(dict(rows))


# --- where the viewer manages ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """The institutions in which a viewer manages people: in the order of the tree."""

    institutions: list[Institution]
    everywhere: bool  # the whole site, people who belong nowhere included

    def get(self, code: str) -> Institution | None:
        return next((found for found in self.institutions if found.code == code), None)

    def by_pk(self) -> dict[int, Institution]:
        return {found.pk: found for found in self.institutions}

    @property
    def tops(self) -> list[Institution]:
        known = {found.pk for found in self.institutions}
        return [found for found in self.institutions if found.parent_id not in known]

    def tells_no_more(self, institution: Institution | None) -> bool:
        """Whether a list of that institution's people says no more than that they are within reach. Otherwise it would
        tell where the people in it belong whom the viewer knows by a pseudonym: they are left out."""
        return institution is None or institution in self.tops

    def people(self, institution: Institution | None = None) -> QuerySet[User]:
        """Who belongs today to that institution's branch, or to any. Lazy: 1 query."""
        if institution is None and self.everywhere:
            return User.objects.all()
        branches = [institution] if institution is not None else self.tops
        rows = Membership.objects.on().filter(
            institution__in=Institution.objects.within(*branches).order_by(), user=OuterRef("pk")
        )
        return User.objects.filter(Exists(rows))


def reach_of(viewer: Person) -> Reach:
    """1 query."""
    found = list(access.institutions_for(viewer, Capability.MANAGE_PEOPLE))
    return Reach(_in_tree_order(found), access.is_administrator(viewer))


def _in_tree_order(institutions: Sequence[Institution]) -> list[Institution]:
    """Each below the one it belongs to, neighbours by name. Paths alone would order by the age of rows."""
    known = {found.pk for found in institutions}
    below: dict[int | None, list[Institution]] = defaultdict(list)
    for found in institutions:
        below[found.parent_id if found.parent_id in known else None].append(found)
    ordered: list[Institution] = []

    def walk(parent: int | None) -> None:
        for found in sorted(below[parent], key=lambda row: fold(str(row))):
            ordered.append(found)
            walk(found.pk)

    walk(None)
    return ordered


# --- the first screen -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EndingRole:
    grant: RoleGrant
    name: str
    hidden: bool  # a pseudonym: the institution is not told


@dataclass(frozen=True, slots=True)
class Home:
    people: int
    active: int
    never: int
    closed: int
    to_confirm: int
    ending: list[EndingRole]
    institutions: list[tuple[Institution, int, int]]  # open ones: depth below the first, people of the branch


def home(viewer: Person, reach: Reach, institution: Institution | None) -> Home:
    """Counts of the branch that was chosen, or of all, and what needs attention. 6 queries."""
    people = reach.people(institution)
    counts = people.aggregate(
        people=Count("pk"),
        active=Count("pk", filter=Q(is_active=True)),
        never=Count("pk", filter=Q(is_active=True, last_login=None)),
        closed=Count("pk", filter=Q(is_active=False)),
    )
    within = [found for found in reach.institutions if institution is None or found.path.startswith(institution.path)]
    heads = head_counts()
    ending = list(
        _ending_soon()
        .filter(institution__in=[found.pk for found in within])
        .select_related("user", "institution")
        .order_by("until")[:PAGE_SIZE]
    )
    hidden = hidden_from(viewer, {grant.user_id for grant in ending})
    if not reach.tells_no_more(institution):
        ending = [grant for grant in ending if grant.user_id not in hidden]
    first = min((found.depth for found in within), default=0)
    return Home(
        **counts,
        to_confirm=people.filter(is_active=True).filter(_unconfirmed()).count(),
        ending=[
            EndingRole(grant, hidden.get(grant.user_id, grant.user.display_name), grant.user_id in hidden)
            for grant in ending
        ],
        institutions=[
            (
                found,
                found.depth - first,
                sum(heads[other.pk] for other in within if other.path.startswith(found.path)),
            )
            for found in within
            if found.closed is None
        ],
    )


def _unconfirmed() -> Exists:
    return Exists(Audience.objects.on().filter(user=OuterRef("pk"), confirmed_at=None))


def _ending_soon() -> QuerySet[RoleGrant]:
    today = clock.today()
    return RoleGrant.objects.on(today).filter(until__lte=today + dt.timedelta(days=ROLES_ENDING_DAYS))


# --- the list of people ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list was asked for; anything unknown is left out."""

    query: str = ""
    institution: str = ""
    audience: str = ""
    role: str = ""
    status: str = ""
    sort: str = "name"
    page: int = 1

    @property
    def filters(self) -> dict[str, str]:
        given = {
            "q": self.query,
            "institution": self.institution,
            "audience": self.audience,
            "role": self.role,
            "status": self.status,
        }
        return {name: value for name, value in given.items() if value}

    @property
    def parameters(self) -> dict[str, str]:
        return self.filters | ({"sort": self.sort} if self.sort != "name" else {})


@dataclass(slots=True)
class Line:
    """One person in the list. A protected person has no number, place or post here."""

    person: User
    name: str
    protected: bool
    institution: Institution | None = None
    post: str = ""
    roles: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    to_confirm: bool = False

    @property
    def state(self) -> str:
        if not self.person.is_active:
            return "closed"
        return "active" if self.person.last_login else "never"


@dataclass(frozen=True, slots=True)
class PeoplePage:
    wanted: Wanted
    page: Page[User]
    lines: list[Line]
    audiences: list[tuple[str, str]]

    @property
    def total(self) -> int:
        return self.page.paginator.count


def people_page(viewer: Person, reach: Reach, wanted: Wanted) -> PeoplePage:
    """A page of the people whom the viewer manages. 7 queries: audiences, count, people, memberships, roles, and names
    (2); `reach` has cost one."""
    known = audiences.choices()
    wanted = _cleaned(wanted, reach, known)
    page = Paginator(_ordered(_found(viewer, reach, wanted), wanted.sort), PAGE_SIZE).get_page(wanted.page)
    people = list(page.object_list)
    names = shown_names(people, viewer) if people else {}
    return PeoplePage(wanted, page, _lines(people, names, reach), known)


def exported_people(viewer: Person, reach: Reach, wanted: Wanted) -> tuple[Wanted, list[Line]]:
    """All people of the filtered list, protected ones by their pseudonym, whoever asks. 5 queries."""
    known = audiences.choices()
    wanted = _cleaned(wanted, reach, known)
    people = list(_ordered(_found(viewer, reach, wanted), wanted.sort))
    names = {person.pk: person.pseudonym or person.display_name for person in people}
    lines = _lines(people, names, reach)
    words = dict(known)
    by_person = defaultdict(list)
    for person, audience in (
        Audience.objects.on()
        .filter(user__in=_found(viewer, reach, wanted).values("pk"))
        .values_list("user_id", "audience")
    ):
        by_person[person].append(words.get(audience, audience))
    for line in lines:
        line.audiences = sorted(by_person[line.person.pk])
    return wanted, lines


def _cleaned(wanted: Wanted, reach: Reach, known: list[tuple[str, str]]) -> Wanted:
    place = wanted.institution
    return Wanted(
        query=" ".join(wanted.query.replace("\x00", "").split())[:QUERY_LENGTH],
        institution=place if reach.get(place) or (place == NOWHERE and reach.everywhere) else "",
        audience=wanted.audience if wanted.audience in dict(known) else "",
        role=wanted.role if wanted.role in {TRAINEE, *Role.values} else "",
        status=wanted.status if wanted.status in STATUSES else "",
        sort=wanted.sort if wanted.sort in SORTS else "name",
        page=wanted.page,
    )


def _found(viewer: Person, reach: Reach, wanted: Wanted) -> QuerySet[Any]:
    if wanted.institution == NOWHERE:
        people = User.objects.filter(~Exists(Membership.objects.on().filter(user=OuterRef("pk"))))
    else:
        people = reach.people(reach.get(wanted.institution))
    people = people.annotate(pseudonym=pseudonym_of())
    if wanted.institution and not reach.tells_no_more(reach.get(wanted.institution)):
        people = people.filter(Q(pseudonym=None) | Q(pk__in=named_for(viewer).values("pk")))
    for word in fold(wanted.query).split()[:QUERY_WORDS]:
        # Protected people are found by their pseudonym only: a search must not tell whose it is.
        people = people.filter(Q(pseudonym=None, folded__contains=word) | Q(pseudonym__icontains=word))
    if wanted.audience:
        rows = Audience.objects.on().filter(user=OuterRef("pk"), audience=wanted.audience)
        people = people.filter(Exists(rows))
    if wanted.role:
        grants = RoleGrant.objects.on().filter(user=OuterRef("pk"))
        held = Exists(grants.filter(role=wanted.role))
        people = people.filter(~Exists(grants) if wanted.role == TRAINEE else held)
    if wanted.status == "closed":
        people = people.filter(is_active=False)
    elif wanted.status:
        people = people.filter(is_active=True)
    if wanted.status == "never":
        people = people.filter(last_login=None)
    elif wanted.status == "to-confirm":
        people = people.filter(_unconfirmed())
    elif wanted.status == "role-ending":
        people = people.filter(Exists(_ending_soon().filter(user=OuterRef("pk"))))
    return people


def _ordered(people: QuerySet[Any], sort: str) -> QuerySet[Any]:
    # Where a protected person stands in the list must not tell the name.
    name = Coalesce(Lower("pseudonym"), "folded")
    order: dict[str, list[Any]] = {
        "name": [name.asc()],
        "-name": [name.desc()],
        "seen": [F("last_login").asc(nulls_first=True), name.asc()],
        "-seen": [F("last_login").desc(nulls_last=True), name.asc()],
        "new": [F("date_joined").desc()],
    }
    return people.order_by(*order[sort], "pk")


def _lines(people: Sequence[Any], names: dict[int, str], reach: Reach) -> list[Line]:
    """2 queries."""
    places = reach.by_pk()
    homes: dict[int, Membership] = {}
    rows = Membership.objects.on().filter(user__in=[person.pk for person in people]).order_by("since", "pk")
    for membership in rows:
        if membership.institution_id in places and membership.user_id is not None:
            homes.setdefault(membership.user_id, membership)
    roles: dict[int, list[str]] = defaultdict(list)
    for person, role in (
        RoleGrant.objects.on()
        .filter(user__in=[person.pk for person in people])
        .order_by("role")
        .values_list("user_id", "role")
        .distinct()
    ):
        roles[person].append(str(Role(role).label))
    lines = []
    for person in people:
        hidden = person.pseudonym is not None and names[person.pk] == person.pseudonym
        line = Line(person, names[person.pk], hidden, roles=roles[person.pk])
        if (home := homes.get(person.pk)) is not None and not hidden:
            line.institution, line.post = places[home.institution_id], home.post
        lines.append(line)
    return lines


# --- one person -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonFile:
    """What the desk knows of a person. `name` is what the viewer may read; `hidden`: the pseudonym stands for it."""

    person: User
    name: str
    hidden: bool
    protection: Protection | None
    memberships: list[Membership]  # the newest first
    grants: list[RoleGrant]  # those that hold or will first, then the newest
    audiences: list[tuple[Audience, str]]  # with its name; open ones
    clearance: Clearance | None
    supervisor: tuple[User, str] | None

    @property
    def open_memberships(self) -> list[Membership]:
        return [row for row in self.memberships if row.until is None]


def person_file(viewer: Person, person: User) -> PersonFile:
    """8 queries, 10 where the person is protected or has a supervisor."""
    protection = Protection.objects.on().filter(user=person).first()
    supervision = Supervision.objects.on().filter(person=person).select_related("supervisor").first()
    names = shown_names([person, *([supervision.supervisor] if supervision else [])], viewer)
    words = dict(audiences.choices())
    today = clock.today()
    grants = list(
        RoleGrant.objects.filter(user=person).select_related("institution", "project").order_by("-since", "-pk")
    )
    return PersonFile(
        person=person,
        name=names[person.pk],
        hidden=protection is not None and names[person.pk] == protection.pseudonym,
        protection=protection,
        memberships=list(
            person.memberships.select_related("institution").order_by(F("until").desc(nulls_first=True), "-since")
        ),
        grants=sorted(grants, key=lambda grant: grant.until is not None and grant.until <= today),
        audiences=[
            (row, words.get(row.audience, row.audience))
            for row in Audience.objects.on().filter(user=person).order_by("audience")
        ],
        clearance=Clearance.objects.on().filter(user=person).first(),
        supervisor=(supervision.supervisor, names[supervision.supervisor_id]) if supervision else None,
    )


def person_by_key(key: UUID) -> User | None:
    """1 query."""
    return User.objects.filter(key=key).first()


# --- institutions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree."""

    institution: Institution
    level: int
    people: int  # of the institution and everything below it
    own: int  # of the institution itself


def tree(reach: Reach) -> list[Branch]:
    """The institutions within reach, in their order, with how many people belong there today. 1 query."""
    heads = head_counts()
    first = min((found.depth for found in reach.institutions), default=0)
    return [
        Branch(
            found,
            min(found.depth - first, 5),
            sum(heads[other.pk] for other in reach.institutions if other.path.startswith(found.path)),
            heads[found.pk],
        )
        for found in reach.institutions
    ]


@dataclass(frozen=True, slots=True)
class InstitutionFile:
    institution: Institution
    above: list[Institution]  # those within reach, from the top
    below: list[Branch]
    people: int
    members: list[Line]  # the first page of those of the institution itself
    roles: list[tuple[RoleGrant, str]]
    left_out: bool  # people who belong there, or hold a role for it, and are known to the viewer by a pseudonym


def institution_file(viewer: Person, reach: Reach, institution: Institution) -> InstitutionFile:
    """8 queries."""
    branches = tree(reach)
    direct = Membership.objects.on().filter(institution=institution, user=OuterRef("pk"))
    people = list(_ordered(User.objects.filter(Exists(direct)).annotate(pseudonym=pseudonym_of()), "name")[:PAGE_SIZE])
    grants = list(
        RoleGrant.objects.on().filter(institution=institution).select_related("user").order_by("role", "since")
    )
    hidden = hidden_from(viewer, {person.pk for person in people} | {grant.user_id for grant in grants})
    shown = [person for person in people if person.pk not in hidden]
    return InstitutionFile(
        institution=institution,
        above=[
            found
            for found in reach.institutions
            if institution.path.startswith(found.path) and found.pk != institution.pk
        ],
        below=[row for row in branches if row.institution.parent_id == institution.pk],
        people=next((row.people for row in branches if row.institution.pk == institution.pk), 0),
        members=_lines(shown, {person.pk: person.display_name for person in shown}, reach),
        roles=[(grant, grant.user.display_name) for grant in grants if grant.user_id not in hidden],
        left_out=bool(hidden),
    )


def supervisor_named(text: str, viewer: Person, among: QuerySet[User]) -> User | None:
    """The one account that a staff number, a username or a pseudonym names exactly, among people within reach;
    protected people by their pseudonym only, except for those who read their name. 1 query."""
    name = text.strip()
    if not name or "\x00" in name or len(name) > 150:
        return None
    among = among.annotate(pseudonym=pseudonym_of())
    told = Q(pseudonym=None) | Q(pk__in=named_for(viewer).values("pk"))
    numbered = Q(staff_number=name.upper()) | Q(username__iexact=name)
    found = list(among.filter((told & numbered) | Q(pseudonym__iexact=name))[:2])
    return found[0] if len(found) == 1 else None
