"""The course as static sites: a book whose figures follow their controls with no Python behind
them, and the notebooks in a tab of the browser, where Python runs, too.
"""
