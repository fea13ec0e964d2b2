"""Participants from a file: a preview says line by line what will happen; nothing is saved before it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from operations.folding import fold
from people import audiences
from people.checks import allowed
from people.models import Institution, User
from people.names import hidden_from, shown_names
from people.policy import Capability
from workshops import matching, telling
from workshops.models import Registration, Workshop
from workshops.rules import STANDING
from workshops.services.movements import state_for
from workshops.services.registration import register, seats_left
from workshops.sheets import Row, read

HOLDS = 2 * 60 * 60  # seconds for which a preview can be confirmed
_SALT = "workshops.list"
SKIP, WITHOUT = "skip", "without"

ADD, ADD_NAME, CHOOSE, DOUBLED, THERE, NOBODY = "add", "add-name", "choose", "doubled", "there", "nobody"


@dataclass(slots=True)
class Outcome:
    """What will happen with a line. `choices`: (value, words) where the person confirms which; `chosen` is proposed."""

    row: Row
    what: str
    sentence: str
    user: User | None = None
    institution: Institution | None = None
    audience: str = ""
    waits: bool = False
    choices: list[tuple[str, str]] = field(default_factory=list)
    chosen: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def adds(self) -> bool:
        return self.what in (ADD, ADD_NAME) or (self.what == CHOOSE and self.chosen != SKIP)


@dataclass(slots=True)
class Preview:
    """`token` holds the rows, sealed: what is confirmed is what was shown."""

    lines: list[Outcome]
    token: str
    seats: int

    @property
    def adds(self) -> int:
        return sum(line.adds for line in self.lines)

    @property
    def waiting(self) -> int:
        return sum(line.adds and line.waits for line in self.lines)


def preview_list(*, workshop: Workshop, content: bytes, name: str, actor: User) -> Preview:
    """Read a file and say what each line will do. Nothing is written. Raises Refused for a file that is no list, or where
    the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    return _preview(workshop, read(content, name), actor, {})


def preview_again(*, workshop: Workshop, token: str, actor: User) -> Preview:
    """The same preview, from its token."""
    return _preview(workshop, _opened(workshop, token, actor), actor, {})


