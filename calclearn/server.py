"""What the course's Jupyter server does differently from a plain one."""

import sys

import ipykernel_launcher
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


class KernelsFromElsewhere(KernelSpecManager):
    """Jupyter's own kernels, whose launcher is never taken from the notebook's folder.

    A kernel starts when its notebook is opened, in the notebook's folder, as `python -m
    ipykernel_launcher`: a file of that name in the folder would run before any cell does.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if spec.argv[0] in ("python", sys.executable):
            launch = ["-m", "ipykernel_launcher"]
            for i in range(len(spec.argv) - 1):
                if spec.argv[i : i + 2] == launch:
                    spec.argv[i : i + 2] = [ipykernel_launcher.__file__]
                    break
        return spec
