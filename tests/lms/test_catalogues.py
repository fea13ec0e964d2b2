"""The interface says everything in French, and the learner's and verification screens in Arabic."""

from __future__ import annotations

import ast
import os
import re
import string
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from lms.catalogues import ROOT, compile_all

BASE = ROOT.parent
ROOMS = [
    "lms",
    "certificates",
    "workshops",
    "assessments",
    "courses",
    "content",
    "programme",
    "records",
    "people",
    "operations",
]
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}

# What a learner or a stranger who verifies a certificate can meet: Arabic is complete there.
ARABIC = [
    *["lms/templates/", "lms/templatetags/", "lms/views/", "lms/context.py", "people/", "courses/", "assessments/"],
    *["certificates/templates/", "certificates/views.py", "certificates/services/", "certificates/models/"],
    *["certificates/queries/", "content/templates/", "content/views.py"],
    *["workshops/templates/workshops/mine", "workshops/templates/workshops/my_", "workshops/templates/workshops/days"],
    *["workshops/templates/workshops/check_in", "workshops/views/mine.py", "workshops/telling.py"],
    *[
        "workshops/templates/workshops/survey",
        "workshops/templates/workshops/step",
        "workshops/templates/workshops/test",
        "certificates/requirements.py",
    ],
    *["certificates/pathway_views.py"],
]
# Authors' and operators' words.
NOT_ARABIC = [
    *["wagtail_hooks.py", "panels.py", "/management/", "assessments/pages.py", "courses/publication.py"],
    *["assessments/authoring.py", "courses/authoring.py", "certificates/desk"],
    *["certificates/templates/certificates/candidate", "certificates/templates/certificates/workshop"],
    *["certificates/services/workshops.py", "certificates/services/handover.py", "certificates/services/specimens.py"],
    *["certificates/services/definitions.py", "certificates/templates/certificates/definition"],
    *["certificates/templates/certificates/cascade.html", "certificates/templates/certificates/trainers.html"],
    *["certificates/queries/cascade", "certificates/queries/trainers.py", "certificates/queries/candidates.py"],
    *["certificates/models/issuer.py", "certificates/queries/workshops.py"],
    # Those who grade, and authors of written work.
    *["assessments/services/grading.py", "assessments/grading_views.py", "templates/assessments/grading"],
    *["assessments/publishing.py", "assessments/trail.py", "assessments/forms.py"],
    *["lms/upkeep/", "lms/templates/lms/upkeep/"],
    # The manager's desk, the audit trail and what their services refuse.
    *["people/desk", "people/templates/people/desk/", "people/views/desk", "people/manage_forms.py", "people/slips.py"],
    *["people/audit", "people/views/audit.py", "people/templates/people/audit", "people/trail.py"],
    *["people/services/institutions.py", "people/services/memberships.py", "people/services/roles.py"],
    # The desk of those who teach.
    *[
        "courses/views/teach",
        "courses/templates/courses/teach",
        "courses/cohort_forms.py",
        "courses/services/cohorts.py",
    ],
    *["people/services/protection.py", "people/services/checks.py", "people/models/institutions.py"],
]
LITERAL = r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / language / "LC_MESSAGES" / "django.po"))


def said() -> Iterator[tuple[str, str]]:
    """(file, message) of everything the sources pass to gettext, found without its tools."""
    for room in ROOMS:
        for path in (BASE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                    argument = node.args[1 if node.func.id.startswith("pgettext") else 0]
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield str(path.relative_to(BASE)), argument.value
        for path in [*(BASE / room).rglob("templates/**/*.html"), *(BASE / room).rglob("templates/**/*.txt")]:
            text = templatize(path.read_text(encoding="utf-8"))
            for call in re.finditer(rf"\b(p?)n?gettext\(u?{LITERAL}(?:, *u?{LITERAL})?", text):
                yield str(path.relative_to(BASE)), ast.literal_eval(call[3] if call[1] else call[2])


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> list[str]:
    fields = [f"{{{name}}}" for _text, name, _spec, _conv in _format_fields(text) if name is not None]
    return sorted(re.findall(r"%\(\w+\)0?\d*[sdif]|%%|%[sd]", text) + fields)


def _format_fields(text: str):
    try:
        return list(string.Formatter().parse(text)) if "%(" not in text and "{{" not in text else []
    except ValueError:
        return []


def test_nothing_the_sources_say_is_missing_from_the_catalogue():
    known = {entry.msgid for entry in catalogue("fr")}
    assert {f"{file}: {message}" for file, message in said() if message not in known} == set(), "run `make messages`"


def test_french_is_complete():
    assert [entry.msgid for entry in catalogue("fr") if not entry.translated() or entry.fuzzy] == []


def test_arabic_is_complete_where_learners_and_strangers_go():
    def met(entry: polib.POEntry) -> bool:
        return any(
            any(file.startswith(prefix) for prefix in ARABIC) and not any(part in file for part in NOT_ARABIC)
            for file, _line in entry.occurrences
        )

    assert [entry.msgid for entry in catalogue("ar") if met(entry) and (not entry.translated() or entry.fuzzy)] == []


@pytest.mark.parametrize(("language", "forms"), [("fr", 2), ("ar", 6)])
def test_translations_keep_the_places_of_values(language, forms):
    for entry in catalogue(language).translated_entries():
        wanted = placeholders(entry.msgid_plural or entry.msgid)
        if entry.msgid_plural:
            assert len(entry.msgstr_plural) == forms, entry.msgid
            assert placeholders(texts(entry)[-1]) == wanted, entry.msgid
        else:
            assert placeholders(entry.msgstr) == wanted, entry.msgid
        for text in texts(entry):  # « one » may go without its number
            assert set(placeholders(text)) <= set(wanted), entry.msgid
            assert (text[:1] == "\n", text[-1:] == "\n") == (entry.msgid[:1] == "\n", entry.msgid[-1:] == "\n")
            assert text.count("<") == entry.msgid.count("<"), entry.msgid


def test_french_is_set_as_french_is():
    """No-break spaces before double signs and inside quotes, typographic apostrophes, no exclamation mark."""
    for entry in catalogue("fr"):
        for text in texts(entry):
            assert not re.search(r"[ \xa0]([;?])|[ \u202f]:(?!:)|« | »|\w'\w|!(?!\[)", text), text
            assert not re.search(r"\b(Oups|login|e-mail\b.*\bmail\b)", text), text


def test_every_declared_language_has_a_catalogue():
    assert {path.parent.parent.name for path in ROOT.glob("*/LC_MESSAGES/django.po")} == dict(
        settings.ALL_LANGUAGES
    ).keys()


def test_catalogues_are_compiled_once_and_whole(tmp_path):
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_bytes((ROOT / "fr" / "LC_MESSAGES" / "django.po").read_bytes())
    [target] = compile_all(tmp_path)
    assert target.read_bytes()[:4] == b"\xde\x12\x04\x95"
    assert compile_all(tmp_path) == []
    later = target.stat().st_mtime + 5
    os.utime(source, (later, later))
    assert compile_all(tmp_path) == [target]
    assert [path.name for path in sorted(folder.iterdir())] == ["django.mo", "django.po"]


def test_a_broken_catalogue_leaves_the_compiled_one_in_place(tmp_path):
    folder: Path = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(b"old")
    (folder / "django.po").write_text('msgid "a\nmsgstr', encoding="utf-8")
    with pytest.raises(OSError, match="Syntax error"):
        compile_all(tmp_path, force=True)
    assert (folder / "django.mo").read_bytes() == b"old"
