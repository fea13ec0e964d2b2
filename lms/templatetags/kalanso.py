"""Tags and filters of all templates: icons, numbers and dates as the interface language writes them, addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_from_path, get_language_info, ngettext
from django.utils.translation import gettext as _

from operations.addresses import neutral
from operations.days import NARROW, NO_BREAK, hour, local, longdate
from people.access import can, holds_role
from people.models import Role
from people.policy import Capability

register = template.Library()
register.filter("neutral", neutral)


# The screens that belong under each entry of the navigation.
SECTIONS = {
    "learn": {
        "learn",
        "my-workshops",
        "my-workshop",
        "activity",
        "lesson-ask",
        "group",
        "attempt",
        "attempt-result",
        "review",
        "reread",
    },
    "catalogue": {"catalogue", "course"},
    "certificates": {"certificates", "certificate", "pathway", "my-cascade"},
    "trainers": {"trainers", "cascade"},
    "verify": {"verify", "verify-number"},
    "teach": set(),  # every name that begins with it
    "workshops": {"feasts", "letter-new", "letter-scan"},  # and every name that begins with one of its things
    "teach-candidates": {"teach-candidates", "teach-candidate", "trainers", "cascade"},
    "manage": set(),  # every name that begins with it
    "help": set(),
}

BEGINNINGS = {
    "teach": ("teach-",),
    "manage": ("manage-",),
    "workshops": ("workshop", "session-", "registration-", "feast-", "attendance", "call"),
}


def _language() -> str:
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


def _together(text: str) -> str:
    """A number and its unit never part at the end of a line."""
    return text.replace(" ", NARROW if _language() == "fr" else NO_BREAK)


# --- kept -----------------------------------------------------------------------------------------------------------


# What a kept piece may go by: values that show the same wherever they are equal and of one type. No rows of the database.
_PLAIN = (str, int, Decimal, dt.date, type(None))
_MOST = 2048  # drawings of one piece; then it begins anew


class _Kept(template.Node):
    def __init__(self, inside: template.NodeList, given: dict[str, template.base.FilterExpression]) -> None:
        self.nodelist, self.names, self.given = inside, tuple(given), tuple(given.values())
        self.drawn: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = tuple([expression.resolve(context) for expression in self.given])
        # With their types: 1 is written otherwise than True, and words that are safe HTML otherwise than the same words.
        key = (get_language(), values, tuple(map(type, values)))
        drawn = self.drawn.get(key)
        return self._draw(context, key) if drawn is None else drawn

    def _draw(self, context: Context, key: tuple[Any, ...]) -> SafeString:
        shown = dict(zip(self.names, key[1], strict=True))
        if wrong := [name for name, value in shown.items() if not _plain(value)]:
            raise TypeError(f"kept cannot go by {', '.join(wrong)}: only by plain values and lines that do not change.")
        drawn = SafeString(self.nodelist.render(context.new(shown)))  # it sees nothing else of the page
        if len(self.drawn) >= _MOST:
            self.drawn.clear()
        self.drawn[key] = drawn
        return drawn


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_plain(one) for one in value)
    if isinstance(value, _PLAIN):
        return True
    frozen = getattr(getattr(type(value), "__dataclass_params__", None), "frozen", False)
    return frozen and all(_plain(getattr(value, one.name)) for one in fields(value) if one.hash is not False)


@register.tag
def kept(parser: template.base.Parser, token: template.base.Token) -> _Kept:
    """`{% kept name=value … %}…{% endkept %}`: drawn once for each interface language and these values, and then kept.

    What stands inside sees these names and no others, so that it cannot depend on the reader, the address or the database
    but through them. Never a name or the words of a person: they would stay in memory.
    """
    given = template.base.token_kwargs(token.split_contents()[1:], parser)
    inside = parser.parse(("endkept",))
    parser.delete_first_token()
    return _Kept(inside, given)


@register.filter
def fixed(values: Iterable[Any] | None) -> tuple[Any, ...]:
    """A list as something that a piece may be kept by."""
    return tuple(values or ())


@register.filter
def day(value: dt.datetime | None) -> dt.date | None:
    """The day of a moment, here: what is kept by a day serves more people than what is kept by a second."""
    return local(value).date() if value else None


# --- signs ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, flip: bool = False) -> SafeString:
    """The icon `name` of the sprite, hidden from screen readers; `flip` turns it round in right-to-left pages."""
    return _icon(name, flip)


@lru_cache(maxsize=256)
def _icon(name: str, flip: bool) -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        "i flip" if flip else "i",
        static("lms/icons.svg"),
        name,
    )


@register.simple_tag
def lang_attrs(code: str) -> SafeString:
    """`lang` (and `dir`, where it differs) for content in another language than the interface; else nothing."""
    here = _language()
    if not code or code == here:
        return SafeString("")
    there = get_language_info(code)["bidi"]
    if there == get_language_info(here)["bidi"]:
        return format_html(' lang="{}"', code)
    return format_html(' lang="{}" dir="{}"', code, "rtl" if there else "ltr")


@register.simple_tag
def language_dir(code: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if get_language_info(code)["bidi"] else "ltr"


# --- numbers --------------------------------------------------------------------------------------------------------


@register.filter
def duration(minutes: int | None) -> str:
    """25 → « 25 min », 250 → « 4 h 10 »."""
    if minutes is None:
        return ""
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return _together(ngettext("%(minutes)d min", "%(minutes)d min", rest) % {"minutes": rest})
    if not rest:
        return _together(ngettext("%(hours)d h", "%(hours)d h", hours) % {"hours": hours})
    return _together(_("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest})


@register.filter
def weight(size: int | None) -> str:
    """Bytes → « 380 Ko », « 1,2 Mo » (thousands of bytes, as prepaid data are counted)."""
    if size is None:
        return ""
    if size >= 1_000_000:
        return _together(_("%(size)s MB") % {"size": number_format(round(size / 1_000_000, 1), 1)})
    return _together(_("%(size)s KB") % {"size": number_format(max(1, round(size / 1000)))})


@register.filter
def points(value: Decimal | float | int | str | None) -> str:
    """A number with the decimal mark of the language, one decimal at most, none where it is nought."""
    if value is None or value == "":
        return ""
    rounded = round(Decimal(str(value)), 1)
    return number_format(rounded, 0 if rounded == rounded.to_integral_value() else 1)


@register.filter
def percent(value: Decimal | float | int | str | None) -> str:
    """75 → « 75 % »."""
    if value is None or value == "":
        return ""
    return _together(_("%(number)s%%") % {"number": points(value)})


# --- days and hours -------------------------------------------------------------------------------------------------


register.filter("longdate", longdate)
register.filter("hour", hour)


@register.filter
def moment(value: dt.datetime | None) -> str:
    """« 24 novembre 2026 à 14 h 32 »."""
    if value is None:
        return ""
    return _("%(date)s at %(hour)s") % {"date": longdate(value), "hour": hour(value)}


# --- addresses ------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def languages(context: Context) -> SafeString:
    """Links to this page in the languages of the interface; asked twice a page, made once."""
    request: HttpRequest | None = context.get("request")
    found: SafeString | None = getattr(request, "_languages", None)
    if found is None:
        here = get_language()
        found = format_html_join(
            "",
            '<a href="{}"{}',
            ((same_page(context, code), _spoken(code, name, code == here)) for code, name in settings.LANGUAGES),
        )
        if request is not None:
            request._languages = found  # type: ignore[attr-defined]
    return found


@lru_cache(maxsize=64)
def _spoken(code: str, name: str, current: bool) -> SafeString:
    """What follows the address in a link to this language."""
    mark = SafeString(' aria-current="true"' if current else "")
    return format_html(' lang="{0}" hreflang="{0}" dir="{1}"{2}>{3}</a>', code, language_dir(code), mark, name)


@register.simple_tag(takes_context=True)
def same_page(context: Context, code: str) -> str:
    """The address of this page in the language `code`; no address of ours is translated, only its first segment.

    Addresses without a language (/accounts/…) are reached through `speak`, which sets the language and comes back.
    """
    request: HttpRequest | None = context.get("request")
    if request is None:
        return f"/{code}/"
    if get_language_from_path(request.path_info):
        rest = request.get_full_path().split("/", 2)[2] if request.path_info.count("/") > 1 else ""
        return f"/{code}/{rest}"
    return f"{_address('speak', code)}?{urlencode({'next': request.get_full_path()})}"


def _address(name: str, code: str) -> str:
    path = reverse(name)
    return path if path.split("/", 2)[1] == code else f"/{code}/" + path.split("/", 2)[2]


@register.simple_tag
def information(slug: str) -> str:
    """The address of an information page, in the nearest language that has content."""
    written = {code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES}
    language = _language()
    return f"/{language if language in written else settings.LANGUAGE_CODE}/{slug}/"


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> SafeString:
    """The entries of the header for this reader, the one of this page marked."""
    request: HttpRequest | None = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = match.url_name if match else None
    user: Any = context.get("user")
    if getattr(user, "is_authenticated", False):
        # The flag spares learners the query; whoever holds a role is asked about it in any case.
        names = ["learn", "catalogue", "certificates"]
        if user.holds_roles and can(user, Capability.SEE_COHORTS):
            names += ["teach", "workshops"]
        if user.holds_roles and holds_role(user, Role.MASTER, Role.COORDINATOR, Role.REVIEWER):
            names.append("teach-candidates")
        elif user.holds_roles and can(user, Capability.SEE_TRAINERS):
            names.append("trainers")
        if user.holds_roles and can(user, Capability.MANAGE_PEOPLE):
            names.append("manage")
        return _entries(get_language(), tuple(names), here)
    helped = request is not None and request.path_info == information("help")
    return _entries(get_language(), ("catalogue", "verify", "help"), "help" if helped else here)


@lru_cache(maxsize=1024)
def _entries(language: str | None, names: tuple[str, ...], here: str | None) -> SafeString:
    words = {
        "learn": _("My courses"),
        "catalogue": _("Catalogue"),
        "certificates": _("Certificates"),
        "teach": _("Teach"),
        "workshops": _("Workshops"),
        "teach-candidates": _("Trainers"),
        "trainers": _("Trainers"),
        "manage": _("Manage"),
        "verify": _("Verify a certificate"),
        "help": _("Help"),
    }
    found = []
    for name in names:
        try:
            address = information("help") if name == "help" else reverse(name)
        except NoReverseMatch:
            continue
        within = here in SECTIONS[name] or (
            (here or "").startswith(BEGINNINGS.get(name, ())) and here not in SECTIONS["teach-candidates"]
        )
        current = "page" if here == name else "true" if within else ""
        mark = format_html(' aria-current="{}"', current) if current else ""
        found.append((address, mark, words[name]))
    return format_html_join("", '<a href="{}"{}>{}</a>', found)


@register.filter
def writes(request: HttpRequest) -> bool:
    """Whether the menu offers the authoring desk to the person, who is signed in."""
    return bool(getattr(request.user, "is_superuser", False) or request.session.get("desk"))
