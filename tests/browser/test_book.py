"""The book in a browser, from a disk: figures move, predictions are kept, answers are checked."""

import base64
import io
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from calclearn import lessons

PAGE = "07_how_big_a_step.html"


class Reader:
    """A page of the book, opened from the disk."""

    def __init__(self, page, book) -> None:
        self.page, self.complaints, self.asked = page, [], []
        hear = self.complaints.append
        page.on("console", lambda message: message.type == "error" and hear(message.text))
        page.on("pageerror", lambda error: hear(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto((book / PAGE).as_uri())
        self.figure = page.locator("figure[data-film]").first
        self.figure.scroll_into_view_if_needed()
        page.locator("figure[data-ready]").first.wait_for(timeout=60_000)
        self.rate, self.step = self.figure.locator("input[type=range]").all()

    def caption(self) -> str:
        return self.figure.locator("figcaption").text_content()

    def pixels(self) -> np.ndarray:
        text = self.figure.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        picture = Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2])))
        return np.asarray(picture.convert("RGB"))


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def reader(page, book):
    return Reader(page, book)


@pytest.fixture
def phone(chromium, book):
    context = chromium.new_context(**PHONE)
    yield Reader(context.new_page(), book)
    context.close()


def still(explorer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(explorer.still())))


def test_a_figure_follows_its_slider_with_the_pixels_of_the_live_one(reader):
    explorer = lessons.learning_rate()
    assert np.array_equal(reader.pixels(), still(explorer))
    assert reader.caption() == explorer.caption
    reader.rate.focus()
    for _ in range(30):
        reader.rate.press("ArrowRight")
    assert "diverges" in reader.caption()
    value = float(reader.rate.get_attribute("aria-valuetext"))
    assert reader.caption().startswith(f"Learning rate {value:.3g} ")
    reader.rate.press("Home")
    explorer.set(learning_rate=10 ** explorer.controls["learning_rate"].min)
    assert reader.caption() == explorer.caption
    assert np.array_equal(reader.pixels(), still(explorer))
    assert reader.figure.locator("figcaption").get_attribute("role") == "status"
    assert reader.figure.locator("canvas").get_attribute("aria-label") == explorer.caption
    assert "points" in reader.figure.locator(".calclearn-note").text_content()
    assert reader.complaints == []
    assert [url for url in reader.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_play_shows_the_descent_step_by_step(reader):
    assert reader.step.get_attribute("aria-valuetext") == "60"
    reader.figure.get_by_role("button", name="Play").click()
    reader.page.wait_for_function(
        "figure => /after ([1-9]|[1-4][0-9]) steps?/.test(figure.textContent)",
        arg=reader.figure.element_handle(),
    )
    reader.figure.get_by_role("button", name="Pause").click()
    here = reader.caption()
    reader.page.wait_for_timeout(300)
    assert reader.caption() == here
    steps = reader.step.get_attribute("aria-valuetext")
    assert f"after {steps} step" in here
    explorer = lessons.learning_rate().set(step=int(steps))
    assert np.array_equal(reader.pixels(), still(explorer))
    # Where a pair of positions has no picture the other control moves.
    reader.step.press("End")
    reader.step.press("ArrowLeft")
    assert reader.step.get_attribute("aria-valuetext") == "59"
    reader.rate.press("ArrowRight")
    assert reader.step.get_attribute("aria-valuetext") == "60"
    reader.step.press("Home")
    assert reader.rate.get_attribute("aria-valuetext") == "0.0002"
    assert reader.caption().startswith("Learning rate 0.0002 ")


def test_a_prediction_is_kept_and_revealed(reader):
    page = reader.page
    button = page.get_by_role("button", name="Reveal")
    assert button.is_disabled()
    page.get_by_label("It stays about the same.").check()
    page.get_by_role("button", name="Commit").click()
    button.click()
    told = page.locator(".calclearn-reveal").inner_text()
    assert "You predicted: It stays about the same." in told
    assert "✗ What happens: It gets about ten times larger." in told
    page.reload()
    assert page.get_by_text("You predicted: It stays about the same.").count() == 1
    assert page.get_by_label("It stays about the same.").is_disabled()


def test_answers_are_checked(reader):
    boxes = reader.page.locator(".calclearn-check")
    assert boxes.count() == 4

    def reply(place, answer):
        box = boxes.nth(place)
        if place != 3:
            box.locator("input[type=text]").fill(answer)
        elif answer:
            box.get_by_label(answer, exact=True).check()
        box.get_by_role("button").click()
        return box.get_by_role("status").text_content()

    for place, answer, words in (
        (1, "0.277", "✓ Right. Dividing the loss by n"), (1, "2,77e-1", "✓ Right."),
        (1, "0.000808", "What does dividing by n do to λmax?"), (1, "5", "Hint 2 of 2"),
        (1, "many", "Type one number."), (0, "0.31", "Type 2 numbers, with commas between them."),
        (3, "", "Choose a letter."), (3, "a", "the bowl itself is smooth"), (3, "c", "✓ Right."),
    ):  # fmt: skip
        assert words in reply(place, answer), answer


def test_on_a_phone_all_fits_and_follows_a_finger(phone):
    page = phone.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.rate.bounding_box()
    assert box["height"] >= 44
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert phone.figure.locator("canvas").bounding_box()["width"] <= 390
    before = phone.caption()
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert "diverges" in phone.caption() != before
    phone.figure.get_by_role("button", name="Larger").tap()
    assert phone.figure.locator("canvas").bounding_box()["width"] > 800
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.complaints == []


def test_formulas_are_set_and_nothing_of_ours_keeps_anybody_out(reader):
    reader.page.locator("mjx-container").first.wait_for(state="attached", timeout=60_000)
    found = Axe().run(reader.page, context="article", options={"runOnly": ["wcag2a", "wcag2aa"]})
    nodes = [node["html"] for fault in found.response["violations"] for node in fault["nodes"]]
    assert [html for html in nodes if "calclearn" in html] == []


def test_without_its_film_a_figure_says_so(page, book, tmp_path):
    shutil.copytree(book, tmp_path / "book")
    (tmp_path / "book" / "_static" / "films" / "07-1.js").unlink()
    page.goto((tmp_path / "book" / PAGE).as_uri())
    page.locator("figure[data-film]").first.scroll_into_view_if_needed()
    page.get_by_text("It does not move:").wait_for(timeout=60_000)
    assert page.locator("figure[data-film] img").first.is_visible()
