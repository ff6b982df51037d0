"""The live figure's front end: what fails in the kernel or in the browser does not end the talk."""

SQUARE = """\
from calclearn.explorers import explore, slider
from calclearn.figures.style import panels

class Dot:
    def __init__(self, ax):
        self.ax = ax
        ax.set(xlim=(0, 20), ylim=(0, 400))
        (self.dot,) = ax.plot([], [], "o", animated=True)

    def update(self, x):
        self.dot.set_data([x], [x**2])
        if 6 <= x <= 9:
            self.dot.set_data([1, 2, 3], [1, 2])

def compute(x):
    if x == 11:
        raise SystemExit("eleven has left")
    return {"square": x**2}

explore(compute, [Dot(*panels("flat"))], "{x} squared is {square}.", x=slider(2, 0, 20, 1))
"""


def test_a_figure_goes_on_after_what_fails(desk):
    desk.open_cells(SQUARE)
    desk.run_all()
    figure = desk.figure()
    first, caption = figure.look()
    assert caption == "2 squared is 4."

    # Three pictures that the browser cannot decode: more than it waits for.
    desk.page.evaluate(
        """() => {
          window.decoder = window.createImageBitmap;
          window.createImageBitmap = async () => { throw new Error("no picture"); };
        }"""
    )
    for _ in range(3):
        figure.press(figure.slider("x"), "ArrowRight")
        assert figure.look() == (first, caption)
    desk.page.evaluate("() => { window.createImageBitmap = window.decoder; }")
    assert desk.console
    assert all("no picture" in message for message in desk.console)
    desk.console.clear()

    # Four pictures that the kernel cannot draw, and an exit.
    for x in (6, 7, 8, 9):
        figure.press(figure.slider("x"), "ArrowRight")
        assert "shape" in figure.look()[1], x
    figure.press(figure.slider("x"), "ArrowRight")
    ten = figure.look()
    assert ten[1] == "10 squared is 100."
    figure.press(figure.slider("x"), "ArrowRight")
    assert figure.look()[1] == "eleven has left"
    figure.press(figure.slider("x"), "ArrowLeft")
    assert figure.look() == ten
    assert desk.console == []
    assert desk.complaints() == []
