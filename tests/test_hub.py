"""A class on JupyterHub: the configuration that is shipped, the real hub, the real proxy.

Five students open lesson 07 at the same time, run its first cells and move its slider, each to a
place of their own. It needs the group `hub` and npm's configurable-http-proxy, and is skipped where
one of them is missing. How much memory a student takes is printed (`pytest -s`).
"""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calclearn.layout import shipped

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


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


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
        yield url, homes, process
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


def wait_for(condition, process, log=None):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and process.poll() is None:
        try:
            if answer := condition():
                return answer
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.2)
    return pytest.fail(f"no answer: {log.read_text()[-3000:] if log else ''}")


class Student:
    """One student's kernel, spoken to through hub and proxy as a browser does."""

    def __init__(self, url, name):
        self.url, self.name = f"{url}/user/{name}", name
        self.widgets = {}  # the state of each, as the kernel sent it
        self.texts, self.replies = [], []

    async def open(self):
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        path = f"calclearn-course/{LESSON}"
        session = {"path": path, "name": LESSON, "type": "notebook", "kernel": {"name": "python3"}}
        made = await asyncio.to_thread(ask, f"{self.url}/api/sessions", "POST", session)
        kernel = made["kernel"]["id"]
        address = f"{self.url.replace('http', 'ws')}/api/kernels/{kernel}/channels"
        headers = {"Authorization": f"token {TOKEN}"}
        request = HTTPRequest(address, headers=headers, request_timeout=LIMIT)
        self.socket = await websocket_connect(request, max_message_size=2**28)

    async def send(self, kind, content):
        header = {
            "msg_id": uuid.uuid4().hex, "msg_type": kind, "username": self.name,
            "session": self.name, "version": "5.3",
        }  # fmt: skip
        message = {
            "header": header, "parent_header": {}, "metadata": {}, "content": content,
            "channel": "shell", "buffers": [],
        }  # fmt: skip
        await self.socket.write_message(json.dumps(message))
        return header["msg_id"]

    async def receive(self):
        frame = await asyncio.wait_for(self.socket.read_message(), LIMIT)
        assert frame is not None, f"{self.name}'s kernel is gone"
        buffers = []
        if isinstance(frame, bytes):
            (count,) = struct.unpack("!I", frame[:4])
            starts = [*struct.unpack(f"!{count}I", frame[4 : 4 + 4 * count]), len(frame)]
            frame, *buffers = (frame[a:b] for a, b in itertools.pairwise(starts))
        return json.loads(frame), buffers

    async def until_idle(self, sent):
        """Take what the kernel says until it has done what was sent."""
        while True:
            message, buffers = await self.receive()
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                pytest.fail(f"{self.name}: {content['ename']}: {content['evalue']}")
            if kind == "comm_open":
                self.widgets[content["comm_id"]] = content["data"].get("state", {})
            if kind == "comm_msg" and content["data"].get("method") == "custom":
                self.replies.append((content["data"]["content"], buffers))
            if kind in ("execute_result", "display_data"):
                self.texts.append(content["data"].get("text/plain", ""))
            done = kind == "status" and content["execution_state"] == "idle"
            if done and message["parent_header"].get("msg_id") == sent:
                return

    async def run(self, source):
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        await self.until_idle(await self.send("execute_request", content))

    async def move(self, value):
        """Take the first figure's first slider to a value; the caption and picture that come."""
        figure, state = next((i, s) for i, s in self.widgets.items() if s.get("controls"))
        controls = {
            name: self.widgets[reference.removeprefix("IPY_MODEL_")]
            for name, reference in state["controls"].items()
        }
        values = {
            n: c["value"] if "value" in c else {"index": c["index"]} for n, c in controls.items()
        }
        request = {"page": self.name, "number": 1, "values": values | {"learning_rate": value}}
        request |= {"drag": None, "ratio": 1, "width": None, "edition": None, "rest": False}
        content = {"comm_id": figure, "data": {"method": "custom", "content": request}}
        await self.until_idle(await self.send("comm_msg", content))
        return self.replies[-1]


async def lesson(url, name, rate):
    """Open the lesson, run it up to its first figure, and move that figure's slider."""
    student = Student(url, name)
    await student.open()
    cells = json.loads(shipped()[LESSON].read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code" and not any(
            s.get("controls") for s in student.widgets.values()
        ):
            await student.run("".join(cell["source"]))
    await student.run(f"owner = {name!r}")
    await student.run("import sys; assert not sys.modules.get('debugpy'), 'a debugger'")
    reply, buffers = await student.move(rate)
    await student.run("owner, [name for name in dir() if name == 'owner']")
    student.socket.close()
    return reply, buffers, student.texts[-1]


def family(pid):
    """The process, and all that it and its children have started."""
    yield pid
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for each in child.read_text().split():
                yield from family(each)


def memory(process):
    """Each process's command and its megabytes; what several share is divided among them."""
    for folder in (Path("/proc", str(pid)) for pid in family(process.pid)):
        with contextlib.suppress(OSError, StopIteration):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            rollup = (folder / "smaps_rollup").read_text()
            pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
            yield command, int(pss.split()[1]) / 1000


PARTS = {
    "server": "jupyterhub-singleuser",
    "kernel": "ipykernel_launcher",
    "hub": "-m jupyterhub -f",
    "proxy": "configurable-http-proxy",
}


def report(process):
    sizes = list(memory(process))
    for part, words in PARTS.items():
        parts = [size for command, size in sizes if words in command]
        if parts:
            print(f"{part:8} {len(parts):3} x {sum(parts) / len(parts):4.0f} MB")


def test_five_students_at_once(hub):
    url, homes, process = hub
    for name in RATES:
        ask(f"{url}/hub/api/users/{name}", "POST")
        ask(f"{url}/hub/api/users/{name}/server", "POST", {})
    for name in RATES:
        user = f"{url}/hub/api/users/{name}"
        wait_for(lambda user=user: ask(user)["servers"].get("", {}).get("ready"), process)
        course = homes / name / "calclearn-course"
        assert {path.name for path in course.glob("*.ipynb")} == set(shipped())

    async def together():
        return await asyncio.gather(*(lesson(url, name, rate) for name, (rate, _) in RATES.items()))

    with ThreadPoolExecutor(1) as thread:  # a browser's tests may have left this one a loop
        answers = thread.submit(asyncio.run, together()).result()
    report(process)
    connections = list(homes.glob("*/.local/share/jupyter/runtime/kernel-*.json"))
    assert [json.loads(path.read_text())["transport"] for path in connections] == ["ipc"] * 5
    for (name, (_, words)), (reply, buffers, text) in zip(RATES.items(), answers, strict=True):
        assert reply["caption"].startswith(f"Learning rate {words}"), name
        assert reply["page"] == name
        assert [len(part) > 0 for part in buffers] == [True, True, True], name
        assert text == f"({name!r}, ['owner'])"
    assert len({reply["caption"] for reply, *_ in answers}) == len(RATES)
