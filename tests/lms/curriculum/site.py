"""Loading folders into the site of a test, and seeing all that is in its database."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from wagtail.models import Page

from lms.curriculum import loader
from lms.curriculum.reader import read
from tests.lms.curriculum.builder import Folder, key

LESSON_ONE = UUID(key("alpha", "01", "01-one"))
LESSON_TWO = UUID(key("alpha", "01", "02-two"))
MODULE = UUID(key("alpha", "01"))
COURSE = UUID(key("alpha"))
ONE_FR = "courses/alpha/modules/01-first/01-one.fr.md"
ONE_EN = "courses/alpha/modules/01-first/01-one.en.md"


def load(folder: Folder, path: Path, **options: Any) -> loader.Report:
    """Write the folder to a new place below `path`, and load it."""
    number = 0
    while (place := path / f"folder-{number}").exists():
        number += 1
    curriculum, problems = read(folder.write(place))
    assert problems == []
    assert curriculum is not None
    return loader.load(curriculum, **options)


def command(name: str, *arguments: str | Path) -> dict[str, Any]:
    """Run a command; gives its last line."""
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=io.StringIO())
    return dict(json.loads(out.getvalue().strip().splitlines()[-1]))


def page(key: UUID, language: str = "fr") -> Any:
    """A page by its key."""
    return Page.objects.get(translation_key=key, locale__language_code=language).specific


def everything() -> dict[str, list[Any]]:
    """Every row of every table, by table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and not model._meta.proxy:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                found[table] = sorted(cursor.fetchall(), key=repr)
    return found
