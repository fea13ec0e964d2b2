"""Who may see a file. Rooms above say who may see restricted figures (`register_restricted`, in `AppConfig.ready`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from content.models import Figure, Tier
from people.access import Person

RestrictedRule = Callable[[Person, Figure], bool]
_restricted_rules: list[RestrictedRule] = []


def register_restricted(rule: RestrictedRule) -> None:
    """Add a rule; a restricted figure is shown to whoever one of the rules lets in. Without any: to nobody."""
    _restricted_rules.append(rule)


def may_see_figure(person: Person, figure: Figure) -> bool:
    """Open figures are for everybody, the others for people signed in, restricted ones by the registered rules."""
    if figure.tier == Tier.OPEN:
        return True
    if not (person.is_authenticated and person.is_active):
        return False
    if figure.tier != Tier.RESTRICTED:
        return True
    return any(rule(person, figure) for rule in _restricted_rules)


def strictest(figures: Iterable[Figure]) -> str:
    """The tier that decides how a file shared by several figures may be kept by browsers."""
    order = (Tier.RESTRICTED, Tier.STAFF, Tier.OPEN)
    tiers = {figure.tier for figure in figures}
    return next((tier for tier in order if tier in tiers), Tier.STAFF)
