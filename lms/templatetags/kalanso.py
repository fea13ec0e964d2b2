"""Tags and filters of all templates: icons, numbers and dates as the interface language writes them, addresses."""

from __future__ import annotations

import datetime as dt
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
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_from_path, get_language_info, ngettext
from django.utils.translation import gettext as _

from operations.addresses import neutral
from people.access import can
from people.policy import Capability

register = template.Library()
register.filter("neutral", neutral)

NARROW = "\u202f"  # narrow no-break space: French, between a number and its unit, before ; ? !
NO_BREAK = "\u00a0"

# The screens that belong under each entry of the navigation.
SECTIONS = {
    "learn": {"learn", "activity", "attempt", "attempt-result", "review", "reread"},
    "catalogue": {"catalogue", "course"},
    "certificates": {"certificates", "certificate"},
    "verify": {"verify", "verify-number"},
    "manage": set(),  # every name that begins with it
}


def _language() -> str:
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


def _together(text: str) -> str:
    """A number and its unit never part at the end of a line."""
    return text.replace(" ", NARROW if _language() == "fr" else NO_BREAK)


# --- kept -----------------------------------------------------------------------------------------------------------


class _Kept(template.Node):
    def __init__(self, inside: template.NodeList) -> None:
        self.nodelist, self.drawn = inside, dict[str | None, str]()

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self.drawn:
            self.drawn[language] = self.nodelist.render(context)
        return SafeString(self.drawn[language])


@register.tag
def kept(parser: template.base.Parser, token: template.base.Token) -> _Kept:
    """`{% kept %}…{% endkept %}`: drawn once for each interface language and then kept, as long as the process lives.

    Only for what depends on the language, the settings and the code: nothing of the reader, the address or the database.
    """
    inside = parser.parse(("endkept",))
    parser.delete_first_token()
    return _Kept(inside)


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


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


@register.filter
def longdate(value: dt.date | dt.datetime | str | None) -> str:
    """« 24 novembre 2026 », « 1er mars 2027 »; also of « 2026-11-24 » and « 2026-11 » (« novembre 2026 »)."""
    if not value:
        return ""
    if isinstance(value, str):
        try:
            if len(value) == 7:
                return date_format(dt.date.fromisoformat(f"{value}-01"), "F Y")
            day = dt.date.fromisoformat(value)
        except ValueError:
            return value
    else:
        day = _local(value)
    text = date_format(day, "j F Y")
    if day.day == 1 and _language() == "fr":
        text = text.replace("1 ", "1er ", 1)
    return text.replace(" ", NO_BREAK, 1)


@register.filter
def hour(value: dt.datetime | dt.time | None) -> str:
    """« 14 h 32 » in French, 14:32 elsewhere."""
    if value is None:
        return ""
    value = _local(value)
    if _language() == "fr":
        return f"{value.hour}{NARROW}h{NARROW}{value.minute:02d}"
    return f"{value.hour}:{value.minute:02d}"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """« 24 novembre 2026 à 14 h 32 »."""
    if value is None:
        return ""
    return _("%(date)s at %(hour)s") % {"date": longdate(value), "hour": hour(value)}


# --- addresses ------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def languages(context: Context) -> list[dict[str, Any]]:
    """The languages of the interface, each with the address of this page in it; asked twice a page, made once."""
    request: HttpRequest | None = context.get("request")
    found: list[dict[str, Any]] | None = getattr(request, "_languages", None)
    if found is None:
        here = get_language()
        found = [
            {
                "code": code,
                "name": name,
                "address": same_page(context, code),
                "dir": language_dir(code),
                "current": code == here,
            }
            for code, name in settings.LANGUAGES
        ]
        if request is not None:
            request._languages = found  # type: ignore[attr-defined]
    return found


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
def navigation(context: Context) -> list[dict[str, str]]:
    """The entries of the header for this reader: address, words, and `page` or `true` where it is the current one."""
    request: HttpRequest | None = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = match.url_name if match else None
    if getattr(context.get("user"), "is_authenticated", False):
        entries = [("learn", _("My courses")), ("catalogue", _("Catalogue")), ("certificates", _("Certificates"))]
        # The flag spares learners the query; whoever holds a role is asked about it in any case.
        if context["user"].holds_roles and can(context["user"], Capability.MANAGE_PEOPLE):
            entries.append(("manage", _("Manage")))
    else:
        entries = [("catalogue", _("Catalogue")), ("verify", _("Verify a certificate"))]
    found = []
    for name, words in entries:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        within = here in SECTIONS[name] or (name == "manage" and (here or "").startswith("manage-"))
        current = "page" if here == name else "true" if within else ""
        found.append({"address": address, "words": words, "current": current})
    if len(entries) == 2:
        address = information("help")
        current = "page" if request is not None and request.path_info == address else ""
        found.append({"address": address, "words": _("Help"), "current": current})
    return found
