"""A class on JupyterHub: the configuration that is shipped, the real hub, the real proxy.

Five students open lesson 07 at the same time, run its first cells and move its slider, each to a
place of their own. It needs the group `hub` and npm's configurable-http-proxy, and is skipped where
one of them is missing. How much memory a student takes is printed (`pytest -s`).
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import websocket
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import deserialize_binary_message

from calclearn.layout import shipped

from .browser.conftest import free_ports, wait_for

ROOT = Path(__file__).parents[1]
LESSON = "07_how_big_a_step.ipynb"
RATES = {  # of each student, and how the caption words it
    "ada": (1e-5, "10⁻⁵ creeps"),
    "bob": (1e-4, "0.0001 creeps"),
    "cleo": (3e-4, "0.0003 converges"),
    "dora": (5e-4, "0.0005 oscillates"),
    "emil": (2e-3, "0.002 diverges"),
}
LIMIT = 600  # s; what is waited for comes, and on a busy machine it comes late
TOKEN = uuid.uuid4().hex

# What a trial on one machine changes: nobody needs an account, and all ports are free ones.
TRIAL = """
load_subconfig({config!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{web}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.args = [*c.Spawner.args, "--allow-root"]
c.JupyterHub.services = [{{"name": "test", "api_token": {token!r}}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "test", "services": ["test"], "scopes": scopes}}]
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The hub and its proxy, on this machine alone: its address, its homes, its process."""
    pytest.importorskip("jupyterhub", reason="jupyterhub is not installed (uv sync --group hub)")
    if shutil.which("configurable-http-proxy") is None or os.name == "nt":
        pytest.skip("configurable-http-proxy is not installed (npm install -g ...)")
    desk = tmp_path_factory.mktemp("hub")
    web, back, proxy = free_ports(3)
    homes = Path(tempfile.mkdtemp(prefix="hub"))  # as short as a home is, for its local sockets
    config = str(ROOT / ".github" / "jupyterhub_config.py")
    trial = {"config": config, "web": web, "hub": back, "proxy": proxy, "token": TOKEN}
    (desk / "trial.py").write_text(TRIAL.format(homes=str(homes / "{username}"), **trial))
    scripts = Path(sys.executable).parent
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "XDG"))}
    environment["PATH"] = f"{scripts}{os.pathsep}{environment['PATH']}"
    log = desk / "hub.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "trial.py"],
            cwd=desk, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{web}"
        wait_for(lambda: ask(f"{url}/hub/api/"), process, log)
        yield url, homes, process, log
    finally:
        process.terminate()  # the hub ends its proxy and its servers
        process.wait(LIMIT)
        print(log.read_text()[-20_000:])  # shown where the test fails
        shutil.rmtree(homes)


def ask(url, method="GET", body=None):
    """The JSON that an address answers with."""
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.loads(answer.read() or b"null")


class Student:
    """One student's kernel, spoken to through hub and proxy as a browser does."""

    def __init__(self, url, name):
        self.name, self.messages = name, Session(username=name)
        self.figures, self.texts, self.replies = [], [], []
        path = f"calclearn-course/{LESSON}"
        session = {"path": path, "name": LESSON, "type": "notebook", "kernel": {"name": "python3"}}
        made = ask(f"{url}/user/{name}/api/sessions", "POST", session)
        address = f"{url.replace('http', 'ws')}/user/{name}/api/kernels/{made['kernel']['id']}"
        self.socket = websocket.create_connection(
            f"{address}/channels", timeout=LIMIT, header=[f"Authorization: token {TOKEN}"]
        )

    def send(self, kind, content):
        """Send a message, and take what the kernel says until it has done what it was sent."""
        sent = self.messages.msg(kind, content) | {"channel": "shell", "buffers": []}
        self.socket.send(json.dumps(sent, default=json_default))
        while True:
            frame = self.socket.recv()
            binary = isinstance(frame, bytes)
            said = deserialize_binary_message(frame) if binary else json.loads(frame)
            kind, content = said["msg_type"], said["content"]
            if kind == "error":
                pytest.fail(f"{self.name}: {content['ename']}: {content['evalue']}")
            if kind == "comm_open" and content["data"].get("state", {}).get("controls"):
                self.figures.append(content["comm_id"])
            if kind == "comm_msg" and content["data"].get("method") == "custom":
                self.replies.append((content["data"]["content"], said["buffers"]))
            if kind in ("execute_result", "display_data"):
                self.texts.append(content["data"].get("text/plain", ""))
            done = kind == "status" and content["execution_state"] == "idle"
            if done and said["parent_header"].get("msg_id") == sent["msg_id"]:
                return

    def run(self, source):
        options = {"silent": False, "store_history": True, "allow_stdin": False}
        self.send("execute_request", {"code": source} | options)

    def move(self, value):
        """Take the first figure's learning rate to a value; the caption and picture that come."""
        request = {"page": self.name, "number": 1, "values": {"learning_rate": value}}
        request |= {"drag": None, "ratio": 1, "width": None, "edition": None, "rest": False}
        data = {"method": "custom", "content": request}
        self.send("comm_msg", {"comm_id": self.figures[0], "data": data})
        return self.replies[-1]


def lesson(url, name, rate):
    """Open the lesson, run it up to its first figure, and move that figure's slider."""
    student = Student(url, name)
    for cell in json.loads(shipped()[LESSON].read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and not student.figures:
            student.run("".join(cell["source"]))
    student.run(f"owner = {name!r}")
    student.run("import sys; assert not sys.modules.get('debugpy'), 'a debugger'")
    reply, buffers = student.move(rate)
    student.run("owner, [name for name in dir() if name == 'owner']")
    student.socket.close()
    return reply, buffers, student.texts[-1]


PARTS = {
    "server": "jupyterhub-singleuser",
    "kernel": "ipykernel_launcher",
    "hub": "-m jupyterhub -f",
    "proxy": "configurable-http-proxy",
}


def report(process):
    """Print the megabytes of each part; what several processes share is divided among them."""
    sizes = {part: [] for part in PARTS}
    hub = psutil.Process(process.pid)
    for each in (hub, *hub.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            command, memory = " ".join(each.cmdline()), each.memory_full_info()
            for part, words in PARTS.items():
                if words in command:
                    sizes[part].append(getattr(memory, "pss", memory.uss) / 1e6)
    for part, parts in sizes.items():
        print(f"{part:8} {len(parts):3} x {sum(parts) / max(len(parts), 1):4.0f} MB")


def test_five_students_at_once(hub):
    url, homes, process, log = hub
    for name in RATES:
        ask(f"{url}/hub/api/users/{name}", "POST")
        ask(f"{url}/hub/api/users/{name}/server", "POST", {})
    for name in RATES:
        user = f"{url}/hub/api/users/{name}"
        wait_for(lambda user=user: ask(user)["servers"].get("", {}).get("ready"), process, log)
        course = homes / name / "calclearn-course"
        assert {path.name for path in course.glob("*.ipynb")} == set(shipped())
    with ThreadPoolExecutor(len(RATES)) as students:
        jobs = {name: students.submit(lesson, url, name, rate) for name, (rate, _) in RATES.items()}
    report(process)
    connections = list(homes.glob("*/.local/share/jupyter/runtime/kernel-*.json"))
    assert [json.loads(path.read_text())["transport"] for path in connections] == ["ipc"] * 5
    for name, job in jobs.items():
        reply, buffers, text = job.result()
        assert reply["caption"].startswith(f"Learning rate {RATES[name][1]}"), name
        assert reply["page"] == name
        assert [len(part) > 0 for part in buffers] == [True, True, True], name
        assert text == f"({name!r}, ['owner'])"
