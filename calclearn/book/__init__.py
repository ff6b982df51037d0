"""The course as static sites: a book whose figures follow their controls with no Python behind
them, and the notebooks in a tab of the browser, where Python runs, too.
"""

import os
from pathlib import Path


def publish(
    book: Path | None, lite: Path | None, *, pyodide: str | None = None, jobs: int | None = None
) -> None:
    """Make the book, the tab, or both, which then link to each other.

    Raises CourseError where something is missing, or a folder holds other things.
    """
    from calclearn.book import site, tab

    if book is not None:
        site.build(book, jobs=jobs, tab=_address(lite, book))
    if lite is not None:
        tab.build(lite, pyodide, book=_address(book, lite))


def _address(target: Path | None, here: Path) -> str | None:
    """The relative address of one folder in the other."""
    return None if target is None else Path(os.path.relpath(target, here)).as_posix()
