"""The habits of the house, held by a test: small files, small functions, nothing undocumented."""

import ast
import importlib
import inspect
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("topology", "pricing", "scheduler", "api", "simulations")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def python_files() -> list[Path]:
    """Every Python file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_a_file_holds_one_noun(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.stem not in EMPTY_NAMES, f"{path.name} is a name that says nothing: which noun is missing?"
    assert text.count("\n") <= MAX_FILE_LINES, (
        f"{path.name} is longer than {MAX_FILE_LINES} lines: is it two nouns?"
    )
    tree = ast.parse(text)
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long, f"{path.name}: {long}"
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text) or path == Path(__file__), (
        f"{path.name} puts something off"
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_resolves_inside_the_repository(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().parent == ROOT / package


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__, f"{package}/__init__.py says in a sentence what the package is"
    silent = [
        name
        for name in getattr(module, "__all__", ())
        if callable(getattr(module, name)) and not inspect.getdoc(getattr(module, name))
    ]
    assert not silent, f"{package}: no docstring on {silent}"


def test_test_folders_are_packages() -> None:
    """Without its own __init__.py a folder tests/api would hide the package api."""
    bare = {
        path.parent for path in (ROOT / "tests").rglob("*.py") if not (path.parent / "__init__.py").is_file()
    }
    assert not bare, f"no __init__.py in {sorted(map(str, bare))}"


def test_locks_carry_hashes_and_no_index_address() -> None:
    for name in sorted(path.name for path in ROOT.glob("requirements*.lock")):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text, f"{name} names an address"
        assert "--index-url" not in text
