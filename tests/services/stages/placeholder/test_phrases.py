"""What comments are taken to say."""

import pytest

from services.stages.placeholder import phrases


def says(words: str) -> str:
    """Return the first thing that a comment is taken to say."""
    bare, dots = phrases.bare(words), phrases.has_dots(words)
    dotted = phrases.ELIDED_WITH_DOTS if dots else ()
    if phrases.is_one_of((*phrases.ELIDED, *phrases.OMITTED, *dotted), bare):
        return "elided"
    if phrases.is_one_of((*phrases.LIKEWISE, *phrases.AND_SO_ON), bare):
        return "so on"
    if phrases.has_one_of(phrases.UNWRITTEN, bare):
        return "unwritten"
    if phrases.has_one_of(phrases.PRETENDED, bare):
        return "pretended"
    return "task" if phrases.TASK.search(words) else ""


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("... existing code ...", "elided"),
        ("rest of the code remains the same", "elided"),
        ("Rest of your implementation here...", "elided"),
        ("... (rest of the methods unchanged)", "elided"),
        ("[... snip ...]", "elided"),
        ("code omitted for brevity", "elided"),
        ("Previous code remains unchanged", "elided"),
        ("The rest of the code relies on this.", ""),
        ("Other functions", ""),
        ("existing entries win", ""),
        ("etc.", "so on"),
        ("similarly for the other directions", "so on"),
        ("process the other rows the same way", "so on"),
        ("TODO: Implement data processing logic", "unwritten"),
        ("Implementation needed here", "unwritten"),
        ("Add your code here", "unwritten"),
        ("YOUR CODE HERE", "unwritten"),
        ("implementation goes here", "unwritten"),
        ("Not implemented yet", "unwritten"),
        ("placeholder", "unwritten"),
        ("Fill in", "unwritten"),
        ("This is a placeholder for the actual model", "unwritten"),
        ("In a real implementation, you would query the database", "pretended"),
        ("Replace with actual API call", "pretended"),
        ("Simulate network delay", "pretended"),
        ("mock data", "pretended"),
        ("FIXME: slow", "task"),
        ("todo: rename", "task"),
        ("XXX is this right?", "task"),
        ("the list of todo items", ""),
        ("implements the protocol of RFC 1234", ""),
        ("bind the placeholders of the statement", ""),
        ("in real numbers the root exists", ""),
        ("replace the tabs with spaces", ""),
    ],
)
def test_meaning(words: str, meaning: str) -> None:
    """A comment is taken for what it says, and a mention of the same words is not."""
    assert says(words) == meaning
