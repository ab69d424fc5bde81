"""The package alone: what its wheel holds, and that it imports where nothing but its own requirements is installed."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import companion

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "companion").rglob("*.py")
)
# What the wheel asks for, with what these bring along; a module outside must not be missed.
ALONE = """
import importlib, sys
folder, forbidden, modules = {folder!r}, {forbidden!r}, {modules!r}
sys.path.insert(0, folder)
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in forbidden:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
for name in modules:
    module = importlib.import_module(name)
    assert module.__file__.startswith(folder), module.__file__
print(*sorted({{name.split(".")[0] for name in sys.modules}} & forbidden))
"""
FORBIDDEN = {"IPython", "ipykernel", "ipywidgets", "jupyter_core", "nbformat", "pandas", "pytest", "torch"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, made from a copy of the sources, so that no folder of the checkout changes."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "companion", "pyproject.toml", "README.md", "LICENSE", "LICENSE-text"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    made = subprocess.run([*command, "--wheel-dir", target, source], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return next(target.glob("*.whl"))


def test_it_holds_the_companion_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"companion/py.typed", "companion/book.mplstyle"} <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "companion",
        f"machine_learning_checked-{companion.__version__}.dist-info",
    }
    assert [name for name in MODULES if name.replace(".", "/") + ".py" not in names] == [
        name for name in MODULES if name.replace(".", "/") + "/__init__.py" in names
    ]


def test_its_requirements_have_lower_bounds(wheel):
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith("METADATA"))
    metadata = Parser().parsestr(archive.read(name).decode("utf-8"))
    assert metadata["Version"] == companion.__version__
    requirements = metadata.get_all("Requires-Dist")
    assert sorted(r.split(">=")[0] for r in requirements) == ["matplotlib", "numpy", "scikit-learn", "tqdm"]
    assert all(">=" in r for r in requirements)


def test_every_module_imports_alone_without_a_warning(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = ALONE.format(folder=str(tmp_path), forbidden=FORBIDDEN, modules=MODULES)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""
