"""A class's page in a browser: harmless, readable for all, and on a phone."""

import json

from axe_playwright_python.sync_playwright import Axe

from calclearn.classroom import collect
from calclearn.classroom.page import page
from calclearn.layout import shipped

EVIL = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"


def test_the_page_of_a_class(chromium, tmp_path):
    lesson = json.loads(shipped()["07_how_big_a_step.ipynb"].read_text(encoding="utf-8"))
    texts = [f"✓ Right. {EVIL}", f"Predict: {EVIL}\n- {EVIL}\n- no\nYou predicted: {EVIL}"]
    outputs = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    lesson["cells"] += [
        {"cell_type": "code", "source": f'check("07.1", 0)  # {EVIL}', "outputs": outputs}
    ]
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "07.ipynb").write_text(json.dumps(lesson), encoding="utf-8")
    file = tmp_path / "class.html"
    file.write_text(page(collect(tmp_path)), encoding="utf-8")
    window = chromium.new_page(viewport={"width": 390, "height": 800})
    window.goto(file.as_uri())
    assert EVIL in window.inner_text("main")
    assert window.title() == "The class"
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(window).response["violations"] == []
    window.close()
