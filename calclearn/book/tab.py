"""The course in a tab of the browser: JupyterLite, whose Python is Pyodide, on any static server.

Pyodide installs what a cell imports if it stands in its lock file; so the site has a lock of its
own, which names calclearn and the widgets that the released distribution lacks. The lock of the
release that JupyterLite wants lies beside this module: no network is needed to build a site.
"""

import base64
import gzip
import hashlib
import html
import http.client
import importlib.metadata
import importlib.util
import io
import json
import re
import shutil
import urllib.request
import zipfile
from pathlib import Path, PurePosixPath

import nbformat

from calclearn.book.site import making, run
from calclearn.exercises.predictions import SITE_DATE
from calclearn.layout import CourseError, question, shipped

RELEASE = "314.0.6"  # of Pyodide, that the lock describes and the kernel is made for
ADDRESS = f"https://cdn.jsdelivr.net/pyodide/v{RELEASE}/full"
HERE = Path(__file__).parent
LOCK = HERE / "pyodide-lock.json.gz"
NEEDED = ("jupyterlite_core", "jupyterlite_pyodide_kernel", "jupyter_server")
KERNEL_EXTENSION = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    KERNEL_EXTENSION,
    "anywidget",
    "jupyterlab_pygments",
)
# What is put into the lock, and what each imports; the other packages are the distribution's.
OWN = {
    "calclearn": ["anywidget", "ipywidgets", "matplotlib", "numpy", "pillow"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "ipywidgets": ["comm", "ipython", "traitlets"],
    "psygnal": [],
    "comm": ["traitlets"],
}
# What the kernel's extension brings for Python, and the other packages that the kernel imports.
KERNEL = {"piplite": ["micropip"], "ipykernel": [], "pyodide-kernel": ["comm", "ipython"]}
# Loaded side by side while Python starts, and not one after the other when they are imported.
AT_ONCE = ["micropip", "comm", "ipython", "jedi", *KERNEL, "calclearn"]
PATIENCE = 20  # seconds for an address to answer


def build(folder: Path, pyodide: str | None = None, *, book: str | None = None, say=print) -> None:
    """Write the site into a folder.

    `pyodide` is the address of a Pyodide distribution, or a folder that holds one, which is copied;
    by default it is the release that JupyterLite wants, at its address. `book` is the address of
    the book, seen from the site. Raises CourseError where something that it needs is not installed,
    where the folder holds other things, and where JupyterLite fails.
    """
    distribution = _folder(pyodide)
    address = None if distribution else (pyodide or ADDRESS).rstrip("/")
    lock = _lock(distribution, address, say)
    with making("tab", "lite", NEEDED, folder, say) as made:
        source = made.with_name("source")
        _lay_out(source / "files")
        static = source / "static"
        (static / "pyodide-lock").mkdir(parents=True)
        if distribution:
            shutil.copytree(distribution, static / "pyodide")
        _complete(lock, static / "pyodide-lock", address or "../../static/pyodide")
        _configure(source, address)
        _jupyterlite(source, made)
        shutil.copytree(static, made / "static", dirs_exist_ok=True)
        _front(made, book)
    if address:
        say(f"When it is opened it loads Pyodide, NumPy and matplotlib from {address}.")
    say("It needs a server, such as python -m http.server; a browser runs no Python from a disk.")


def _folder(pyodide: str | None) -> Path | None:
    """The folder that holds a distribution, None where an address is given, or nothing."""
    if pyodide is None or re.match(r"https?://", pyodide):
        return None
    folder = Path(pyodide).expanduser()
    for place in (folder, folder / "pyodide"):
        if all((place / name).is_file() for name in ("pyodide.mjs", "pyodide-lock.json")):
            return place
    raise CourseError(
        f"--pyodide must be an address, or a folder with pyodide.mjs and pyodide-lock.json; "
        f"got {pyodide!r:.80}"
    )


def _lock(distribution: Path | None, address: str | None, say) -> dict:
    """The lock of the distribution; that of the release where its own cannot be read."""
    if distribution:
        return json.loads((distribution / "pyodide-lock.json").read_text(encoding="utf-8"))
    if address != ADDRESS:
        try:
            with urllib.request.urlopen(f"{address}/pyodide-lock.json", timeout=PATIENCE) as answer:
                return json.load(answer)
        except (http.client.HTTPException, OSError, ValueError) as error:
            say(
                f"{address} cannot be read ({error}): the site takes it for Pyodide {RELEASE}, and "
                "will load that release's files from there."
            )
    return json.loads(gzip.decompress(LOCK.read_bytes()))


def _lay_out(folder: Path) -> None:
    """The notebooks; JupyterLite wants each text in one piece, as it is read, and not by lines."""
    folder.mkdir(parents=True)
    for name, path in shipped().items():
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        text = json.dumps(notebook, ensure_ascii=False, sort_keys=True)
        (folder / name).write_text(text, encoding="utf-8")


def _complete(lock: dict, folder: Path, address: str) -> None:
    """Write the lock with our packages in it, and their wheels beside it."""
    packages = lock["packages"]
    for package in packages.values():
        if not re.match(r"https?://", package["file_name"]):
            package["file_name"] = f"{address}/{package['file_name']}"
    for name, needs in OWN.items():
        if name in packages and name != "calclearn":
            continue
        content, version = wheel(name)
        file = f"{name}-{version}-py3-none-any.whl"
        (folder / file).write_bytes(content)
        packages[name] = _entry(name, needs, f"static/pyodide-lock/{file}", version, content)
    place = f"{KERNEL_EXTENSION}/static/pypi"
    for name, needs in KERNEL.items():
        (path,) = (_extension(KERNEL_EXTENSION) / "static/pypi").glob(f"{_module(name)}-*.whl")
        version, content = path.name.split("-")[1], path.read_bytes()
        packages[name] = _entry(name, needs, f"extensions/{place}/{path.name}", version, content)
    text = json.dumps(lock, sort_keys=True, separators=(",", ":"))
    (folder / "pyodide-lock.json").write_text(text, encoding="utf-8")


def _entry(name: str, needs: list, file: str, version: str, content: bytes) -> dict:
    """A package of the site in the lock; its file's place is seen from the lock."""
    return {
        "depends": needs,
        "file_name": f"../../{file}",
        "imports": [_module(name)],
        "install_dir": "site",
        "name": name,
        "package_type": "package",
        "sha256": hashlib.sha256(content).hexdigest(),
        "unvendored_tests": False,
        "version": version,
    }


def _module(name: str) -> str:
    return name.replace("-", "_")


def wheel(name: str) -> tuple[bytes, str]:
    """A pure wheel of an installed package, always of the same bytes, and its version."""
    installed = importlib.metadata.distribution(name)
    root = Path(importlib.util.find_spec(name).origin).parent
    about = f"{name}-{installed.version}.dist-info"
    files = {
        f"{name}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and _is_pure(path.relative_to(root))
    }
    files[f"{about}/METADATA"] = (installed.read_text("METADATA") or "").encode()
    files[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = ""
    for file, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{file},sha256={digest},{len(content)}\n"
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file, content in files.items():
            info = zipfile.ZipInfo(file)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return made.getvalue(), installed.version


def _is_pure(path: PurePosixPath | Path) -> bool:
    # The site has the notebooks, and makes no sites.
    elsewhere = path.parts[0] in ("course", "book") or "__pycache__" in path.parts
    return not elsewhere and path.suffix not in (".so", ".pyd", ".dylib", ".pyc")


def _configure(source: Path, address: str | None) -> None:
    kernel = {
        "pyodideUrl": f"{address or './static/pyodide'}/pyodide.mjs",
        "loadPyodideOptions": {
            "lockFileURL": "./static/pyodide-lock/pyodide-lock.json",
            "packages": AT_ONCE,
            "convertNullToNone": True,  # a message's null would be an object of its own
        },
        "disablePyPIFallback": True,
    }
    config = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "calclearn",
            "litePluginSettings": {f"{KERNEL_EXTENSION}:kernel": kernel},
        },
    }
    (source / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")
    path = HERE.parent / "jupyter" / "labconfig" / "default_setting_overrides.json"
    no_dates = {"@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False}}
    overrides = json.loads(path.read_text(encoding="utf-8")) | no_dates  # of 1980, as they are
    (source / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    folders = [str(folder) for folder in map(_extension, EXTENSIONS) if folder]
    options = {"LiteBuildConfig": {"ignore_sys_prefix": True, "federated_extensions": folders}}
    (source / "jupyter_lite_config.json").write_text(json.dumps(options), encoding="utf-8")


def _extension(name: str) -> Path | None:
    """The folder of an installed extension of JupyterLab."""
    from jupyter_core.paths import jupyter_path

    places = (Path(place) / name for place in jupyter_path("labextensions"))
    return next((place for place in places if (place / "package.json").is_file()), None)


def _jupyterlite(source: Path, made: Path) -> None:
    command = [
        "jupyterlite_core", "build", "--lite-dir", str(source),
        "--output-dir", str(made), "--contents", str(source / "files"), "--no-sourcemaps",
        "--no-libarchive", "--apps", "lab", "--apps", "notebooks",
    ]  # fmt: skip
    front = made / "lab" / "index.html"
    run(command, "JupyterLite could not build the tab", front, SITE_DATE, cwd=source)


def _front(made: Path, book: str | None) -> None:
    """The first page; and the way back to the book."""
    rows = []
    for name, path in shipped().items():
        row = f'<a href="lab/index.html?path={name}">{html.escape(question(path))}</a>'
        if book is not None:
            row += f' <a class="book" href="{book}/{path.stem}.html">in the book</a>'
        rows.append(f"<li>{row}</li>")
    front = made / "index.html"
    # JupyterLite reads its settings out of the first page, too.
    config = re.search(
        r"<script[^>]*jupyter-config-data.*?</script>", front.read_text(encoding="utf-8"), re.DOTALL
    )
    page = (HERE / "tab.html").read_text(encoding="utf-8")
    page = page.replace("CONFIG", config[0] if config else "").replace("LESSONS", "\n".join(rows))
    front.write_text(page, encoding="utf-8")
    if book is not None:
        lessons = json.dumps([path.stem for path in shipped().values()])
        link = (HERE / "back.html").read_text(encoding="utf-8")
        link = link.replace("BOOK", f"../{book}").replace("LESSONS", lessons)
        for path in (made / "lab" / "index.html", made / "notebooks" / "index.html"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("</body>", f"{link}</body>"), encoding="utf-8")
