"""Who gets a file, and how it is sent."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client

from content import access
from content.models import Tier
from content.rendering import figure_url
from content.services import store_figure
from tests.content.conftest import SVG

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@pytest.fixture(autouse=True)
def _closed(monkeypatch):
    """The test client leaves streamed files open until somebody closes them."""
    opened: list[HttpResponse] = []
    request = Client.request

    def keep(self, **kwargs):
        opened.append(request(self, **kwargs))
        return opened[-1]

    monkeypatch.setattr(Client, "request", keep)
    yield
    for closer in (closer for response in opened for closer in response._resource_closers):
        closer()


def address(tier: str) -> str:
    return figure_url(store_figure(owner="essai", name=tier, language="fr", data=SVG, tier=tier).files.get())


def test_an_open_figure_is_for_everybody_and_may_be_kept(client_for) -> None:
    response = client_for().get(address(Tier.OPEN))
    assert response.status_code == 200 and b"".join(response.streaming_content) == SVG
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_browser_that_has_the_figure_is_told_so(client_for) -> None:
    url = address(Tier.OPEN)
    response = client_for().get(url, headers={"if-none-match": client_for().get(url)["ETag"]})
    assert response.status_code == 304 and response["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("tier", [Tier.STAFF, Tier.RESTRICTED])
def test_other_figures_are_hidden_from_strangers(client_for, cast, tier: str) -> None:
    url = address(tier)
    assert client_for().get(url).status_code == 404
    assert client_for(cast.awa).get(url).status_code == (404 if tier == Tier.RESTRICTED else 200)
    response = client_for(cast.admin).get(url)
    assert response.status_code == 200
    kept = response["Cache-Control"]
    assert kept == "no-store" if tier == Tier.RESTRICTED else kept.startswith("private")


def test_restricted_figures_ask_the_rules_of_rooms_above(client_for, cast, monkeypatch) -> None:
    monkeypatch.setattr(access, "_restricted_rules", [])
    access.register_restricted(lambda person, figure: person == cast.issa)
    url = address(Tier.RESTRICTED)
    assert client_for(cast.awa).get(url).status_code == 404
    assert client_for(cast.issa).get(url).status_code == 200


def test_a_file_that_two_figures_share_is_open_if_one_is(client_for) -> None:
    address(Tier.STAFF)
    assert client_for().get(address(Tier.OPEN)).status_code == 200


def test_the_wrong_ending_or_an_unknown_hash_finds_nothing(client_for) -> None:
    url = address(Tier.OPEN)
    for wrong in (url.replace(".svg", ".png"), f"/files/f/{'0' * 64}.svg", url.replace(".svg", ".html")):
        assert client_for().get(wrong).status_code == 404


def test_nginx_can_send_the_bytes(client_for, settings) -> None:
    settings.FILES_ACCEL = "/protected/"
    url = address(Tier.OPEN)
    response = client_for().get(url)
    assert response["X-Accel-Redirect"] == f"/protected/figures/{url.rsplit('/', 1)[-1]}" and not response.content


@pytest.fixture
def upload(db):
    path = default_storage.save("documents/essai.html", ContentFile(b"<script>alert(1)</script>"))
    yield path
    default_storage.delete(path)


def test_uploads_of_the_desk_are_for_those_who_may_edit(client_for, cast, upload: str) -> None:
    url = f"/files/{upload}"
    assert client_for().get(url).status_code == 404
    assert client_for(cast.awa).get(url).status_code == 404
    response = client_for(cast.oumar).get(url)
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == POLICY and response["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    "path",
    [
        *("../secret-key", "..%2fsecret-key", "%2e%2e/secret-key", "documents/../../secret-key", "/etc/passwd"),
        *("//etc/passwd", "documents/%00", "documents", "figures/", "..\\secret-key", "f/../../secret-key"),
    ],
)
def test_nobody_climbs_out_of_the_files(client_for, cast, path: str) -> None:
    response = client_for(cast.oumar).get(f"/files/{path}", follow=True)
    assert response.status_code == 404
