"""JupyterHub for a class on one machine: `jupyterhub -f jupyterhub_config.py`.

    pip install jupyterhub "calclearn[course]"
    npm install --global configurable-http-proxy

As it stands, students come in with their accounts of this machine, and each works in a home of
their own. TEACHING.md beside this file says what else a class may use, and how large a machine.
"""

c = get_config()  # noqa: F821  JupyterHub's own

# The course, laid out in each home and opened at its first notebook. calclearn's extension of the
# Jupyter server does the rest: saved figures, one thread for small matrices, prompt pictures.
c.Authenticator.allow_all = True
c.Spawner.environment = {"CALCLEARN_COURSE": "calclearn-course"}
c.Spawner.default_url = "/lab/tree/calclearn-course/00_start_here.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # a whole class comes at once
c.JupyterHub.concurrent_spawn_limit = 10

# Kernels take no ports from each other. Memory: they have no debugger, one whose page is closed
# ends after 20 minutes, and a server without kernels after an hour. The notebook keeps its text,
# and its figures as pictures.
c.Spawner.args = [
    "--MappingKernelManager.kernel_manager_class=calclearn.server.LocalKernel",
    "--ServerApp.kernel_spec_manager_class=calclearn.server.SmallKernels",
    "--MappingKernelManager.cull_idle_timeout=1200",
    "--MappingKernelManager.cull_interval=120",
    "--ServerApp.shutdown_no_activity_timeout=3600",
]
