"""A class's table: who is who, what counts, and texts that do no harm where they are shown."""

import csv
import io
import os
import re
import shutil
from pathlib import Path

import pytest

from calclearn import __main__ as command
from calclearn.classroom import collect
from calclearn.classroom.gradebook import student_of
from calclearn.classroom.page import page
from calclearn.classroom.submissions import lesson_of, read
from calclearn.exercises.catalogue import outcomes
from calclearn.layout import shipped

from .conftest import RIGHT, STEP, answered, asked, code, notebook

NUMBERS = tuple(read(shipped()[STEP]).exercises)
LARGER = "It gets about ten times larger."


def rows(book):
    return list(csv.DictReader(io.StringIO(book.csv())))


def test_states_votes_and_what_happens(hand_in, folder):
    """Ada has all right, Bob has tried, Cleo has begun nothing; each voted otherwise."""
    for name, state, vote in (("ada", True, 3), ("bob", False, 1), ("cleo", None, None)):
        hand_in(f"{name}/{STEP}", answered(dict.fromkeys(NUMBERS, state), vote))
    three = collect(folder)
    assert [s.name for s in three.students] == ["ada", "bob", "cleo"]
    assert three.tally("07.2") == {"right": 1, "tried": 1, "open": 1}
    (lesson,) = three.lessons.values()
    (question,) = lesson.predictions
    smaller, same = "It gets about ten times smaller.", "It stays about the same."
    assert three.votes(lesson, question) == {smaller: 1, same: 0, LARGER: 1, "no prediction": 1}
    assert lesson.happens(question) == LARGER
    assert lesson.happens("Another?") == ""
    # The same in words, and for a spreadsheet.
    lines = str(three).splitlines()
    assert "outputs can be edited" in lines[0]
    bob = ["bob", *["tried"] * len(NUMBERS), f"0 of {len(NUMBERS)}"]
    assert re.split(r"\s{2,}", lines[5]) == bob
    assert f"     1  {LARGER}  <- what happens" in lines
    ada, bob, _ = rows(three)
    assert (ada["student"], ada["right"], ada["07.2"]) == ("ada", str(len(NUMBERS)), "right")
    assert (ada["prediction 07/1"], bob["open"]) == (LARGER, "0")


@pytest.mark.parametrize("name", shipped())
def test_what_happens_is_what_the_lesson_reveals(hand_in, folder, name):
    number = name[:2]
    hand_in(f"ada/{name}", answered({}, 1, name))
    (lesson,) = collect(folder).lessons.values()
    revealed = [outcomes(number)[place + 1][0] for place in range(len(lesson.predictions))]
    assert [lesson.happens(q) for q in lesson.predictions] == [
        lesson.options[q][option - 1]
        for q, option in zip(lesson.predictions, revealed, strict=True)
    ]


# Who is who.


@pytest.mark.parametrize(
    ("path", "name", "lesson"),
    [
        ("ada/07_how_big_a_step.ipynb", "ada", "07"),
        ("ada/calclearn-course/07_how_big_a_step.ipynb", "ada", "07"),
        ("ada/07_how_big_a_step.2026-11-29_10-00-00.ipynb", "ada", "07"),
        ("Ada_4711_assignsubmission_file_/07_x.ipynb", "Ada_4711_assignsubmission_file_", "07"),
        ("lesson 07/ada/07_how_big_a_step.ipynb", "ada", "07"),
        ("byronada_1_2_07_how_big_a_step-1.ipynb", "byronada_1_2", "07"),
        ("2026-07_how_big_a_step.ipynb", "2026", "07"),
        ("07_how_big_a_step_ada.ipynb", "ada", "07"),
        ("07_how_big_a_step (Ada).ipynb", "Ada", "07"),
        ("ada_07_how_big_a_step (3).ipynb", "ada", "07"),
        ("ada-07.ipynb", "ada", "07"),
        ("07_ada.ipynb", "ada", "07"),
        ("0713_ada.ipynb", "0713_ada", ""),
        ("12345_67.ipynb", "12345_67", ""),
        ("ada_99.ipynb", "ada_99", ""),
        ("ada.ipynb", "ada", ""),
        ("07_how_big_a_step.ipynb", "07_how_big_a_step", "07"),
        ("李雷_07_how_big_a_step.ipynb", "李雷", "07"),
    ],
)
def test_the_student_and_the_lesson_of_a_path(path, name, lesson):
    assert (student_of(Path(path)), lesson_of(Path(path).name)) == (name, lesson)


