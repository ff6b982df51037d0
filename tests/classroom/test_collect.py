"""`calclearn --collect`, the command."""

import csv
import os

import pytest

from calclearn import __main__ as command

from .conftest import STEP, answered


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
