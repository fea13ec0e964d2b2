"""What addresses of learners' pages are made of: neutral codes only, never a subject."""

from __future__ import annotations


class CodeConverter:
    """The code of a course: K3."""

    regex = "[A-Za-z0-9][A-Za-z0-9-]{0,15}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class RefConverter(CodeConverter):
    """The ref of an activity: the first eight digits of its key."""

    regex = "[0-9a-f]{8}"
