import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.folding import fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  Présomption   d’Innocence ", "presomption d'innocence"),
        ("PRÉSOMPTION D'INNOCENCE", "presomption d'innocence"),
        ("Œuvre et cœur, Æthiopia", "oeuvre et coeur, aethiopia"),
        ("besoin\u202fd\u2019en\u00a0connaître", "besoin d'en connaitre"),
        ("need\u2010to\u2011know", "need-to-know"),
        ("ɓiɗɗo ŋari ɲawu ƴama kɛlɛ tɔgɔ", "biddo nari nawu yama kele togo"),
        ("ƁIƊƊO ŊARI ƝAWU ƳAMA KƐLƐ TƆGƆ", "biddo nari nawu yama kele togo"),
        ("kɛ́lɛ̀", "kele"),
        ("مَدْرَسَة", "مدرسة"),
        ("مـدرسة", "مدرسة"),
        ("أحمد إسلام آدم ٱلكتاب", "احمد اسلام ادم الكتاب"),
        ("على", "علي"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("", ""),
    ],
)
def test_what_a_person_types_meets_what_an_author_wrote(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèêëàâçîïôöùûüœæɓɗŋɲƴɛɔ '-", max_size=40))
def test_capitals_never_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)
