"""The register of trainers: for those who may read it, person by person; for everybody, numbers and the names of those who
chose so. Each in a bounded number of queries, however many trainers there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef

from certificates.models import Candidate, Credential
from certificates.queries.cascade import prepared
from courses.models import Course, CourseText
from operations import clock
from operations.folding import fold
from operations.words import in_language
from people import access
from people.access import Person
from people.models import Institution, Membership, User
from people.names import named_for, pseudonym_of
from people.policy import Capability
from workshops.hiding import LEAST, one_way

A_PAGE = 30
ENDS_SOON = dt.timedelta(days=90)
STATES = ("valid", "soon", "lapsed")
WHENS = ("today", "later", "unsaid")
SORTS = ("name", "institution", "expires", "-expires", "generation")
LONGEST_QUERY, MOST_WORDS = 100, 6


def known_regions() -> set[str]:
    """The regions that institutions lie in. 1 query."""
    rows = Institution.objects.exclude(region="").order_by("region").values_list("region", flat=True)
    return set(rows.distinct())


@dataclass(slots=True)
class Card:
    """What trainers say of themselves, and the courses their certificate lets them deliver."""

    languages: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    available: str = ""
    starts: dt.date | None = None
    ends: dt.date | None = None
    public: bool = False
    courses: list[str] = field(default_factory=list)  # codes

    def when(self, today: dt.date) -> str:
        """One of WHENS."""
        if not (self.available or self.starts or self.ends) or (self.ends is not None and self.ends < today):
            return "unsaid"
        return "later" if self.starts is not None and self.starts > today else "today"


@dataclass(slots=True)
class Line:
    person: User
    name: str
    hidden: bool  # a pseudonym: what would tell who it is stands empty
    institution: Institution | None
    card: Card
    expires: dt.date | None
    state: str
    generation: int | None

    @property
    def languages(self) -> list[str]:
        names = dict(settings.ALL_LANGUAGES)
        return [str(names.get(code, code)) for code in self.card.languages]


@dataclass(frozen=True, slots=True)
class Wanted:
    query: str = ""
    region: str = ""
    language: str = ""
    course: str = ""
    when: str = ""
    state: str = ""
    sort: str = "name"
    page: Any = 1

    @property
    def filters(self) -> dict[str, str]:
        """Those that are chosen."""
        found = {name: getattr(self, name) for name in ("region", "language", "course", "when", "state")}
        return {name: value for name, value in found.items() if value}

    @property
    def parameters(self) -> dict[str, str]:
        """What an address says of it, the page apart."""
        more = {"q": self.query, "sort": "" if self.sort == "name" else self.sort}
        return self.filters | {name: value for name, value in more.items() if value}


@dataclass(frozen=True, slots=True)
class Register:
    wanted: Wanted
    page: Page[Line]
    regions: list[str]
    languages: list[tuple[str, str]]
    courses: list[str]

    @property
    def total(self) -> int:
        return self.page.paginator.count


def register(viewer: Person, wanted: Wanted) -> Register:
    """A page of the register as the viewer may read it. 5 queries, and those of the cascade: 1 where it is prepared, else
    8."""
    lines = _lines(viewer, _named_by(viewer))
    found = _wanted(lines, wanted)
    return Register(
        wanted=wanted,
        page=Paginator(found, A_PAGE).get_page(wanted.page),
        regions=sorted({region for line in lines for region in line.card.regions}, key=fold),
        languages=[
            (code, str(name))
            for code, name in settings.ALL_LANGUAGES
            if any(code in line.card.languages for line in lines)
        ],
        courses=sorted({code for line in lines for code in line.card.courses}),
    )


def exported(viewer: Person, wanted: Wanted) -> list[Line]:
    """All lines of the filtered register, protected people by their pseudonym, whoever asks. As many queries."""
    return _wanted(_lines(viewer, None), wanted)


def _named_by(viewer: Person) -> Any:
    return Exists(named_for(viewer).filter(pk=OuterRef("holder")))


def _lines(viewer: Person, named: Any) -> list[Line]:
    """named: what says whether a protected person is named all the same; None: nobody is."""
    rows = Credential.objects.filter(
        kind=Credential.Kind.TRAINER,
        status=Credential.Status.ISSUED,
        holder__in=access.people_for(viewer, Capability.SEE_TRAINERS),
    ).annotate(pseudonym=pseudonym_of("holder"))
    if named is not None:
        rows = rows.annotate(named=named)
    longest: dict[User, Any] = {}
    for row in rows.filter(holder__is_active=True).select_related("holder").order_by("issued"):
        if row.holder is not None:
            before = longest.get(row.holder)
            if before is None or _later(row.expires, before.expires):
                longest[row.holder] = row
    cards, places = _cards(), _places()
    known = prepared().trainers
    today = clock.today()
    found = []
    for person, row in longest.items():
        pk = person.pk
        hidden = row.pseudonym is not None and not getattr(row, "named", False)
        card = cards.get(pk, Card())
        place = None if hidden else places.get(pk)
        if hidden:
            card = Card(languages=card.languages, courses=card.courses)
        elif not card.regions and place is not None and place.region:
            card.regions = [place.region]
        found.append(
            Line(
                person=person,
                name=row.pseudonym if hidden else person.display_name,
                hidden=hidden,
                institution=place,
                card=card,
                expires=row.expires,
                state=_state(row.expires, today),
                generation=known[pk].generation if pk in known else None,
            )
        )
    return found


def _later(one: dt.date | None, other: dt.date | None) -> bool:
    return other is not None and (one is None or one > other)


def _state(expires: dt.date | None, today: dt.date) -> str:
    if expires is None or expires >= today + ENDS_SOON:
        return "valid"
    return "soon" if expires >= today else "lapsed"


def _cards() -> dict[int, Card]:
    """By person: the newest card, with the courses of all certificates. 1 query."""
    found: dict[int, Card] = {}
    rows = Candidate.objects.filter(credential__isnull=False, user__isnull=False).order_by("begun", "pk")
    for person, languages, regions, available, starts, ends, public, code in rows.values_list(
        "user_id",
        *("languages", "regions", "available", "available_from", "available_until", "public", "courses__code"),
    ):
        courses = found[person].courses if person in found else []
        if code and code not in courses:
            courses = sorted([*courses, code])
        found[person] = Card(languages, regions, available, starts, ends, public, courses)
    return found


def _places() -> dict[int, Institution]:
    """By person: where the holders of trainers' certificates belong; the place of longest standing counts. 1 query."""
    holders = Credential.objects.filter(kind=Credential.Kind.TRAINER, holder__isnull=False).values("holder")
    rows = Membership.objects.on().filter(user__in=holders).select_related("institution").order_by("-since", "-pk")
    return {row.user_id: row.institution for row in rows if row.user_id is not None}