@transaction.atomic
def import_list(*, workshop: Workshop, token: str, chosen: Mapping[int, str], actor: User) -> list[Registration]:
    """Do what the preview said; `chosen`: {line: "skip", "without", or the key of an account} where it asked. Raises
    Refused for a preview that is too old or another's; then nothing is saved."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    preview = _preview(held, _opened(workshop, token, actor), actor, chosen)
    made = []
    for line in preview.lines:
        if not line.adds:
            continue
        state: str = Registration.State.WAITING if seats_left(held) <= 0 else Registration.State.ACCEPTED
        state = state_for(line.user, actor=actor, state=state)
        facts: dict[str, Any] = {
            "institution": line.institution,
            "post": line.row.post,
            "sex": line.row.sex,
            "audience": line.audience,
            "phone": line.row.phone,
        }
        made.append(
            register(
                workshop=held,
                user=line.user,
                name=line.row.name or line.row.number,
                state=state,
                origin=Registration.Origin.LIST,
                actor=actor,
                **{key: value for key, value in facts.items() if value},
            )
        )
    audit.record_change(
        actor=actor,
        code="workshops.imported",
        obj=held,
        after={"workshop": held.code, "people": len(made)},
        branch=held.organiser.path,
    )
    for row in made:
        row.workshop = held
        telling.one(row, telling.KINDS[row.state], actor=actor)
    return made


# --- what each line comes to ------------------------------------------------------------------------------------------


def _seal(workshop: Workshop, rows: Sequence[Row], actor: User) -> str:
    content = {"workshop": str(workshop.pk), "by": actor.pk, "rows": [row.plain() for row in rows]}
    return signing.dumps(content, salt=_SALT, compress=True)


def _opened(workshop: Workshop, token: str, actor: User) -> list[Row]:
    try:
        content = signing.loads(token, salt=_SALT, max_age=HOLDS)
    except signing.BadSignature as error:
        raise Refused(_("This preview is too old, or was changed on the way."), _("Send the file again.")) from error
    if content["workshop"] != str(workshop.pk) or content["by"] != actor.pk:
        raise Refused(_("This preview belongs to another list."), _("Send the file again."))
    return [Row(**row) for row in content["rows"]]


def _preview(workshop: Workshop, rows: Sequence[Row], actor: User, chosen: Mapping[int, str]) -> Preview:
    places = _Places(list(Institution.objects.filter(closed=None)))
    known = {fold(words): slug for slug, words in audiences.choices()} | {
        slug: slug for slug, _words in audiences.choices()
    }
    within = [found for row in rows if (found := places.exact(row.institution)) is not None]
    directory = matching.directory(
        actor,
        within=[workshop.organiser, *within],
        numbers=[row.number for row in rows],
        names=[row.name for row in rows],
    )
    standing = workshop.registrations.filter(state__in=STANDING)
    listed = {row.user_id: row.number for row in standing if row.user_id}
    named = {(matching.key_of(row.name), row.institution_id): row.number for row in standing if not row.user_id}
    lines: list[Outcome] = []
    seen: dict[Any, int] = {}
    seats = seats_left(workshop)
    for row in rows:
        line = _outcome(row, directory, places, known, actor, chosen.get(row.line, ""))
        _without_doubles(line, seen, listed, named)
        if line.adds:
            line.waits = seats <= 0
            seats -= 1
        lines.append(line)
    return Preview(lines, _seal(workshop, rows, actor), max(0, seats_left(workshop)))


@dataclass(slots=True)
class _Places:
    institutions: list[Institution]
    by_words: dict[str, Institution] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for found in self.institutions:
            for words in (found.code, *found.name.values()):
                self.by_words.setdefault(fold(str(words)), found)

    def exact(self, words: str) -> Institution | None:
        return self.by_words.get(fold(words)) if words else None

    def near(self, words: str) -> Institution | None:
        close = matching.difflib.get_close_matches(fold(words), list(self.by_words), n=1, cutoff=0.75)
        return self.by_words[close[0]] if close else None


def _outcome(
    row: Row,
    directory: matching.Directory,
    places: _Places,
    known: Mapping[str, str],
    actor: User,
    chosen: str,
) -> Outcome:
    institution = places.exact(row.institution)
    line = Outcome(row, ADD, "", institution=institution, audience=known.get(fold(row.audience), ""))
    if row.institution and institution is None:
        near = places.near(row.institution)
        if near is not None:
            line.institution = near
            line.notes.append(_("“%(written)s” is taken for %(place)s.") % {"written": row.institution, "place": near})
        else:
            line.notes.append(_("No institution is called “%(written)s”: none is kept.") % {"written": row.institution})
    if row.audience and not line.audience:
        line.notes.append(_("No profession is called “%(written)s”: none is kept.") % {"written": row.audience})
    line.user = directory.by_number.get(row.number) or directory.by_pseudonym.get(row.name)
    if line.user is not None:
        return _known(line, actor)
    if row.number:
        line.notes.append(_("No account has the number %(number)s.") % {"number": row.number})
    if not row.name:
        line.what, line.sentence = NOBODY, _("Left out: no name, and no account has this number.")
        return line
    exact = directory.exact(row.name, line.institution)
    if len(exact) == 1 and line.institution is not None:
        line.user = exact[0]
        return _known(line, actor)
    return _to_choose(line, exact or directory.alike(row.name, line.institution), actor, chosen)


def _known(line: Outcome, actor: User) -> Outcome:
    assert line.user is not None
    shown = shown_names([line.user], actor)[line.user.pk]
    line.sentence = _("Added: %(name)s, who has an account.") % {"name": shown}
    if hidden_from(actor, {line.user.pk}):
        line.notes.append(_("A protected person is invited, and accepts or not."))
    if line.row.name and matching.key_of(line.row.name) != matching.key_of(shown):
        line.notes.append(_("The list writes “%(written)s”.") % {"written": line.row.name})
    return line


def _to_choose(line: Outcome, people: Sequence[User], actor: User, chosen: str) -> Outcome:
    if not people:
        line.what = ADD_NAME
        line.sentence = _("Added without an account: %(name)s.") % {"name": line.row.name}
        return line
    names = shown_names(people, actor)
    by_key = {str(user.key): user for user in people}
    line.what = CHOOSE
    line.sentence = _("“%(written)s” is not known under this name. Who is it?") % {"written": line.row.name}
    line.choices = [
        *((key, f"{names[user.pk]} {user.staff_number or ''}".strip()) for key, user in by_key.items()),
        (WITHOUT, _("somebody else, without an account")),
        (SKIP, _("leave this line out")),
    ]
    line.chosen = chosen if chosen in dict(line.choices) else SKIP if not chosen else WITHOUT
    if not chosen:
        line.chosen = next(iter(by_key))
    line.user = by_key.get(line.chosen)
    return line


def _without_doubles(line: Outcome, seen: dict[Any, int], listed: Mapping[int, int], named: Mapping[Any, int]) -> None:
    if not line.adds:
        return
    place = line.institution.pk if line.institution else None
    key: Any = line.user.pk if line.user is not None else (matching.key_of(line.row.name), place)
    if key in seen:
        line.what = DOUBLED
        line.sentence = _("Left out: the same person as in line %(line)d.") % {"line": seen[key]}
        return
    number = listed.get(key) if line.user is not None else named.get(key)
    if number is not None:
        line.what = THERE
        line.sentence = _("Left out: on the list already, as participant %(number)d.") % {"number": number}
        return
    seen[key] = line.row.line
