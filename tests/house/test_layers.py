"""What import-linter does not see of the layers: models fetched by name, imports inside functions, string keys."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.sources import HEIGHT, LAYERS, ROOMS, ROOT, name, python_files, tree

_RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey", "ParentalManyToManyField"}


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


def test_no_model_is_fetched_by_its_name():
    found = [
        f"{name(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]
    assert not found, "apps.get_model goes around the layers: import the model, or use a registry"


def test_no_import_stands_inside_a_function():
    found = [
        f"{name(path)}:{inner.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        # Django asks for it there: models exist only when all apps are known.
        and not (node.name == "ready" and path.name == "apps.py")
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        or (isinstance(inner, ast.Call) and _called(inner) in {"import_module", "import_string", "__import__"})
    ]
    assert not found, "an import inside a function hides a dependency from the layers"


def test_no_key_written_as_a_string_points_upward():
    found = []
    for path in python_files():
        room = path.relative_to(ROOT).parts[0]
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Call) and _called(node) in _RELATIONS):
                continue
            targets = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "to")]
            for target in targets:
                if not (isinstance(target, ast.Constant) and isinstance(target.value, str) and "." in target.value):
                    continue
                other = target.value.split(".")[0]
                if other in HEIGHT and other != room and HEIGHT[other] >= HEIGHT[room]:
                    found.append(f"{name(path)}:{node.lineno}: {target.value}")
    assert not found, "a foreign key may only point to a room below"


def test_the_contract_of_import_linter_is_this_order():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r'id = "rooms".*?layers = \[(.*?)\]', text, re.DOTALL)
    assert block
    written = [
        tuple(re.sub(r"[()]", "", room).strip() for room in line.split("|"))
        for line in re.findall(r'"(.*?)"', block[1])
    ]
    assert written == list(LAYERS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_owns(room):
    said = [ast.get_docstring(tree(ROOT / room / file)) for file in ("__init__.py", "apps.py")]
    assert any(said), f"{room}/__init__.py or apps.py begins with a docstring: what it owns, what it tells others"
