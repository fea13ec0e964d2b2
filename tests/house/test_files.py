"""Files stay small, say what is personal, and know nothing of the machine they were written on."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from django.apps import apps

from tests.house.sources import ROOMS, ROOT, name, python_files, templates, tree

LONGEST = 600
# Where somebody's own folders would show.
_MACHINE = re.compile(r"(?<![\w.:/<])/(?:work|root|home|Users)/\w")
# How a setting is read from the environment.
_SETTING = re.compile(r"""(?:\benv\.\w+\(|\benviron\.(?:get|pop)\(|\benviron\[)\s*"([A-Z0-9_]+)\"""")
# Those of other programs, what one of our processes tells another, and arguments of make.
_NOT_OURS = {
    *("DJANGO_SETTINGS_MODULE", "KALANSO_FAILED_CHECKS", "PYTHONDONTWRITEBYTECODE"),
    *("FILE", "KEY", "TO", "OSV"),
}
_OWN_MODELS = [model for model in apps.get_models() if model.__module__.split(".")[0] in ROOMS]


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_no_file_has_grown_past_what_one_can_read():
    everything = [*python_files(*ROOMS, "tests", "tools"), *templates()]
    found = {name(path): lines for path in everything if (lines := path.read_text("utf-8").count("\n")) > LONGEST}
    assert not found, f"split by noun what is longer than {LONGEST} lines"


@pytest.mark.parametrize("model", _OWN_MODELS, ids=lambda model: model._meta.label)
def test_a_model_says_whether_it_holds_personal_data_and_how_long_it_is_kept(model):
    ours = [(base.__doc__ or "").lower() for base in model.__mro__ if base.__module__.split(".")[0] in ROOMS]
    room = (ast.get_docstring(tree(ROOT / model._meta.app_label / "__init__.py")) or "").lower()
    assert any(_says_what_is_personal(said) for said in ours) or "no personal data" in room, (
        f"the docstring of {model._meta.label} says: Personal data: what. Kept how long; or: No personal data."
    )


def _says_what_is_personal(said: str) -> bool:
    words = " ".join(said.split())
    return "no personal data" in words or ("personal data" in words and "kept" in words)


def test_public_functions_that_write_say_what_they_do():
    found = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in python_files()
        if path.stem == "services" or path.parent.name == "services"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not found


def test_services_take_their_arguments_by_name():
    found = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in python_files()
        if path.stem == "services" or path.parent.name == "services"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and len(node.args.posonlyargs) + len(node.args.args) > 1
    ]
    assert not found, "one thing by position at most; the rest keyword-only"


def test_nothing_names_a_folder_of_somebodys_machine():
    found = []
    for path in _tracked():
        if path.startswith(("requirements", "content/curriculum/")) or path == name(ROOT / "tests/house/test_files.py"):
            continue
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {match[0]}" for match in _MACHINE.finditer(text)]
    assert not found


def test_every_setting_is_explained_and_no_other():
    files = [*python_files(), *(ROOT / "tools").glob("*.py")]
    read = {name for path in files for name in _SETTING.findall(path.read_text(encoding="utf-8"))}
    assert {"DATA_DIR", "SIGNING_PASSPHRASE", "WEB_WORKERS"} <= read
    explained = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    of_developers = set(re.findall(r"\b[A-Z][A-Z_]+\b", readme.partition("## For developers")[2]))
    assert not read - explained - of_developers - _NOT_OURS
    assert not explained - read, "these do nothing"


def test_the_operators_page_names_every_file_of_an_installation():
    told = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert not [path.name for path in (ROOT / "deploy").iterdir() if f"deploy/{path.name}" not in told]


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
