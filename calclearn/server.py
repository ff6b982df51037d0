"""What the course's Jupyter server does differently from a plain one."""

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection between browser and kernel, with TCP_NODELAY: a picture leaves at
    once, and does not wait until the last one is acknowledged.

    TCP holds a small message back while an earlier one is on its way (Nagle's algorithm), and
    Jupyter leaves it so. A figure that follows a slider sends many small messages, and would be
    held to about 20 pictures a second; without the wait it shows twice as many.
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


class KernelsFromElsewhere(KernelSpecManager):
    """Jupyter's own kernels, whose launcher is never taken from the notebook's folder.

    A kernel starts when its notebook is opened, in the notebook's folder, as `python -m
    ipykernel_launcher`: a file there that is named like the launcher, or like a module that it
    imports, would run before any cell does.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if "ipykernel_launcher" in spec.argv:
            module = spec.argv.index("ipykernel_launcher")
            spec.argv[module - 1 : module + 1] = ["-c", LAUNCH]
        return spec
