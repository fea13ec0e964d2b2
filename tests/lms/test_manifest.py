"""On a phone's home screen the site is a name and an icon that tell nothing."""

from __future__ import annotations

import struct

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings


def test_the_manifest_names_the_app_and_nothing_else(client):
    answer = client.get("/app.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json" and not answer.cookies
    manifest = answer.json()
    assert manifest["name"] == manifest["short_name"] == "Kalanso"
    assert not {"description", "shortcuts", "categories", "screenshots"} & set(manifest)


def test_the_icons_exist_in_the_size_they_say(client):
    icons = client.get("/app.webmanifest").json()["icons"]
    assert {icon["sizes"] for icon in icons} == {"any", "192x192", "512x512"}
    for icon in icons:
        path = finders.find(icon["src"].removeprefix("/static/"))
        assert path, icon["src"]
        if icon["type"] == "image/png":
            with open(path, "rb") as file:
                width, height = struct.unpack(">II", file.read(24)[16:])
            assert f"{width}x{height}" == icon["sizes"]


@pytest.mark.django_db
def test_the_operator_chooses_the_name(client):
    with override_settings(APP_NAME="Carnet de la brousse", WAGTAIL_SITE_NAME="Carnet de la brousse"):
        manifest = client.get("/app.webmanifest").json()
        assert manifest["name"] == "Carnet de la brousse" and len(manifest["short_name"]) <= 12
        assert "<title>Carnet de la brousse</title>" in client.get("/fr/").content.decode()


@pytest.mark.django_db
def test_pages_carry_the_manifest_and_no_card_for_social_networks(client):
    for page in ("/fr/", "/en/catalogue/", "/ar/courses/", "/accounts/login/"):
        content = client.get(page).content.decode()
        assert '<link rel="manifest" href="/app.webmanifest">' in content
        assert "og:" not in content and "twitter:" not in content and 'name="description"' not in content
