"""Print the size of the book, of its figures and its seconds, and what a reader waits for.

    python tests/benchmarks/book.py            all lessons, two processes
    python tests/benchmarks/book.py 07 09      those that are named

The figures are opened in Chromium, where there is one.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from _engines import show_beside_aim

from calclearn.book import site

CAP, WHOLE = 1.0, 40.0  # MB of a figure, of the book
READY, PICTURE = 100.0, 5.0  # ms
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def sizes(folder: Path) -> None:
    films = sorted(
        (folder / "_static" / "films").glob("*.js"), key=lambda path: path.stat().st_size
    )
    for film in films[-5:]:
        show_beside_aim(f"figure {film.stem}", film.stat().st_size / 1e6, CAP, "MB")
    median = statistics.median(film.stat().st_size for film in films) / 1e6
    show_beside_aim(f"the median of {len(films)} figures", median, CAP, "MB")
    whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    show_beside_aim("the book", whole / 1e6, WHOLE, "MB")


def reading(page_of_book: Path) -> None:
    """How soon the first figure moves, and how long a picture takes."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        print("no Chromium here")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        ready, pictures = [], []
        for _ in range(5):
            page = browser.new_page()
            page.goto(page_of_book.as_uri())
            page.locator("figure[data-film]").first.scroll_into_view_if_needed()
            page.locator("figure[data-ready]").first.wait_for()
            slider = page.locator("figure input[type=range]").first
            for _ in range(40):
                slider.press("ArrowRight")
            durations = "name => performance.getEntriesByName(name).map((each) => each.duration)"
            ready.append(min(page.evaluate(durations, "calclearn ready")))
            pictures += page.evaluate(durations, "calclearn picture")
            page.close()
        browser.close()
    name = page_of_book.stem
    show_beside_aim(f"{name}: ready", statistics.median(ready), READY, "ms")
    show_beside_aim(f"{name}: a picture", statistics.median(pictures), PICTURE, "ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "site"
        site.build(folder, sys.argv[1:], jobs=2)  # which says its seconds
        sizes(folder)
        pages = sorted(folder.glob("[0-9]*.html"))
        reading(next((page for page in pages if page.name.startswith("07")), pages[0]))
