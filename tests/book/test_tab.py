"""The course in a tab: a static site with the notebooks, and a lock that installs calclearn.

And what both sites, tab and book, refuse.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
import zipfile
from datetime import datetime

import nbformat
import pytest

from calclearn.book import site as book
from calclearn.book import tab
from calclearn.exercises.predictions import SITE_DATE
from calclearn.layout import CourseError, shipped

SITE = "lite"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, said = tmp_path_factory.mktemp("tab") / SITE, []
    tab.build(folder, book="..", say=said.append)
    return folder, said


def test_the_notebooks_are_there_as_they_are(site):
    folder, _ = site
    for name, path in shipped().items():
        ours = nbformat.read(path, as_version=4)
        there = json.loads((folder / "files" / name).read_text(encoding="utf-8"))
        assert nbformat.from_dict(there) == ours, "the same, with texts in place of lists of lines"
        assert all(isinstance(cell["source"], str) for cell in there["cells"])
    listed = json.loads((folder / "api" / "contents" / "all.json").read_text(encoding="utf-8"))
    assert {each["path"] for each in listed["content"]} >= set(shipped())
    dates = {datetime.fromisoformat(each["last_modified"]) for each in listed["content"]}
    assert {date.timestamp() for date in dates} == {SITE_DATE}, "so none counts as saved by anyone"


def test_the_lock_installs_calclearn_when_it_is_imported(site):
    folder, _ = site
    lock = json.loads((folder / "static" / "pyodide-lock" / "pyodide-lock.json").read_text())
    packages = lock["packages"]
    needed, waiting = set(), ["calclearn"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [re.sub("[-_.]+", "-", each).lower() for each in packages[name]["depends"]]
    assert {"numpy", "matplotlib", "pillow", "anywidget", "ipywidgets", "ipython"} <= needed
    assert packages["calclearn"]["imports"] == ["calclearn"]
    for name in {*needed, *tab.AT_ONCE}:
        file = packages[name]["file_name"]
        if file.startswith("../../"):
            content = (folder / file.removeprefix("../../")).read_bytes()
            assert hashlib.sha256(content).hexdigest() == packages[name]["sha256"]
        else:
            assert file.startswith(f"{tab.ADDRESS}/")
    ours = {name for name, each in packages.items() if each["file_name"].startswith("..")}
    assert ours == {*tab.OWN, *tab.KERNEL}


def imported_by_the_kernel(folder):
    """What the kernel would install by itself, one package after the other."""
    static = folder / "extensions" / tab.KERNEL_EXTENSION / "static"
    (worker,) = static.glob("comlink.worker.*.js")
    (names,) = re.findall(r'\["ipykernel",[^]]*\]', worker.read_text(encoding="utf-8"))
    return {"micropip", "piplite", *json.loads(names)}


def test_the_kernel_is_told_where_pyodide_and_the_lock_are(site):
    folder, said = site
    config = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))
    data = config["jupyter-config-data"]
    kernel = data["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["pyodideUrl"] == f"{tab.ADDRESS}/pyodide.mjs"
    assert kernel["loadPyodideOptions"]["lockFileURL"] == "./static/pyodide-lock/pyodide-lock.json"
    assert kernel["disablePyPIFallback"], "what the lock lacks is not looked for elsewhere"
    assert kernel["loadPyodideOptions"]["convertNullToNone"], "null in a message is None"
    assert set(kernel["loadPyodideOptions"]["packages"]) >= imported_by_the_kernel(folder)
    extensions = {each["name"] for each in data["federated_extensions"]}
    assert extensions == set(tab.EXTENSIONS)
    assert any(tab.ADDRESS in sentence for sentence in said), "what it will load is said"


def test_the_front_page_says_what_is_different_and_links_both_ways(site):
    folder, _ = site
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "about 35 MB" in text
    assert "slower" in text
    for name, path in shipped().items():
        assert f'href="lab/index.html?path={name}"' in text
        assert f'href="../{path.stem}.html"' in text
    assert (folder / "lab" / "index.html").is_file()
    assert 'href="../../index.html"' in (folder / "lab" / "index.html").read_text(encoding="utf-8")


def test_the_release_is_the_one_that_the_kernel_is_made_for():
    from jupyterlite_pyodide_kernel import constants

    assert constants.PYODIDE_VERSION == tab.RELEASE
    lock = json.loads(gzip.decompress(tab.LOCK.read_bytes()))
    assert lock["info"]["python"].startswith(constants.PYODIDE_PYTHON_VERSION)


def test_the_wheel_has_the_package_and_no_site():
    content, version = tab.wheel("calclearn")
    assert content == tab.wheel("calclearn")[0]
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert "calclearn/__init__.py" in names
    assert "calclearn/explorers/live.js" in names
    assert "calclearn/data/penguins.csv" in names
    assert not [name for name in names if re.search(r"calclearn/(book|course)/|\.so$|\.pyc$", name)]
    assert f"calclearn-{version}.dist-info/RECORD" in names


def distribution(folder):
    """A folder that looks like a distribution of Pyodide."""
    folder.mkdir()
    (folder / "pyodide.mjs").write_text("// none")
    package = {"file_name": "numpy-1.whl", "depends": [], "imports": ["numpy"], "sha256": ""}
    lock = {"info": {}, "packages": {"numpy": package | {"name": "numpy"}}}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    return folder


def test_a_distribution_in_a_folder_is_copied(tmp_path, monkeypatch):
    def without_jupyterlite(source, made):
        shutil.copytree(source, made)
        (made / "index.html").touch()

    monkeypatch.setattr(tab, "_jupyterlite", without_jupyterlite)
    said = []
    tab.build(tmp_path / SITE, str(distribution(tmp_path / "own")), say=said.append)
    static = tmp_path / SITE / "static"
    assert (static / "pyodide" / "pyodide.mjs").is_file()
    lock = json.loads((static / "pyodide-lock" / "pyodide-lock.json").read_text())
    assert lock["packages"]["numpy"]["file_name"] == "../../static/pyodide/numpy-1.whl"
    config = (tmp_path / SITE / "jupyter-lite.json").read_text(encoding="utf-8")
    assert tab.ADDRESS not in config
    assert not any("loads Pyodide" in sentence for sentence in said)


def test_an_address_that_does_not_answer_is_said(tmp_path):
    said = []
    lock = tab._lock(None, "http://127.0.0.1:9/pyodide", said.append)
    assert lock["packages"]["numpy"]
    assert re.search(r"127\.0\.0\.1:9/pyodide cannot be read .* will load", said[0])


@pytest.mark.parametrize("pyodide", ["no/such/folder", "ftp://example", ""])
def test_what_holds_no_distribution_is_refused(tmp_path, pyodide):
    with pytest.raises(CourseError, match="--pyodide must be an address, or a folder"):
        tab.build(tmp_path / SITE, pyodide)
    assert not (tmp_path / SITE).exists()


@pytest.mark.parametrize(("kind", "name", "extra"), [(book, "book", "book"), (tab, "tab", "lite")])
def test_a_site_names_what_is_not_installed_and_leaves_a_folder_with_other_things_alone(
    tmp_path, monkeypatch, kind, name, extra
):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="holds other things"):
        kind.build(tmp_path)
    with pytest.raises(CourseError, match="is a file"):
        kind.build(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    monkeypatch.setattr(kind, "NEEDED", ("numpy", "no_such_module"))
    words = rf'the {name} needs no_such_module: pip install "calclearn\[{extra}\]"'
    with pytest.raises(CourseError, match=words):
        kind.build(tmp_path / "new")
