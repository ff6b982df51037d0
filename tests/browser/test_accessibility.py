"""What axe-core finds in a lesson that has run: in its text, its figures, its questions."""

import pytest
from axe_playwright_python.sync_playwright import Axe

WHERE = [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]
# Where a notebook stands in JupyterLab is not for its author to say.
NOT_OURS = {"region", "landmark-one-main", "page-has-heading-one"}


@pytest.mark.parametrize("name", ["07_how_big_a_step.ipynb", "18_rescue_a_failing_run.ipynb"])
def test_a_lesson_that_has_run_has_no_serious_fault(desk, name):
    desk.open(name)
    desk.run_all()
    desk.figure().look()
    found = Axe().run(desk.page, context={"include": WHERE}).response["violations"]
    serious = {
        fault["id"]: [node["html"][:300] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in ("serious", "critical") and fault["id"] not in NOT_OURS
    }
    assert serious == {}