def test_the_best_of_several_copies_counts(hand_in, folder):
    hand_in(f"ada/{STEP}", answered({"07.1": None, "07.2": True}))
    hand_in("ada/07_how_big_a_step.2026-11-29_10-00-00.ipynb", answered({"07.1": True}, vote=1))
    (ada,) = collect(folder).students
    assert (ada.exercises["07.1"], ada.exercises["07.2"]) == (True, True)
    assert "It gets about ten times smaller." in ada.votes.values()
    assert ada.notes == ["2 notebooks of lesson 07; the best counts"]


def test_an_exercise_whose_cell_is_gone_is_open_and_a_broken_notebook_is_a_row(hand_in, folder):
    hand_in(f"ada/{STEP}", notebook(code('check("07.1", 3)', RIGHT)))
    hand_in(f"bob/{STEP}", b"broken")
    book = collect(folder)
    ada, bob = book.students
    assert ada.exercises == {number: number == "07.1" or None for number in NUMBERS}
    assert bob.exercises == {}
    said = f"bob/{STEP} is no JSON, or broken"
    assert rows(book)[1]["notes"] == said
    assert all(said in text for text in (str(book), page(book)))


def test_lessons_in_which_nobody_has_begun_are_left_out(hand_in, folder):
    for name, path in shipped().items():
        shutil.copyfile(path, hand_in(f"ada/{name}", ""))
    assert list(collect(folder).lessons) == []
    hand_in(f"ada/{STEP}", answered({"07.1": False}))
    book = collect(folder)
    assert list(book.lessons) == ["07"]
    assert book.equal == []


def test_a_teacher_s_own_lesson_is_collected_and_cells_out_of_order_are_named(hand_in, folder):
    own = code('check("20.1", 3)', RIGHT, count=2), code("p", asked("up"), count=1)
    hand_in("ada/own.ipynb", notebook(*own))
    book = collect(folder)
    assert book.tally("20.1")["right"] == 1
    assert "     1  up" in str(book).splitlines()
    assert book.students[0].notes == ["1 cell out of order"]


# Equal answers.

LONG = "def gradient(X, y, w):\n    error = X @ w - y\n    return 2 * X.T @ error / len(y)\n\n"


def test_equal_answers_are_named_whatever_their_blanks_and_comments(hand_in, folder):
    texts = {
        "ada": LONG + 'check("08.2", gradient)',
        "bob": "# mine\n" + LONG.replace("    ", "        ") + "check('08.2', gradient)",
        "cleo": LONG.replace("error", "residual") + 'check("08.2", gradient)',
    }
    for name, text in texts.items():
        hand_in(f"{name}/08_x.ipynb", notebook(code(text, RIGHT)))
    book = collect(folder)
    assert book.equal == [("08.2", ["ada", "bob"])]
    assert rows(book)[0]["equal answers"] == "08.2"


def test_of_what_is_equal_for_all_only_the_whole_notebook_is_named(hand_in, folder):
    """Short answers, and the course's own text."""
    untouched = 'def gradient(X, y, w):\n    return ...\n\n\ncheck("08.2", gradient)'
    for name in ("ada", "bob"):
        cells = code('check("08.1", 2 / 3)'), code(untouched), code(f"# {name}")
        hand_in(f"{name}/08_x.ipynb", notebook(*cells))
    assert collect(folder).equal == []
    for name in ("ada", "bob"):
        hand_in(f"{name}/{STEP}", answered({"07.1": True}))
    assert collect(folder).equal == [("whole notebook", ["ada", "bob"])]


# What is no notebook, and what means harm.


