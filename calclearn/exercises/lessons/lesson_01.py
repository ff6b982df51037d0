"""Exercises of lesson 01: slopes of secants, what they close in on, and where that is nothing."""

from calclearn.exercises.kinds import Choice, Function, Number

exercises = {
    "01.1": Number(
        question=(
            "The curve is x³. What is the slope of the secant through its points at x = 2 and "
            "x = 2.1?"
        ),
        right=(2.1**3 - 2**3) / 0.1,
        why="Rise over run: (2.1³ − 2³) / 0.1. The tangent at 2 is a little flatter.",
        mistakes=(
            (2.1**3 - 2**3, "This is how far the curve rises; divide it by how far x runs."),
            (0.1 / (2.1**3 - 2**3), "This is run over rise: it is upside down."),
            (3 * 2**2, "This is the slope of the tangent at 2; the secant is asked for."),
            (3 * 2.1**2, "This is the slope of the tangent at 2.1; the secant is asked for."),
            (2.1**3 / 2.1, "This is the slope of the line from the origin, not from x = 2."),
            ((2.1**3 - 2**3) / 2.1, "Divide by the distance of the two x, not by one of them."),
            ((2.1**2 - 2**2) / 0.1, "This is the secant of x²; the curve is x³."),
            ((2**3 - 1.9**3) / 0.1, "This secant goes to the left, to x = 1.9."),
        ),
        hints=(
            "How much higher is the curve at 2.1 than at 2? And how far apart are the two x?",
            "Divide f(2.1) − f(2) by 2.1 − 2.",
        ),
    ),
    "01.2": Function(
        question=(
            "Let f(x) = x² − 3x + 5. Write down the slope of the secant from x to x + h, simplify "
            "until no h is left below the line, and let h shrink to nothing. Write the result as a "
            "function `slope(x)`."
        ),
        right=lambda x: 2 * x - 3,
        points=((-2.0,), (0.0,), (1.5,), (4.0,)),
        why=(
            "The rise from x to x + h is 2xh + h² − 3h. Divided by h that is 2x + h − 3, and when "
            "h has gone, 2x − 3 is left. The 5 lifts the curve and does not tilt it."
        ),
        mistakes=(
            (lambda x: 2 * x, "The term −3x has a slope as well."),
            (lambda x: 2 * x + 3, "Look at the sign of the slope of −3x."),
            (lambda x: 2 * x - 3 + 5, "A constant lifts the curve; its own slope is 0."),
            (lambda x: x - 3, "A factor of two is missing: (x + h)² has the term 2xh."),
            (lambda x: x**2 - 3 * x + 5, "This is the curve itself, not its slope."),
            (lambda x: 2 * x - 3 * x, "The slope of −3x is the same number everywhere."),
            (lambda x: x**2 - 3, "The slope of x² is not x² itself."),
        ),
        hints=(
            "Work out (x + h)² − 3(x + h) + 5 and take x² − 3x + 5 away. What is left?",
            "Everything that is left has a factor h. Divide by it, and only then let h be 0.",
        ),
    ),
    "01.3": Number(
        question=(
            "A model has one weight. At w = 3 its loss is 5, and the slope of the loss there is "
            "−2. Along the tangent, what is the loss at w = 3.1?"
        ),
        right=5 - 2 * 0.1,
        why=(
            "Slope times step is the change: −2 · 0.1 = −0.2. This is what a machine does when it "
            "learns: it asks the slope which small step makes the loss smaller."
        ),
        mistakes=(
            (5 + 2 * 0.1, "The slope is negative: with growing w the loss falls."),
            (5 - 2, "This is a step of a whole unit of w; the step is 0.1."),
            (-2 * 0.1, "This is the change alone; where does it start?"),
            (0.2, "This is the size of the change alone; where does it start?"),
            (5 - 0.1, "The step is not multiplied by the slope."),
            (5 - 2 * 3.1, "Multiply the slope by the step, not by the new w."),
            (5 - 0.1 / 2, "Multiply the step by the slope; do not divide."),
        ),
        hints=(
            "How far does w move, and how much does the loss change for each unit of w?",
            "New loss = old loss + slope · step, and mind the sign of the slope.",
        ),
    ),
    "01.4": Choice(
        question=(
            "Let f(x) = |x| + max(x − 1, 0). Where does it have no slope? (Type it as "
            "`abs(x) + max(x - 1, 0)` and look.)"
        ),
        options={
            "a": "Nowhere: the kinks of the two parts cancel.",
            "b": "At 0 only.",
            "c": "At 1 only.",
            "d": "At 0 and at 1.",
            "e": "Everywhere between 0 and 1.",
        },
        right="d",
        why=(
            "At 0 the slope jumps from −1 to 1, at 1 it jumps from 1 to 2. Everywhere else f is a "
            "straight line. Networks of ReLUs are made like this: straight pieces, with kinks."
        ),
        mistakes=(
            ("a", "Both kinks bend the curve upwards, and at different places: they stay."),
            ("b", "Look at the other part as well: when does the ReLU switch on?"),
            ("c", "Look at the other part as well: where does the absolute value turn?"),
            ("e", "There the curve is a straight line, and a line has a slope."),
        ),
        hints=(
            "Move x slowly along the curve with a small h. Where do the two secants disagree?",
            "Write down the slope left of 0, between 0 and 1, and right of 1.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "A straight line.",
        (
            "The smaller the field, the less room the curve has to bend in. The slope of the "
            "line that remains is what is meant by the slope of the curve at the point."
        ),
    ),
)
