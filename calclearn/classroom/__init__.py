"""What a teacher needs of a class: its notebooks as a table, as a page, and run again behind walls.

    submissions   what stands in one notebook that was handed in, read as data
    gradebook     a class: each student's exercises, votes, order of runs; as text and as CSV
    page          the class as one HTML page: which exercise is hard, which prediction surprised
    sandbox       a notebook run again where it reaches neither the network nor a file

A notebook may come from anybody. Nothing in it runs, except in the sandbox where that is asked for.
"""

from calclearn.classroom.gradebook import Gradebook, collect

__all__ = ["Gradebook", "collect"]
