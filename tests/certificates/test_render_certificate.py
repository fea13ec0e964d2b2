import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pypdf import PdfReader

from certificates import pdf
from certificates.pdf import printable, render, typographic, unprintable, written_date, written_length
from operations.paper import NotPrinted, compile_pdf
from tests.certificates.samples import NUMBER, ORDINARY

LONG = (
    "Décider si une mesure de contrainte est légale, nécessaire et proportionnée, et rendre compte de chaque décision "
)


def read(content):
    return PdfReader(BytesIO(render(content)))


def words(reader):
    """The page's text, with spaces, line ends and break marks folded, so that it can be searched."""
    text = "\n".join(page.extract_text() for page in reader.pages).replace("\u200b", "")
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))


def structure(node, found):
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            structure(kid, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node)
        if "/K" in node:
            structure(node["/K"], found)
    return found


def fonts(reader):
    return [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]


@pytest.fixture(scope="module")
def reader():
    return read(ORDINARY)


# Each property of the file that PDF/A-3a or PDF/UA-1 asks for and a second library can see.
PROPERTIES = {
    "says that it is tagged": lambda r: (
        r.root_object["/MarkInfo"]["/Marked"] is True or bool(r.root_object["/MarkInfo"]["/Marked"])
    ),
    "has a structure tree": lambda r: len(structure(r.root_object["/StructTreeRoot"], [])) > 10,
    "names its language": lambda r: str(r.root_object["/Lang"]).startswith("fr"),
    "has a title with the number and without the subject": lambda r: (
        r.metadata.title == f"Certificat de compétence {NUMBER}"
    ),
    "shows the title in the window": lambda r: bool(r.root_object["/ViewerPreferences"]["/DisplayDocTitle"]),
    "says PDF/A part 3": lambda r: "<pdfaid:part>3<" in xmp(r),
    "says PDF/A level A": lambda r: "<pdfaid:conformance>A<" in xmp(r),
    "says PDF/UA part 1": lambda r: "<pdfuaid:part>1<" in xmp(r),
    "has an output intent": lambda r: len(r.root_object["/OutputIntents"]) == 1,
    "is one page": lambda r: len(r.pages) == 1,
    "is A4": lambda r: [round(float(x)) for x in r.pages[0].mediabox[2:]] == [595, 842],
    "goes through the page in structure order": lambda r: r.pages[0].get("/Tabs") == "/S",
    "has one first heading and one second": lambda r: kinds(r).count("/H1") == 1 and kinds(r).count("/H2") == 1,
    "lists the objectives as a list": lambda r: kinds(r).count("/LI") == 2,
    "describes every figure": lambda r: figures(r) and all(f.get("/Alt") for f in figures(r)),
    "describes the code with number and address": lambda r: (
        NUMBER in str(figures(r)[0]["/Alt"]) and "https://" in str(figures(r)[0]["/Alt"])
    ),
    "embeds every font": lambda r: all(has_file(f) for f in fonts(r)),
    "maps every font to Unicode": lambda r: all("/ToUnicode" in f for f in fonts(r)),
    "is not encrypted": lambda r: not r.is_encrypted,
    "carries no script": lambda r: (
        "/JavaScript" not in r.root_object.get("/Names", {}) and "/OpenAction" not in r.root_object
    ),
}


def xmp(reader):
    return reader.root_object["/Metadata"].get_data().decode()


def kinds(reader):
    return [str(node["/S"]) for node in structure(reader.root_object["/StructTreeRoot"], [])]


def figures(reader):
    return [node for node in structure(reader.root_object["/StructTreeRoot"], []) if node["/S"] == "/Figure"]


def has_file(font):
    described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    return any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3"))


@pytest.mark.parametrize("name", PROPERTIES)
def test_the_file(name, reader):
    assert PROPERTIES[name](reader)


def test_the_page_says_who_what_when_and_where_to_verify(reader):
    said = words(reader)
    for expected in (
        "RÉPUBLIQUE DU MALI",
        "Un Peuple – Un But – Une Foi",
        "CERTIFICAT DE COMPÉTENCE",
        "Attestation – Les Règles en pratique",
        "est délivré à Awa Ɲaɲɛ Dɔlɔ",
        "Tenir un registre d’écrou complet",
        "24 novembre 2026",
        "1er janvier 2028",
        "4 h 30",
        NUMBER,
        f"kalanso.example/fr/verify/{NUMBER}",
        "Fait à Bamako, le 24 novembre 2026",
        "Mariam Coulibaly",
        "Signature et cachet",
    ):
        assert expected in said


