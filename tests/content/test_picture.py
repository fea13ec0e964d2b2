"""Which pictures are taken in, and what is said of the others."""

from __future__ import annotations

import hashlib
import io

import pytest
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.models import Figure, FigureFile
from content.pictures import inspect
from content.services import store_figure
from content.signals import figure_changed
from operations.errors import Refused
from tests.content.conftest import SVG

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">'


def png(size: tuple[int, int] = (4, 3), form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<rect onload='alert(1)'/>",
        "<rect ONCLICK='alert(1)'/>",
        "<a href='https://example.org'><rect/></a>",
        "<image href='https://example.org/a.png'/>",
        "<use xlink:href='https://example.org/a.svg#a'/>",
        "<use href='data:image/svg+xml,x'/>",
        "<style>@import url(https://example.org/a.css);</style>",
        "<style>rect{background:url(//example.org/a)}</style>",
        "<rect style='fill:url(https://example.org/a)'/>",
        "<rect fill='u\\72l(https://example.org/a)'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<set attributeName='onmouseover' to='alert(1)'/>",
        "<g xml:base='https://example.org/'/>",
        "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
    ],
)
def test_a_picture_that_acts_or_calls_out_is_refused_in_words(inside: str) -> None:
    picture, reasons = inspect("a.svg", f"{HEAD}{inside}</svg>".encode())
    assert picture is None
    assert reasons and all(reason.endswith(".") for reason in reasons)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg viewBox='0 0 1 1'></svg>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG,
        b"<!DOCTYPE svg SYSTEM 'file:///etc/passwd'>" + SVG,
        b"<?xml-stylesheet href='https://example.org/a.css'?>" + SVG,
        b'<?xml version="1.0" encoding="utf-7"?>' + SVG,
        f"{HEAD}{'<g>' * 100_000}".encode(),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        png(),
    ],
)
def test_what_is_no_svg_is_refused(data: bytes) -> None:
    picture, reasons = inspect("a.svg", data)
    assert picture is None and reasons


@pytest.mark.parametrize(
    ("form", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("JPEG", "A.JPEG"), ("WEBP", "a.webp")]
)
def test_pictures_of_points_are_taken_by_their_bytes(form: str, name: str) -> None:
    picture, _reasons = inspect(name, png(form=form))
    assert picture is not None and (picture.width, picture.height) == (4, 3)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", png(form="JPEG")),
        ("a.png", SVG),
        ("a.png", png()[:40]),
        ("a.png", png()[:-30]),
        ("a.gif", png()),
        ("a", png()),
        ("a.svg.exe", png()),
        ("a.png", b"GIF89a" + b"\0" * 50),
    ],
)
def test_a_name_that_does_not_agree_with_the_bytes_is_refused(name: str, data: bytes) -> None:
    picture, reasons = inspect(name, data)
    assert picture is None and reasons


@given(st.binary(max_size=400), st.sampled_from(["a.svg", "a.png", "a.jpg", "a.webp"]))
def test_any_bytes_get_an_answer(data: bytes, name: str) -> None:
    picture, reasons = inspect(name, data)
    assert (picture is None) == bool(reasons)


def test_a_figure_is_kept_under_the_hash_of_its_bytes(db) -> None:
    figure = store_figure(owner="essai", name="pas", language="fr", data=SVG, tier="open")
    file = figure.files.get()
    digest = hashlib.sha256(SVG).hexdigest()
    assert (file.file.name, file.digest) == (f"figures/{digest}.svg", digest)
    assert (file.width, file.height, file.weight) == (640, 480, len(SVG))
    with default_storage.open(file.file.name) as kept:
        assert kept.read() == SVG


def test_storing_the_same_figure_again_changes_nothing_and_other_bytes_are_told(db) -> None:
    told: list[Figure] = []
    receiver = lambda figure, **kwargs: told.append(figure)  # noqa: E731
    figure_changed.connect(receiver)
    try:
        first = store_figure(owner="essai", name="pas", language="fr", data=SVG)
        assert store_figure(owner="essai", name="pas", language="fr", data=SVG) == first
        assert FigureFile.objects.filter(figure=first).count() == 1 and not told
        store_figure(owner="essai", name="pas", language="fr", data=png(), filename="pas.png")
        assert told == [first]
        assert first.files.get().file.name.endswith(".png")
    finally:
        figure_changed.disconnect(receiver)


def test_a_refused_figure_leaves_nothing(db) -> None:
    with pytest.raises(Refused, match="script"):
        store_figure(owner="essai", name="mal", language="fr", data=f"{HEAD}<script/></svg>".encode())
    assert not Figure.objects.filter(name="mal").exists()
