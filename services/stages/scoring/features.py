"""
The features that a score is made of: their names, what they mean to a person, and which way each may move the score.

A feature that nobody knows is NaN, never 0: that a stage did not run says nothing of the candidate. What a policy
silences is not known either, and neither are whether tests came along, the candidate's language, and its size in words:
these tell where code comes from, not whether it is the real thing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SYNTAX = "syntax"
"""Where features come from that are read from the code itself; others come from the stage that they are named after."""


@dataclass(frozen=True, slots=True)
class Feature:
    """
    One number about a candidate.

    :param description: What it is, in a few words for a person; stands before its value.
    :param source: The stage that tells it, or :data:`SYNTAX`.
    :param direction: -1: more of it never raises the score; 1: never lowers it; 0: either.
    :param prior: What one more of it moves the log-odds by where training saw too few to learn from; about what the
        table of weights takes from a score of 0.8 for a finding of its severity.
    """

    name: str
    description: str
    source: str
    direction: int = 0
    prior: float = 0.0


def _counts(stage: str) -> Iterable[Feature]:
    told = (
        ("grave", "rules that reject by themselves", -3.5),
        ("medium", "rules of medium severity, or graver and unsure,", -1.0),
        ("low", "rules of low severity", -0.2),
    )
    return (
        Feature(f"{stage}_{weight}", f"{words} that fired in the {stage} stage", stage, -1, prior)
        for weight, words, prior in told
    )


FEATURES: tuple[Feature, ...] = (
    *_counts("static"),
    *_counts("placeholder"),
    *_counts("semantic"),
    *_counts("execution"),
    Feature("broken_rules", "rules on syntax and on code that was cut off", "static", -1),
    Feature("made_up_rules", "rules on names, members and packages that do not exist", "semantic", -1),
    Feature("specification_rules", "rules on what the specification states and the code lacks", "semantic", -1),
    Feature("notes", "rules that only inform", "placeholder"),
    Feature("tests_failed_share", "share of the tests that failed, of those that ran", "execution", -1),
    Feature("examples_failed_share", "share of its own examples that failed, where no tests came", "execution", -1),
    Feature("tests_skipped_share", "share of the tests that could not be run", "execution", -1),
    Feature(
        "tests_outside",
        "whether test results were compared outside the program (1), in part (0.5), or not (0)",
        "execution",
        1,
    ),
    Feature("ran_to_its_end", "whether every run ended by itself and well", "execution", 1),
    Feature("code_lines", "lines of code", SYNTAX),
    Feature("functions", "functions", SYNTAX),
    Feature("comment_share", "share of lines that are comments", SYNTAX),
    Feature("mean_function_lines", "mean lines of a function", SYNTAX),
    Feature("longest_function", "lines of the longest function", SYNTAX),
    Feature("hollow_share", "share of functions that do nothing, refuse, or only print", SYNTAX, -1),
    Feature("constant_share", "share of functions that answer with what is written in them", SYNTAX, -1),
    Feature("unused_parameter_share", "share of parameters that their function never uses", SYNTAX, -1),
    Feature("words_promised_per_statement", "words of documentation for each statement of a function", SYNTAX),
    Feature("branches_per_line", "branches and loops for each line", SYNTAX),
    Feature("deepest_branch", "branches and loops in one another", SYNTAX),
    Feature("repeated_line_share", "share of lines that stand in the file before", SYNTAX),
    Feature("broken_places", "places where the syntax tree has an error", SYNTAX, -1),
)

NAMES = tuple(feature.name for feature in FEATURES)

BY_NAME = {feature.name: feature for feature in FEATURES}


def vector(known: Mapping[str, float]) -> list[float]:
    """Return the features in the order of :data:`FEATURES`, NaN for what is not known."""
    return [known.get(name, math.nan) for name in NAMES]
