"""What Jupyter does for the course: an extension of its server, which pip installs enabled.

- Every server sends a figure's pictures at once. Nothing else changes where no course is.
- Where the variable CALCLEARN_COURSE names a folder, the course is laid out in it first.
- There, and where the server's folder is a course, saved notebooks keep their figures, JupyterLab
  asks for no news, and kernels multiply their small matrices on one thread.
"""

import os
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import default

from calclearn.layout import KEPT, Course, CourseError

# JupyterLab's settings for the course: a notebook that is saved and opened again shows its
# figures, and nothing asks for the network. They lie in the package, so that a course folder,
# which somebody else may have prepared, configures nothing.
SETTINGS = Path(__file__).with_name("jupyter")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "calclearn.server"}]


def _link_jupyter_server_extension(server) -> None:
    """Prepare the course, before JupyterLab reads its settings."""
    asked = os.environ.get("CALCLEARN_COURSE")
    if asked:
        try:
            folder = Path(asked).expanduser().absolute()
            Course(folder).lay_out()
        except (CourseError, OSError, RuntimeError, ValueError) as error:
            server.log.error("calclearn cannot lay the course out in %r: %s", asked, error)
    if asked or Path(server.root_dir, KEPT, "manifest.json").is_file():
        configs = os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)
        if str(SETTINGS) not in configs:
            os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
                filter(None, [str(SETTINGS), *configs])
            )
        # The course multiplies small matrices. Two threads at that wait for each other longer than
        # they work: while the browser paints, training would take twenty times as long.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _load_jupyter_server_extension(server) -> None:
    """Let pictures leave at once, unless the server has a connection of another kind."""
    if server.kernel_websocket_connection_class is ZMQChannelsWebsocketConnection:
        server.kernel_websocket_connection_class = PromptConnection
        server.web_app.settings["kernel_websocket_connection_class"] = PromptConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection between browser and kernel, with TCP_NODELAY.

    TCP holds a small message back while an earlier one is on its way (Nagle's algorithm), which
    would hold a figure that follows a slider to about 20 pictures a second.
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


# What `-m ipykernel_launcher` runs, with no folder on the path before it starts. IPython adds the
# notebook's folder later, behind the standard library, so that a learner's own modules are there.
LAUNCH = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "import runpy; runpy.run_module('ipykernel_launcher', run_name='__main__')"
)


# Put before it, for a third of an idle kernel's memory.
NO_DEBUGGER = "import sys; sys.modules['debugpy'] = None; "


class KernelsFromElsewhere(KernelSpecManager):
    """Jupyter's own kernels, whose launcher is never taken from the notebook's folder.

    `python -m ipykernel_launcher` starts there, and a file named like the launcher, or like a
    module that it imports, would run before any cell does.
    """

    launch = LAUNCH

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if "ipykernel_launcher" in spec.argv:
            module = spec.argv.index("ipykernel_launcher")
            spec.argv[module - 1 : module + 1] = ["-c", self.launch]
        return spec


class SmallKernels(KernelsFromElsewhere):
    """The same without a debugger, for a hub, where memory is counted in students."""

    launch = NO_DEBUGGER + LAUNCH


class LocalKernel(ServerKernelManager):
    """A kernel that its server reaches through the file system, so that no port is needed.

    TCP ports are chosen before a kernel starts; where a class comes at once, another server may
    take one meanwhile. A socket's path has at most 107 bytes; where it is longer, TCP stays.
    """

    @default("transport")
    def _default_transport(self) -> str:
        path = os.fsencode(self.connection_file.removesuffix(".json") + "-ipc-5")
        return "ipc" if len(path) <= 107 else "tcp"
