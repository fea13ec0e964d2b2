"""The tree of pages as an installation begins it: one home page a language, and the information pages.

Information pages are written in content/information/<slug>.<language>.md. A page that an author has changed since is the
author's: it is never overwritten by a file.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.conf import settings
from django.db import transaction
from wagtail.models import Locale, Page, Site

from content.markdown import Block, split
from content.models import HomePage, InformationPage
from content.translation import store_translations

FOLDER = Path(__file__).resolve().parent / "information"
_NAMESPACE = uuid.UUID("6f3c0d64-6c1f-5a42-9a1e-0d0f0a6c7b11")  # makes the keys of these pages the same everywhere


class _Written(NamedTuple):
    slug: str
    language: str
    title: str
    blocks: list[Block]


def raw_stream(
    blocks: Iterable[Block | tuple[str, Any]], *, key: uuid.UUID, figures: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Blocks of `content.markdown` as the raw data of a `Body` stream, in the page with the translation key `key`.

    Ids come from kind and place among their kind, so that they are the same in all languages and stay when another
    kind of block comes between. `figures`: the id of each figure by its name (KeyError where one is missing).
    """
    seen: Counter[str] = Counter()
    raw = []
    for kind, given in blocks:
        seen[kind] += 1
        value: Any = given
        if kind == "figure":
            value = {"figure": (figures or {})[value["name"]], "alt": value["alt"]}
        raw.append({"type": kind, "value": value, "id": str(uuid.uuid5(key, f"{kind}:{seen[kind]}"))})
    return raw


@transaction.atomic
def ensure_site() -> dict[str, HomePage]:
    """The home page of each content language, by language: made where missing, with locales, site and tree.

    The first language of the site is the source. Wagtail's own welcome page goes away, if it is still as it came.
    """
    languages = [settings.LANGUAGE_CODE] + [
        code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES if code != settings.LANGUAGE_CODE
    ]
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in languages}
    root = Page.get_first_root_node()
    key = uuid.uuid5(_NAMESPACE, "home")
    homes = {page.locale.language_code: page for page in HomePage.objects.select_related("locale").filter(depth=2)}
    for code in languages:
        if code not in homes:
            root.refresh_from_db()
            page = HomePage(title=settings.WAGTAIL_SITE_NAME, slug=code, locale=locales[code], translation_key=key)
            homes[code] = root.add_child(instance=page)
            page.save_revision().publish()
    home = homes[languages[0]]
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True, hostname="localhost")
    if site.root_page_id != home.pk:
        site.root_page = home
        site.site_name = settings.WAGTAIL_SITE_NAME
        site.save()
    # Only after the site has left it: a site goes away with its page.
    for page in Page.objects.filter(depth=2, content_type__app_label="wagtailcore", numchild=0, slug="home"):
        page.delete()
    return homes


@transaction.atomic
def load_pages(folder: Path = FOLDER) -> list[InformationPage]:
    """Make or update the information pages from their files; the pages that changed."""
    homes = ensure_site()
    written = [page for path in sorted(folder.glob("*.*.md")) if (page := _read(path)).language in homes]
    changed: list[InformationPage] = []
    pages: dict[tuple[str, str], InformationPage] = {}
    for entry in written:
        page, is_changed = _store(entry, homes[entry.language])
        pages[entry.slug, entry.language] = page
        if is_changed:
            changed.append(page)
    source = settings.LANGUAGE_CODE
    touched = {page.slug for page in changed}
    store_translations(
        (pages[slug, source], page)
        for (slug, language), page in pages.items()
        if language != source and slug in touched and (slug, source) in pages
    )
    return changed


def _read(path: Path) -> _Written:
    slug, language, _ending = path.name.split(".")
    _before, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return _Written(slug, language, yaml.safe_load(head)["title"], split(body, locale=language))


def _store(entry: _Written, home: HomePage) -> tuple[InformationPage, bool]:
    key = uuid.uuid5(_NAMESPACE, entry.slug)
    raw = raw_stream(entry.blocks, key=key)
    page = InformationPage.objects.filter(translation_key=key, locale=home.locale).first()
    if page is None:
        page = InformationPage(title=entry.title, slug=entry.slug, locale=home.locale, translation_key=key, body=raw)
        home.refresh_from_db()
        home.add_child(instance=page)
        page.save_revision().publish()
    else:
        latest = page.latest_revision
        by_author = latest is not None and latest.user_id is not None
        if by_author or (page.title == entry.title and list(page.body.raw_data) == raw):
            return page, False
        page.title, page.body = entry.title, raw
        page.save_revision().publish()
    return InformationPage.objects.get(pk=page.pk), True
