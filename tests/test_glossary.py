"""The glossary of notebook 00: it has every symbol of the lessons, and names where it comes first.

Symbols are read from the formulas. What only sets them (fractions, brackets, spaces, words) is
not looked up.
"""

import re

import pytest

from .cells import NOTEBOOKS, cells

HEADING = "## Symbols and terms"
GLOSSARY = "00_start_here.ipynb#Symbols-and-terms"
SETS = re.compile(
    "t?frac|left|right|[bB]ig[lr]?|q?quad|underbrace|cdot|dots|text|math(rm|bf)|operatorname|begin|end"
)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
WORDS = re.compile(r"\\(?:text|mathrm|operatorname|begin|end)\{[^}]*\}|'+")
SYMBOL = re.compile(r"\\([A-Za-z]+)|([A-Za-z])")


NUMBERS = [path.name[:2] for path in NOTEBOOKS]
TEXTS = {number: [text for text, _ in cells(number, "markdown")] for number in NUMBERS}
(BEGIN,) = (place for place, text in enumerate(TEXTS["00"]) if text.startswith(HEADING))
TABLES = TEXTS["00"][BEGIN:]
LESSONS = {number: "\n".join(texts) for number, texts in TEXTS.items()}
LESSONS["00"] = "\n".join(TEXTS["00"][:BEGIN])


def symbols(text):
    """The letters and commands in the formulas of a text, indices and accents as any other."""
    formulas = (WORDS.sub(" ", "".join(found)) for found in FORMULA.findall(text))
    found = {command or letter for each in formulas for command, letter in SYMBOL.findall(each)}
    return {symbol for symbol in found if not SETS.fullmatch(symbol)}


def rows(table):
    """What a row names, what it says, and the numbers of its lessons."""
    lines = re.findall(r"^\| (.+?) \| (.+?) \| ([^|]+) \|$", table, re.MULTILINE)[1:]
    return [
        (name, said, re.findall(r"\b\d\d\b", re.sub(r"\(.*?\)", "", at)))
        for name, said, at in lines
    ]


SYMBOLS, TERMS = map(rows, TABLES)


def test_every_symbol_of_the_lessons_has_a_row():
    listed = set().union(*(symbols(name) for name, _, _ in SYMBOLS))
    missing = {number: symbols(text) - listed for number, text in LESSONS.items()}
    assert {number: found for number, found in missing.items() if found} == {}


@pytest.mark.parametrize(("name", "said", "numbers"), SYMBOLS, ids=lambda part: str(part)[:20])
def test_a_row_names_the_first_lesson_of_its_symbols(name, said, numbers):
    firsts = {
        symbol: next(number for number, text in LESSONS.items() if symbol in symbols(text))
        for symbol in symbols(name)
    }
    assert numbers[0] == min(firsts.values())
    assert {*firsts.values()} <= {*numbers}
    assert numbers == sorted(numbers)
    for number in numbers:
        assert symbols(name) & symbols(LESSONS[number])
    assert said


@pytest.mark.parametrize(("name", "said", "numbers"), TERMS, ids=lambda part: str(part)[:20])
def test_a_term_is_used_in_the_lessons_of_its_row(name, said, numbers):
    for number in numbers:
        for word in name.split(", "):
            assert word.lower() in LESSONS[number].lower(), (word, number)
    assert said


def test_terms_stand_in_the_order_of_the_alphabet():
    names = [name.lower() for name, _, _ in TERMS]
    assert names == sorted(names)
    assert len({*names}) == len(names)


@pytest.mark.parametrize("number", NUMBERS[1:])
def test_each_lesson_leads_to_the_glossary_at_its_top(number):
    top, _, _ = LESSONS[number].partition("\n## ")
    assert f"]({GLOSSARY})" in top


def test_links_of_the_glossary_go_to_the_lesson_that_they_name():
    links = re.findall(r"\[(\d\d)\]\((\d\d)_\w+\.ipynb\)", "".join(TABLES))
    assert len(links) > len(SYMBOLS)
    assert all(named == number for named, number in links)


def test_the_map_of_the_readme_leads_to_the_glossary(root):
    assert f"](notebooks/{GLOSSARY})" in (root / "README.md").read_text(encoding="utf-8")