def test_the_code_leads_to_the_verification_page(reader):
    links = [a.get_object() for a in reader.pages[0]["/Annots"]]
    assert [link["/A"]["/URI"] for link in links] == [ORDINARY.verify_url]


def test_no_score_is_printed_and_none_can_be_given():
    assert not {"score", "mark", "grade", "percent"} & set(pdf.CertificateContent.__dataclass_fields__)
    for language in ("fr", "en"):
        assert "%" not in words(read(replace(ORDINARY, language=language)))


@pytest.mark.parametrize(
    ("kind", "french", "english"),
    [
        ("competence", "CERTIFICAT DE COMPÉTENCE", "CERTIFICATE OF COMPETENCE"),
        ("attendance", "ATTESTATION DE PARTICIPATION", "CERTIFICATE OF ATTENDANCE"),
        ("trainer", "CERTIFICAT DE FORMATION DE FORMATEURS", "TRAINER CERTIFICATE"),
    ],
)
def test_each_kind_is_named_in_the_language_of_the_paper(kind, french, english):
    assert french in words(read(replace(ORDINARY, kind=kind)))
    assert english in words(read(replace(ORDINARY, kind=kind, language="en")))


def test_a_course_whose_title_differs_is_named_between_french_quotation_marks():
    said = words(read(replace(ORDINARY, title="Agent référent", course_title="L'écrou au quotidien")))
    assert "le cours « L’écrou au quotidien » et réussi" in said


def test_without_an_end_date_place_or_signatory_the_paper_is_still_whole():
    said = words(
        read(replace(ORDINARY, expires=None, place="", signatory="", letterhead=[], motto="", objectives=[], issuer=""))
    )
    assert "Sans limite de durée" in said
    assert "Fait le 24 novembre 2026" in said


def test_without_stamp_space_no_stamp_is_asked_for():
    assert "cachet" not in words(read(replace(ORDINARY, stamp_space=False)))


def test_ten_long_objectives_with_a_long_name_and_title_stay_on_one_page_and_none_is_lost():
    content = replace(
        ORDINARY,
        holder="Mohamed Lamine Abdoulaye Souleymane " * 6,
        title="Attestation de réussite : comprendre, prévenir, accompagner " * 4,
        objectives=[f"{number}. {LONG * 2}" for number in range(1, 11)],
    )
    result = read(content)
    assert len(result.pages) == 1
    for number in range(1, 11):
        assert f"{number}. Décider" in words(result)


def test_objectives_that_do_not_fit_are_counted():
    result = read(replace(ORDINARY, objectives=[f"{number}. {LONG * 3}" for number in range(1, 40)]))
    assert len(result.pages) == 1
    assert re.search(r"et \d+ autres objectifs", words(result))


