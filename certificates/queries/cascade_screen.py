"""The cascade as screens and files show it: names as the reader may read them, groups under five hidden where it leaves the
desk. The cascade itself comes prepared (`certificates.queries.cascade`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from certificates.cascade import Cascade, Generation, Line, Trainer, lines_of
from certificates.models import Candidate, Credential
from certificates.queries.cascade import prepared
from people.access import Person
from people.models import Membership, User
from people.names import pseudonym_of, shown_names
from workshops.hiding import LEAST
from workshops.models import Facilitator

MOST = 100  # trainers in one picture


@dataclass(frozen=True, slots=True)
class Row:
    """A trainer in the picture and in the table beside it. None: hidden."""

    key: UUID | None
    name: str
    line: Line
    trainer: Trainer
    by: str  # who trained them: the nearest of those above
    direct: int | None
    reach: int | None


@dataclass(frozen=True, slots=True)
class Screen:
    rows: list[Row]
    generations: list[Generation]
    trainers: int  # of the whole picture, those who are not drawn included
    chosen: str  # the name of the trainer whose cascade it is; empty: everybody's

    @property
    def left_out(self) -> int:
        return self.trainers - len(self.rows)


def told(people: int) -> int | None:
    """The number of a group as it may leave the desk."""
    return None if 0 < people < LEAST else people


def cascade_screen(viewer: Person, *, root: UUID | None = None, hide: bool = False) -> Screen | None:
    """The picture of everybody, or of what is below one trainer (None: there is no such trainer). 5 queries, and those of
    the cascade. hide: as in a file, protected people by their pseudonym, whoever asks, and small groups hidden."""
    found = prepared()
    start = None
    if root is not None:
        start = User.objects.filter(key=root).values_list("pk", flat=True).first()
        if start is None or start not in found.trainers:
            return None
    lines = lines_of(found, root=start, most=MOST)
    people = {person.pk: person for person in User.objects.filter(pk__in=[line.person for line in lines])}
    names = _pseudonyms(people) if hide else shown_names(people.values(), viewer)
    keys = {pk: person.key for pk, person in people.items()}
    return _screen(found, lines, names, start, keys=keys, hide=hide)


def own_screen(viewer: User) -> Screen | None:
    """What is below the viewer, without links; None for who trained nobody. Those whom the viewer trained stand there by
    name, others as their institution unless they chose otherwise. 7 queries at most, and those of the cascade."""
    found = prepared()
    if viewer.pk not in found.trainers or not found.trainers[viewer.pk].workshops:
        return None
    lines = lines_of(found, root=viewer.pk, most=MOST)
    own = {viewer.pk, *found.trainers[viewer.pk].trained}
    people = list(User.objects.filter(pk__in=[line.person for line in lines]))
    public = set(
        Candidate.objects.filter(public=True, credential__isnull=False, user__in=people).values_list("user_id")
    )
    named = shown_names([one for one in people if one.pk in own or (one.pk,) in public], viewer)
    others = [one for one in people if one.pk not in named]
    return _screen(found, lines, named | _by_institution(others), viewer.pk, keys={}, hide=False)


def _by_institution(people: Collection[User]) -> dict[int, str]:
    """A protected person's institution is not told either. 1 query."""
    rows = Membership.objects.on().filter(user__in=people, user__alias="").select_related("institution")
    places = {row.user_id: row.institution for row in rows.order_by("-since", "-pk")}
    return {
        one.pk: _("A trainer, %(place)s") % {"place": places[one.pk]} if one.pk in places else _("A trainer")
        for one in people
    }


def _pseudonyms(people: Mapping[int, User]) -> dict[int, str]:
    rows = User.objects.filter(pk__in=list(people)).annotate(pseudonym=pseudonym_of())
    return {row.pk: row.pseudonym or row.display_name for row in rows}


def _screen(
    found: Cascade,
    lines: list[Line],
    names: Mapping[int, str],
    start: int | None,
    *,
    keys: Mapping[int, UUID],
    hide: bool,
) -> Screen:
    gone = _("account closed")
    rows = []
    for line in lines:
        trainer = found.trainers[line.person]
        above = lines[line.above].person if line.above is not None else None
        rows.append(
            Row(
                key=keys.get(line.person),
                name=names.get(line.person, gone),
                line=line,
                trainer=trainer,
                by=names.get(above, gone) if above is not None else "",
                direct=told(trainer.direct) if hide else trainer.direct,
                reach=told(trainer.reach) if hide else trainer.reach,
            )
        )
    count = len(found.trainers) if start is None else len(found.within(start))
    return Screen(
        rows,
        found.generations if start is None else [],
        count,
        names.get(start, gone) if start is not None else "",
    )


@dataclass(frozen=True, slots=True)
class Exported:
    """A trainer in a file: numbered within it, with the numbers of those who trained them."""

    number: int
    name: str
    trained_by: list[int]
    trainer: Trainer
    direct: int | None
    reach: int | None


def exported(*, root: UUID | None = None) -> tuple[list[Exported], list[Generation]] | None:
    """All trainers, or those below one (None: there is no such trainer), protected people by their pseudonym, whoever asks,
    and groups under five hidden. 2 queries, and those of the cascade."""
    found = prepared()
    led = Facilitator.objects.filter(user__isnull=False).values("user")
    certified = Credential.objects.filter(kind=Credential.Kind.TRAINER, holder__isnull=False).values("holder")
    rows = User.objects.filter(Q(pk__in=led) | Q(pk__in=certified)).annotate(pseudonym=pseudonym_of())
    people = {row.pk: row for row in rows}
    wanted = set(found.trainers)
    if root is not None:
        start = next((pk for pk, row in people.items() if row.key == root), 0)
        wanted = found.within(start)
        if not wanted:
            return None
    kept = [pk for pk in found.trainers if pk in wanted]
    number = {pk: place for place, pk in enumerate(kept, start=1)}
    lines = [
        Exported(
            number=number[pk],
            name=(people[pk].pseudonym or people[pk].display_name) if pk in people else _("account closed"),
            trained_by=[number[one] for one in found.trainers[pk].trained_by if one in number],
            trainer=found.trainers[pk],
            direct=told(found.trainers[pk].direct),
            reach=told(found.trainers[pk].reach),
        )
        for pk in kept
    ]
    return lines, found.generations if root is None else []
