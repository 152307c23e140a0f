"""The house rules of docs/house.md that a machine can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "bonaface"
FILES = sorted(HOUSE.rglob("*.py"))
ORDER = (
    "core errors config catalogue",
    "remote",
    "weights vault",
    "log",
    "face speech consent mind",
    "marks",
    "avatar forensics",
    "media stream",
    "earlier examine",
    "speak mark check enrol fairness batch",
    "server",
    "commands",
    "cli",
    "__main__",
)
LEVEL = {name: i for i, row in enumerate(ORDER) for name in row.split()}
BANNED = {"utils", "util", "helper", "helpers", "manager", "base", "common", "handler", "misc"}
ONLY_IN = {"av": {"media"}, "aiortc": {"media"}, "asyncio": {"stream", "media", "server"}}
LONGEST_FILE, LONGEST_FUNCTION, MOST_PARAMETERS = 400, 40, 6


def room(file: Path) -> str:
    return file.relative_to(HOUSE).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "bonaface":
                yield from (f"bonaface.{alias.name}" for alias in node.names)
            else:
                yield node.module


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.fixture(params=FILES, ids=lambda file: str(file.relative_to(ROOT)))
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_imports_point_downwards(file: Path) -> None:
    here = room(file)
    if here == "__init__":
        return
    for name in imports(ast.parse(file.read_text())):
        if name.startswith("bonaface."):
            there = name.split(".")[1]
            if there in LEVEL:
                assert there == here or LEVEL[there] < LEVEL[here], f"{here} imports {there}"


def test_media_and_loops_stay_in_their_rooms(file: Path) -> None:
    for name in imports(ast.parse(file.read_text())):
        top = name.split(".")[0]
        if top in ONLY_IN:
            assert room(file) in ONLY_IN[top], f"{file} imports {top}"


def test_files_and_functions_are_small(file: Path) -> None:
    text = file.read_text()
    assert text.count("\n") <= LONGEST_FILE
    for function in functions(ast.parse(text)):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"
        given = function.args
        count = len(given.posonlyargs + given.args + given.kwonlyargs)
        assert count <= MOST_PARAMETERS + 1, f"{function.name} takes {count}"  # self is one


def test_names_are_plain(file: Path) -> None:
    assert file.stem not in BANNED


def test_every_file_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text())), (
        "a docstring tells a reader where they are"
    )


def test_inheritance_is_one_deep(file: Path) -> None:
    if file.stem == "errors":
        return
    tree = ast.parse(file.read_text())
    own = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in own.values():
        for base in node.bases:
            parent = own.get(base.id) if isinstance(base, ast.Name) else None
            assert parent is None or not parent.bases, f"{node.name} inherits two deep"


def test_broad_excepts_stay_out(file: Path) -> None:
    if file.stem == "session" or room(file) == "server":
        return
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
            )
            assert not broad, f"{file} line {node.lineno}"


def test_no_pickle(file: Path) -> None:
    assert not {"pickle", "marshal", "shelve"} & set(imports(ast.parse(file.read_text())))