def _wanted(lines: Iterable[Line], wanted: Wanted) -> list[Line]:
    asked = fold(wanted.query.replace("\x00", "")[:LONGEST_QUERY]).split()[:MOST_WORDS]
    today = clock.today()
    found = [
        line
        for line in lines
        if (not wanted.region or wanted.region in line.card.regions)
        and (not wanted.language or wanted.language in line.card.languages)
        and (not wanted.course or wanted.course in line.card.courses)
        and (not wanted.when or (not line.hidden and line.card.when(today) == wanted.when))
        and _in_state(line, wanted.state)
        and all(word in fold(line.name) for word in asked)
    ]
    return _sorted(found, wanted.sort)


def _in_state(line: Line, state: str) -> bool:
    return not state or line.state == state or (state == "valid" and line.state == "soon")


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    lines.sort(key=lambda line: (_surname(line), line.person.pk))
    if sort == "institution":
        lines.sort(key=lambda line: (line.institution is None, fold(str(line.institution or ""))))
    elif sort in ("expires", "-expires"):
        lines.sort(key=lambda line: line.expires or dt.date.max, reverse=sort == "-expires")
    elif sort == "generation":
        lines.sort(key=lambda line: (line.generation is None, line.generation or 0))
    return lines


def _surname(line: Line) -> str:
    """As lists of people are ordered: by last name; a pseudonym as it stands, so that it tells nothing."""
    return fold(line.name) if line.hidden else line.person.folded or fold(line.name)


# --- for everybody ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicPlace:
    """An institution and its certified trainers; None: under five, or what would tell of such a group."""

    name: str
    trainers: int | None
    courses: list[tuple[str, int | None]]  # empty where their numbers would tell more than they may


@dataclass(frozen=True, slots=True)
class PublicTrainer:
    name: str
    place: str
    courses: list[str]
    languages: list[str]


@dataclass(frozen=True, slots=True)
class PublicRegister:
    trainers: int | None  # in all; None: under five
    places: list[PublicPlace] | None  # None: even their list would say too much
    named: list[PublicTrainer]
    titles: dict[str, str]  # of courses whose page the reader may see, by code


def public_register(viewer: Person, *, unsaid: str) -> PublicRegister:
    """What everybody may know of trainers whose certificate holds today. 4 queries.

    unsaid: what stands for people of no institution.
    """
    today = clock.today()
    rows = Credential.objects.filter(
        kind=Credential.Kind.TRAINER, status=Credential.Status.ISSUED, holder__is_active=True
    ).annotate(pseudonym=pseudonym_of("holder"))
    holders: dict[int, Any] = {
        row.holder.pk: row
        for row in rows.select_related("holder")
        if row.holder is not None and (row.expires or today) >= today
    }
    cards, places = _cards(), _places()
    groups: dict[str, list[int]] = defaultdict(list)
    for pk in holders:
        groups[str(places[pk]) if pk in places else unsaid].append(pk)
    told = one_way({name: len(people) for name, people in groups.items()})
    return PublicRegister(
        trainers=len(holders) if len(holders) >= LEAST else None,
        places=None
        if told is None
        else [
            PublicPlace(name, told[name], _by_course(groups[name], cards) if told[name] is not None else [])
            for name in sorted(told, key=fold)
        ],
        named=sorted(
            (
                PublicTrainer(
                    row.holder.display_name,
                    str(places.get(pk, "")),
                    cards[pk].courses,
                    [str(name) for code, name in settings.ALL_LANGUAGES if code in cards[pk].languages],
                )
                for pk, row in holders.items()
                if row.pseudonym is None and pk in cards and cards[pk].public
            ),
            key=lambda one: fold(one.name),
        ),
        titles=_titles(viewer),
    )


def _by_course(people: list[int], cards: Mapping[int, Card]) -> list[tuple[str, int | None]]:
    """How many of an institution's trainers may deliver each course. Whoever may deliver several counts several times, so
    that figures and total give no equation; but where the shown ones leave so many trainers over that a hidden figure must
    be large, none is told."""
    counts = Counter(code for pk in people for code in cards.get(pk, Card()).courses)
    shown = {code: count for code, count in counts.items() if count >= LEAST}
    if len(people) - sum(shown.values()) > len(counts) - len(shown) and len(shown) < len(counts):
        return []
    return [(code, shown.get(code)) for code in sorted(counts)]


def _titles(viewer: Person) -> dict[str, str]:
    rows = CourseText.objects.filter(live=True, course__in=Course.objects.visible_to(viewer))
    titles: dict[str, dict[str, str]] = defaultdict(dict)
    for code, language, title in rows.values_list("course__code", "language", "title"):
        titles[code][language] = title
    return {code: in_language(words) for code, words in titles.items()}
