"""With the network cut, loopback aside, the companion works. (``make test`` runs all notebooks so.)"""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPANION = sorted((ROOT / "companion").rglob("*.py"))
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in COMPANION]
OFFLINE = ["sh", str(ROOT / "tools" / "offline.sh")]


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from outside")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def outside():
    """The address of a server outside of the cut, which stands for the network."""
    with HTTPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def run(program, offline):
    command = [*(OFFLINE if offline else []), sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_every_module_imports_without_a_network(outside):
    """In a process that finds the server out of reach; without the cut it is reached."""
    fetch = f"from urllib.request import urlopen\nprint(urlopen({outside!r}, timeout=5).read().decode())\n"
    assert run(fetch, offline=False).stdout == "from outside\n"
    cut = subprocess.run("unshare --map-root-user --net ip link set lo up", shell=True, capture_output=True)
    if cut.returncode:
        pytest.skip("this user may not make a network namespace (unshare --net)")
    attempt = (
        f"try:\n    {fetch.strip().replace(chr(10), chr(10) + '    ')}\nexcept OSError as error:\n    print(error)\n"
    )
    result = run(f"{attempt}import importlib\nfor name in {MODULES!r}: importlib.import_module(name)", offline=True)
    assert result.returncode == 0, result.stderr
    assert "Connection refused" in result.stdout


def test_a_command_gets_its_arguments_and_gives_its_status():
    result = subprocess.run([*OFFLINE, "sh", "-c", 'echo "$2"; exit 3', "x", "a b", "c  d"], capture_output=True)
    assert (result.stdout, result.returncode) == (b"c  d\n", 3)


def test_all_notebooks_are_run_so():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nNBVAL := sh tools/offline.sh $(PYTEST) --nbval " in makefile
