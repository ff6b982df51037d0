"""The extension of Jupyter's server: what the course gets, and that others get next to nothing."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from calclearn.layout import Course, shipped
from calclearn.server import KernelsFromElsewhere, LocalKernel, SmallKernels

SETTINGS = Path(__file__).parents[1] / "calclearn" / "jupyter"

# A server that is made and not started, and what a page and a kernel would get of it.
PROBE = """
import json, os, sys
sys.modules["rfc3987_syntax"] = None  # checks addresses in schemas, and takes a second to load
from jupyter_server.serverapp import ServerApp
from jupyterlab_server.settings_utils import _get_overrides
server = ServerApp()
server.initialize([f"--ServerApp.root_dir={sys.argv[1]}", *sys.argv[2:]], new_httpserver=False)
linked = server.extension_manager.linked_extensions
print(json.dumps({
    "linked": linked.get("calclearn.server", False),
    "connection": server.web_app.settings["kernel_websocket_connection_class"].__name__,
    "widgets": _get_overrides("nowhere")[0].get("@jupyter-widgets/jupyterlab-manager:plugin"),
    "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
}))
"""


@pytest.fixture
def server(tmp_path):
    """What Jupyter's server becomes in a folder, in a process of its own."""

    def probe(folder, *options, **variables):
        own = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("JUPYTER", "CALCLEARN", "OPENBLAS"))
        }  # fmt: skip
        own |= {
            f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        own |= {"JUPYTER_CONFIG_PATH": str(SETTINGS), "IPYTHONDIR": str(tmp_path / "ipython")}
        done = subprocess.run(
            [sys.executable, "-c", PROBE, str(folder), *options],
            cwd=folder, env=own | variables, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) | {"log": done.stderr}

    return probe


@pytest.fixture
def plain(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    return folder


def test_elsewhere_only_pictures_leave_at_once_and_no_file_is_written(server, plain, tmp_path):
    # Jupyter reads its settings from folders that its extension adds, so the probe adds none here.
    found = tmp_path / "found" / "jupyter_server_config.d"
    found.mkdir(parents=True)
    name = "jupyter_server_config.d/calclearn.json"
    (found / "calclearn.json").write_bytes((SETTINGS / name).read_bytes())
    made = server(plain, JUPYTER_CONFIG_PATH=str(found.parent))
    assert made["linked"]
    assert made["connection"] == "PromptConnection"
    assert (made["widgets"], made["threads"]) == (None, None)
    assert list(plain.iterdir()) == []


def test_the_course_is_laid_out_where_the_variable_says(server, plain):
    made = server(plain, CALCLEARN_COURSE="calculus")
    assert {path.name for path in (plain / "calculus").glob("*.ipynb")} == set(shipped())
    assert (made["linked"], made["connection"]) == (True, "PromptConnection")
    assert (made["widgets"], made["threads"]) == ({"saveState": True}, "1")


def test_in_a_course_what_somebody_chose_stays(server, plain):
    """And no place for another course, which cannot be written, stops the server."""
    Course(plain).lay_out()
    (plain / "07_how_big_a_step.ipynb").write_text("my answers")
    (plain / "file").touch()
    chosen = "jupyter_server.gateway.connections.GatewayWebSocketConnection"
    option = f"--ServerApp.kernel_websocket_connection_class={chosen}"
    made = server(plain, option, OPENBLAS_NUM_THREADS="4", CALCLEARN_COURSE="file/course")
    assert made["linked"]
    assert made["widgets"] == {"saveState": True}
    assert (made["connection"], made["threads"]) == ("GatewayWebSocketConnection", "4")
    assert (plain / "07_how_big_a_step.ipynb").read_text() == "my answers"
    assert "calclearn cannot lay the course out in 'file/course'" in made["log"]


ALONE = "import mine, sys, wsgiref; assert 'course' not in wsgiref.__file__"
NO_DEBUGGER = "assert not sys.modules.get('debugpy') and 'pydevd' not in sys.modules"


@pytest.mark.parametrize(
    ("manager", "cell"),
    [(KernelsFromElsewhere, ALONE), (SmallKernels, f"{ALONE}; {NO_DEBUGGER}")],
)
def test_a_kernel_starts_with_nothing_of_its_folder_and_a_hub_s_without_a_debugger(
    tmp_path, root, manager, cell
):
    mark, folder = tmp_path / "ran", tmp_path / "course"
    folder.mkdir()
    installed = (importlib.metadata.packages_distributions(), sys.stdlib_module_names)
    for name in filter(str.isidentifier, {"ipykernel_launcher"}.union(*installed)):
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (folder / "mine.py").write_text("")
    kernels = KernelManager(kernel_spec_manager=manager())
    kernels.start_kernel(cwd=str(folder))
    try:
        client = kernels.client()
        client.start_channels()
        client.wait_for_ready(timeout=300)
        said = client.execute_interactive(cell, timeout=300)
        client.stop_channels()
    finally:
        kernels.shutdown_kernel(now=True)
    assert said["content"]["status"] == "ok", said
    assert not mark.exists()
    hub = (root / ".github" / "jupyterhub_config.py").read_text(encoding="utf-8")
    assert "calclearn.server.SmallKernels" in hub


@pytest.mark.parametrize(("letters", "transport"), [(40, "ipc"), (101, "ipc"), (102, "tcp")])
def test_a_hub_s_kernel_takes_a_local_socket_where_its_path_can_be_as_long(letters, transport):
    stem = "é" + "k" * (letters - 2)  # é has two bytes
    assert LocalKernel(connection_file=f"{stem}.json").transport == transport
