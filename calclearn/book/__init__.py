"""The course as static sites: a book whose figures follow their controls with no Python behind
them, and the notebooks in a tab of the browser, where Python runs, too.
"""

import os
from pathlib import Path


def publish(
    book: Path | None, lite: Path | None, *, pyodide: str | None = None, jobs: int | None = None
) -> None:
    """Make the book, the tab, or both. Where both are made, or the one lies in the other, they
    link to each other.

    Raises CourseError where something is missing, or a folder holds other things.
    """
    from calclearn.book import site, tab

    if book is not None:
        beside = lite or (book / "lite" if (book / "lite" / tab.MARK).is_file() else None)
        site.build(book, jobs=jobs, tab=None if beside is None else _address(beside, book))
    if lite is not None:
        beside = book or (lite.parent if (lite.parent / site.MARK).is_file() else None)
        tab.build(lite, pyodide, book=None if beside is None else _address(beside, lite))


def _address(target: Path, here: Path) -> str:
    """The relative address of one folder in the other."""
    return Path(os.path.relpath(target, here)).as_posix()