def test_other_files_are_named_and_hidden_ones_passed_over(hand_in, folder):
    hand_in("ada/answers.zip", b"PK")
    hand_in(f"ada/.ipynb_checkpoints/{STEP}", answered({"07.1": True}))
    hand_in("ada/.DS_Store", b"")
    book = collect(folder)
    assert book.ignored == ["ada/answers.zip"]
    assert book.students == []
    assert str(book).endswith("No notebooks, so not read: ada/answers.zip")


EVIL = "<script>alert(1)</script>"


@pytest.fixture
def evil(hand_in, folder):
    """Markup, formulas and terminal codes wherever a notebook can carry a text."""
    texts = asked(EVIL, f"{EVIL}?", (EVIL, "\x1b[2J\u202eno"))
    cells = code('check("07.1", 1)', RIGHT + EVIL), code("guess", texts), code(EVIL, EVIL)
    formulas = (f"{sign}1+1" for sign in "=+-@＝＋－＠")
    for name in (*formulas, "\x1b[31mred\x07", "<img src=x onerror=alert(1)>"):
        hand_in(f"{name}_07.ipynb", notebook(*cells))
    return collect(folder)


@pytest.mark.skipif(os.name == "nt", reason="no file has such a name there")
def test_texts_that_mean_harm_are_shown_as_texts(evil):
    html = page(evil)
    assert "script-src" not in html
    assert "default-src 'none'" in html
    body = html.partition("</style>")[2]
    ours = {"main", "h1", "h2", "h3", "p", "span", "div", "strong", "br", "ul", "li"}
    ours |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", body)) <= ours
    assert re.findall(r"\son\w+=", re.sub(r">[^<]*<", "><", body)) == []
    assert "&lt;script&gt;" in body

    # The terminal gets no codes, and the spreadsheet no formulas.
    assert "\x1b" not in str(evil) + evil.csv() + page(evil)
    assert "\u202e" not in str(evil) + evil.csv() + page(evil)
    cells = [cell for row in csv.reader(io.StringIO(evil.csv())) for cell in row]
    assert "'=1+1" in cells
    assert [cell for cell in cells if cell.startswith((*"=+-@＝＋－＠",))] == []


# The page.


def test_the_page_says_what_was_hard_and_what_surprised(hand_in, folder):
    assert "<h1>The class</h1>" in page(collect(folder)), "an empty class has a page"
    for i in range(4):
        states = dict.fromkeys(NUMBERS, True) | {"07.2": i == 0, "07.3": i < 2}
        hand_in(f"student{i}/{STEP}", answered(states, vote=1))
    html = page(collect(folder))
    assert "Hardest: 07.2, right for 1 of 4." in html
    assert "Most surprising: 4 of 4 expected something else of “Of the 342 penguins" in html
    assert "Up to which learning rate does gradient descent converge on these data?" in html


# The command.


@pytest.fixture
def ada(hand_in, folder):
    return hand_in(f"Ädä/{STEP}", answered({"07.1": True, "07.2": False}))


def test_prints_the_table_and_writes_both_files(ada, folder, tmp_path, capsys):
    table, html = tmp_path / "class.csv", tmp_path / "class.html"
    assert command.main(["--collect", str(folder), "--csv", str(table), "--html", str(html)]) == 0
    assert "1 of " in capsys.readouterr().out
    with table.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["student"], row["07.1"], row["07.2"]) == ("Ädä", "right", "tried")
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")  # or a spreadsheet reads another encoding
    assert "Ädä" in html.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_a_place_that_cannot_be_written(ada, folder, tmp_path, refused, option):
    (tmp_path / "file").touch()
    line = refused("--collect", folder, option, tmp_path / "file" / "x")
    assert line.startswith("calclearn: cannot write ")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_the_place_of_the_table_is_replaced_and_a_device_is_not(ada, folder, tmp_path):
    precious, table, nothing = (tmp_path / name for name in ("precious", "class.csv", "nothing"))
    precious.write_text("precious")
    table.symlink_to(precious)
    nothing.symlink_to(os.devnull)
    for place in (table, nothing):
        assert command.main(["--collect", str(folder), "--csv", str(place)]) == 0
    assert precious.read_text() == "precious"
    assert (table.is_symlink(), nothing.is_symlink()) == (False, True)
