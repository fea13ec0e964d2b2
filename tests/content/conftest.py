"""What tests of the room share: home pages, a figure, a page in two languages."""

from __future__ import annotations

import uuid

import pytest

from content.models import HomePage, InformationPage
from content.pages import ensure_site, raw_stream

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480"><title>Trois pas</title>'
    b"<desc>1. Lire 2. \xc3\x89crire 3. Signer</desc><rect width='640' height='480'/></svg>"
)


@pytest.fixture
def homes(db) -> dict[str, HomePage]:
    return ensure_site()


@pytest.fixture
def pair(homes) -> tuple[InformationPage, InformationPage]:
    """A page in French and in English, as a loader writes them: published, unknown to the translation desk."""
    key = uuid.uuid4()
    words = {
        "fr": ("Le registre", "Au greffe, on écrit tout.\n\nLe même jour.", "Que manque-t-il ?"),
        "en": ("The register", "At the registry, all is written.\n\nThe same day.", "What is missing?"),
    }
    pages = []
    for language, (title, text, question) in words.items():
        home = homes[language]
        home.refresh_from_db()
        blocks = [("heading", title), ("text", text), ("reflect", {"text": question})]
        page = InformationPage(
            title=title,
            slug="essai",
            locale=home.locale,
            translation_key=key,
            body=raw_stream(blocks, key=key),
        )
        home.add_child(instance=page)
        page.save_revision().publish()
        pages.append(InformationPage.objects.get(pk=page.pk))
    return pages[0], pages[1]
