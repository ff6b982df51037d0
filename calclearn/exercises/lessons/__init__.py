"""The exercises, one file a lesson: each file computes its right answers from the lesson's data."""
