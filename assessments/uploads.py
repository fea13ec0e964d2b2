"""What a handed-in file is, by its own first bytes and parts, whatever its name says. Pure."""

from __future__ import annotations

import io
import zipfile
import zlib

MOST_BYTES = 10_000_000
_STARTS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
_ODT = b"application/vnd.oasis.opendocument.text"
_MACROS = ("word/vbaProject", "Basic/", "Scripts/")
_MOST_PARTS = 5_000


def kind_of(data: bytes) -> str:
    """pdf, jpg, png, docx or odt; empty for everything else, and for documents that carry macros."""
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    if not data.startswith(b"PK\x03\x04"):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if len(names) > _MOST_PARTS or any(name.startswith(_MACROS) for name in names):
                return ""
            if {"[Content_Types].xml", "word/document.xml"} <= names:
                return "docx"
            # An OpenDocument file says what it is in a part of its own (ODF 1.2, part 3, §3.3).
            if "mimetype" in names and archive.getinfo("mimetype").file_size == len(_ODT):
                return "odt" if archive.read("mimetype") == _ODT and "content.xml" in names else ""
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError):  # RuntimeError: with a password
        pass
    return ""
