"""Numbers, dates and weights as each language writes them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils.translation import override

from lms.templatetags import kalanso

WHEN = dt.datetime(2026, 11, 24, 14, 32, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "write", "value", "text"),
    [
        ("fr", kalanso.duration, 25, "25 min"),
        ("fr", kalanso.duration, 250, "4 h 10"),
        ("fr", kalanso.duration, 65, "1 h 05"),
        ("fr", kalanso.duration, 120, "2 h"),
        ("en", kalanso.duration, 250, "4 h 10 min"),
        ("fr", kalanso.weight, 380_000, "380 Ko"),
        ("fr", kalanso.weight, 1_234_567, "1,2 Mo"),
        ("en", kalanso.weight, 12, "1 KB"),
        ("ar", kalanso.weight, 92_000, "92 ك.ب"),
        ("fr", kalanso.points, Decimal("66.67"), "66,7"),
        ("en", kalanso.points, "66.67", "66.7"),
        ("fr", kalanso.points, 75.0, "75"),
        ("fr", kalanso.percent, 75, "75 %"),
        ("en", kalanso.percent, 75, "75%"),
        ("fr", kalanso.longdate, dt.date(2027, 3, 1), "1er mars 2027"),
        ("fr", kalanso.longdate, dt.date(2027, 3, 11), "11 mars 2027"),
        ("en", kalanso.longdate, dt.date(2027, 3, 1), "1 March 2027"),
        ("fr", kalanso.longdate, "2026-11", "novembre 2026"),
        ("fr", kalanso.longdate, "soon", "soon"),
        ("ar", kalanso.longdate, dt.date(2027, 1, 30), "30 يناير 2027"),
        ("fr", kalanso.hour, WHEN, "14 h 32"),
        ("en", kalanso.hour, WHEN, "14:32"),
        ("fr", kalanso.moment, WHEN, "24 novembre 2026 à 14 h 32"),
        ("fr", kalanso.duration, None, ""),
        ("fr", kalanso.points, None, ""),
    ],
)
def test_written(language, write, value, text):
    with override(language):
        written = write(value)
    assert written.replace("\u202f", " ").replace("\xa0", " ") == text
    if write in (kalanso.duration, kalanso.weight, kalanso.percent):
        assert " " not in written  # the number and its unit stay together


@pytest.mark.parametrize(
    ("interface", "content", "attributes"),
    [
        ("fr", "fr", ""),
        ("en", "fr", ' lang="fr"'),
        ("ar", "fr", ' lang="fr" dir="ltr"'),
        ("fr", "ar", ' lang="ar" dir="rtl"'),
    ],
)
def test_content_in_another_language_says_so(interface, content, attributes):
    with override(interface):
        assert kalanso.lang_attrs(content) == attributes