HOSTILE = [
    '#let x = 1; #panic("no") *bold* _it_ $x^2$ <label> @ref [a](b) \\u{41} `c` // d /* e */',
    """" ' \\ } ] ) {"holder": "other"} \\n""",
    "</script><b>Awa</b> & &amp; ${HOME} {{ 7*7 }} {% now %}",
    "\u202eAwa\u202c \u200fDiarra\u200e\u2066x\u2069",
    "Awa 😀 👩🏾‍⚖️ Diarra",
    "Awa\x00\x07\x1b[31m\r\nDiarra\u2028Dɔlɔ\ufeff",
    "A" * 300,
    "W" * 5000,
    "Zalgo" + "\u0301\u0316" * 200,
    "عبد الله محمد",
    "\ud800 seul \udfff",
    "\ue000\ufdd0\U0010ffff privé",
    "中文 ߒߞߏ ⵜⵉⴼⵉⵏⴰⵖ",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_printed_as_text_on_one_page(text):
    everywhere = replace(
        ORDINARY,
        holder=text, title=text, course_title=text, objectives=[text] * 3, letterhead=[text] * 9, motto=text,
        issuer=text, signatory=text, signatory_title=text, place=text,
    )  # fmt: skip
    result = read(everywhere)
    assert len(result.pages) == 1
    assert "pour avoir terminé le cours" in words(result)
    alone = words(read(replace(ORDINARY, holder=text)))
    shown = printable(text)
    if len(shown) < 60 and "\u0301" not in shown and not any("\u0600" <= c <= "\u06ff" for c in shown):
        assert re.sub(r"\s", "", shown) in re.sub(r"\s", "", alone)


@pytest.mark.parametrize("text", ["A" * 300, "Wɔ " * 100, HOSTILE[0]])
def test_nothing_falls_off_the_foot_of_the_page(text):
    content = replace(
        ORDINARY, holder=text, title=text, course_title=text, letterhead=[text] * 6, motto=text, issuer=text,
        signatory=text, signatory_title=text, place=text,
    )  # fmt: skip
    heights = []

    def visit(chunk, cm, tm, font, size):
        if chunk.strip():
            heights.append(tm[5] * cm[3] + cm[5] if cm[3] else tm[5])

    page = read(content).pages[0]
    assert f"verify/{NUMBER}" in page.extract_text(visitor_text=visit).replace("\u200b", "")
    assert min(heights) > 0
    assert max(heights) < 842


@given(st.text(max_size=400))
@hypothesis_settings(max_examples=25)
def test_any_name_can_be_printed(text):
    shown = printable(text)
    assert "\n" not in shown
    assert printable(shown) == shown
    if shown:
        assert len(read(replace(ORDINARY, holder=text)).pages) == 1


def test_every_character_that_is_called_printable_has_a_glyph():
    shown = [chr(code) for code in range(0x20, 0xFFFF) if re.match(f"[{pdf.SHOWN}]", chr(code))]
    assert set("ɓɗŋɲƴɛɔƁƊŊƝƳƐƆ«»’œŒàâçéèêëîïôùûüÿ–—…\u202f\u00a0") <= set(shown)
    for start in range(0, len(shown), 300):
        read(replace(ORDINARY, objectives=[f"a{c}" for c in shown[start : start + 300]]))
    for accented in ("ɛ\u0301", "ɔ\u0300", "ŋ\u0301", "Ɛ\u0302"):
        render(replace(ORDINARY, holder=accented))


def test_the_issuer_can_be_warned_of_characters_without_a_glyph():
    assert unprintable("Awa 😀 中中 Dɔlɔ\u202e\n") == "😀中"


@pytest.mark.parametrize(
    "change", [{"holder": " \u200b\n"}, {"title": ""}, {"number": ""}, {"language": "ar"}, {"kind": "other"}]
)
def test_a_certificate_without_its_essentials_is_refused(change):
    with pytest.raises(ValueError):
        render(replace(ORDINARY, **change))


def test_the_same_content_gives_the_same_bytes():
    assert render(ORDINARY) == render(ORDINARY)


def test_it_is_light():
    assert len(render(ORDINARY)) < 80_000


def test_only_fonts_from_the_locked_dependency_are_used(reader):
    names = {str(font["/BaseFont"]).split("+")[1].split("-")[0] for font in fonts(reader)}
    assert names <= {"LibertinusSerif", "DejaVuSansMono"}


def test_processes_and_threads_print_at_once_and_each_gets_its_own():
    code = """
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from certificates.pdf import render
from operations.paper import NotPrinted, compile_pdf
from tests.certificates.samples import ORDINARY
first = render(ORDINARY)
pid = os.fork()
others = [replace(ORDINARY, number=f"KA-{number}") for number in range(6)]
with ThreadPoolExecutor(3) as pool:
    made = list(pool.map(render, others))
assert made == [render(other) for other in others] and len({first, *made}) == 7
if pid == 0:
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], timeout=60, env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert done.returncode == 0


def test_a_template_with_a_fault_is_named(tmp_path):
    template = tmp_path / "wrong.typ"
    template.write_text("#nothing-of-the-kind")
    with pytest.raises(NotPrinted, match="nothing-of-the-kind"):
        compile_pdf(template, {}, timestamp=datetime(2026, 11, 24, tzinfo=UTC), standards=["a-2a"])
    assert render(ORDINARY).startswith(b"%PDF")


def test_dates_and_lengths_are_written_as_a_magistrate_would():
    assert written_date(date(2026, 11, 24), "fr").replace("\xa0", " ") == "24 novembre 2026"
    assert written_date(date(2027, 1, 1), "fr").replace("\xa0", " ") == "1er janvier 2027"
    assert written_date(date(2027, 1, 1), "en").replace("\xa0", " ") == "1 January 2027"
    assert [written_length(m).replace("\xa0", " ") for m in (45, 240, 245)] == ["45 min", "4 h", "4 h 05"]


def test_french_typography_keeps_signs_with_their_word():
    assert typographic("L'écrou : qui ? « Oui » 80 %", "fr") == "L’écrou\xa0: qui\u202f? «\u202fOui\u202f» 80\xa0%"
    assert typographic("The prisoner's right: who?", "en") == "The prisoner’s right: who?"
