"""With the network cut, loopback aside, the companion works and a chapter still gives the outputs it stores."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book" / "notebooks").rglob("*.ipynb"), key=lambda path: path.stat().st_size)
# A network namespace of its own, in which only a fresh loopback device exists: kernels talk over it.
CUT = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def can_be_cut():
    try:
        return subprocess.run([*CUT, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not can_be_cut(), reason="this user may not make a network namespace (unshare --net)")


def run_cut(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # other tests set it
    return subprocess.run([*CUT, sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=environment)


def nbval_cut(notebook):
    return run_cut("-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", str(notebook))


def test_every_module_imports():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "companion").rglob("*.py"))
    ]
    result = run_cut("-c", f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not NOTEBOOKS, reason="no executed chapter yet: run make notebooks first")
def test_a_chapter_gives_its_outputs():
    result = nbval_cut(NOTEBOOKS[0])
    assert result.returncode == 0, result.stdout[-2000:]


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from outside")

    def log_message(self, *args):
        pass


def test_finds_a_cell_that_fetches_something(tmp_path):
    """A server outside the cut stands for the network: reached without the cut, out of reach within it."""
    with HTTPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fetch = (
            "from urllib.request import urlopen\n"
            f"print(urlopen('http://127.0.0.1:{server.server_port}/', timeout=5).read().decode())"
        )
        assert subprocess.run([sys.executable, "-c", fetch], capture_output=True).stdout == b"from outside\n"
        cell = nbformat.v4.new_code_cell(fetch, execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="from outside\n")]
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "fetching.ipynb")
        result = nbval_cut(tmp_path / "fetching.ipynb")
        server.shutdown()
    assert result.returncode == 1 and "Connection refused" in result.stdout, result.stdout
