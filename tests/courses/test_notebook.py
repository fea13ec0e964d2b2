"""The private notebook."""

from __future__ import annotations

import pytest

from courses import services
from courses.models import ActivityText, Note
from operations.errors import Refused
from records.models import Statement
from tests.courses import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return build.make_course()


@pytest.fixture
def lesson(course) -> ActivityText:
    return ActivityText.objects.get(key=build.lesson_keys(course)[0], language="fr")


@pytest.fixture
def block(lesson) -> str:
    return lesson.facts["reflections"][0]["id"]


@pytest.fixture
def path(lesson) -> str:
    return f"/fr/c/T1/{lesson.key.hex[:8]}/"


def test_a_reflection_is_saved_and_leads_back_to_its_block(client_for, cast, course, lesson, block, path):
    services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    assert f'name="block" value="{block}"' in browser.get(path).content.decode()
    answer = browser.post(path + "note/", {"block": block, "words": "L'heure de l'arrestation.\r\nSouvent."})
    assert answer.status_code == 303
    anchor = f"b-{block.split('-')[0]}"
    assert answer["Location"] == f"{path}?saved={block}#{anchor}"
    page = browser.get(answer["Location"]).content.decode()
    assert f'id="{anchor}"' in page
    assert "L&#x27;heure de l&#x27;arrestation." in page
    assert 'role="status"' in page
    note = Note.objects.get()
    assert (note.user, note.text, note.language) == (cast.awa, "L'heure de l'arrestation.\nSouvent.", "fr")
    assert note.question == lesson.facts["reflections"][0]["question"]
    assert not Statement.objects.filter(body__icontains="arrestation").exists()


def test_saving_again_replaces_and_emptying_erases(cast, lesson, block):
    for words in ("Un", "Deux"):
        services.write_note(user=cast.awa, text=lesson, block=block, words=words, language="fr")
    assert Note.objects.get().text == "Deux"
    assert services.write_note(user=cast.awa, text=lesson, block=block, words="  \n", language="fr") is None
    assert not Note.objects.exists()


def test_a_text_that_is_too_long_is_refused_and_not_lost(client_for, cast, course, block, path, lesson):
    services.enrol(user=cast.awa, course=course)
    services.write_note(user=cast.awa, text=lesson, block=block, words="Avant", language="fr")
    long = "é" * 10_001
    answer = client_for(cast.awa).post(path + "note/", {"block": block, "words": long})
    assert answer.status_code == 422
    assert long in answer.content.decode()
    assert Note.objects.get().text == "Avant"
    with pytest.raises(Refused):
        services.change_note(note=Note.objects.get(), words=long)


def test_the_same_note_is_found_in_every_language(client_for, cast, course, block, path):
    services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    browser.post(path + "note/", {"block": block, "words": "Ma note"})
    assert "Ma note" in browser.get(path.replace("/fr/", "/en/")).content.decode()


@pytest.mark.parametrize("block", ["", "nope", "'; DROP TABLE", "0" * 500])
def test_a_block_that_is_not_of_the_lesson_keeps_nothing(client_for, cast, course, path, block):
    services.enrol(user=cast.awa, course=course)
    answer = client_for(cast.awa).post(path + "note/", {"block": block, "words": "x"})
    assert answer.status_code == 422
    assert not Note.objects.exists()


def test_others_cannot_write_into_a_lesson_that_they_do_not_read(client_for, cast, course, block, path):
    assert client_for(cast.seydou).post(path + "note/", {"block": block, "words": "x"})["Location"] == "/fr/c/T1/"
    assert client_for(None).post(path + "note/", {"block": block, "words": "x"})["Location"].startswith("/accounts/")
    assert client_for(cast.awa, csrf=True).post(path + "note/", {"block": block, "words": "x"}).status_code == 403
    assert not Note.objects.exists()


def test_nobody_reads_the_notes_of_another_not_even_the_administrator(client_for, cast, lesson, block):
    note = services.write_note(user=cast.awa, text=lesson, block=block, words="Secret zorglub", language="fr")
    for other in (cast.issa, cast.mariam, cast.admin, cast.oumar, cast.seydou, cast.fanta):
        browser = client_for(other)
        for path in ("notebook/", "notebook/export/", f"notebook/{note.pk}/", f"notebook/{note.pk}/delete/"):
            answer = browser.get(f"/fr/{path}")
            assert answer.status_code == (200 if path in ("notebook/", "notebook/export/") else 404)
            assert b"zorglub" not in answer.content
        assert browser.post(f"/fr/notebook/{note.pk}/", {"words": "x"}).status_code == 404
        assert browser.post(f"/fr/notebook/{note.pk}/delete/").status_code == 404
    for path in ("notebook/", "notebook/export/", f"notebook/{note.pk}/"):
        assert client_for(None).get(f"/fr/{path}").status_code == 302
    assert Note.objects.get().text == "Secret zorglub"


def test_notes_are_listed_changed_and_deleted_after_a_question(client_for, cast, course, lesson, block):
    note = services.write_note(user=cast.awa, text=lesson, block=block, words="Ma note", language="fr")
    browser = client_for(cast.awa)
    page = browser.get("/fr/notebook/").content.decode()
    assert "Ma note" in page
    assert "Tenir un registre T1" in page
    answer = browser.post(f"/fr/notebook/{note.pk}/", {"words": "Autre"})
    assert (answer.status_code, answer["Location"]) == (303, f"/fr/notebook/#n-{note.pk}")
    assert browser.post(f"/fr/notebook/{note.pk}/", {"words": " "}).status_code == 422
    assert browser.get(f"/fr/notebook/{note.pk}/delete/").status_code == 200
    assert Note.objects.get().text == "Autre"
    browser.post(f"/fr/notebook/{note.pk}/delete/")
    assert not Note.objects.exists()
    assert 'class="empty"' in browser.get("/fr/notebook/").content.decode()


def test_the_export_is_text_with_a_neutral_name(client_for, cast, lesson, block):
    services.write_note(user=cast.awa, text=lesson, block=block, words="Greffe & <b>heure</b>", language="fr")
    for form, kind in (("txt", "text/plain"), ("md", "text/markdown")):
        answer = client_for(cast.awa).get(f"/fr/notebook/export/?form={form}")
        assert answer["Content-Type"] == f"{kind}; charset=utf-8"
        name = answer["Content-Disposition"].split("filename=")[1].strip('"')
        assert name.startswith("notes-") and name.endswith(f".{form}")
        assert "Greffe & <b>heure</b>" in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
