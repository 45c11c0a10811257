"""The policy of each source: what the caller asked for, and what of its findings does not count."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.v1 import validation_pb2

from cli.baseline import Baseline, Known
from cli.diff import Changes
from cli.project import Project
from cli.sources import Source


@dataclass(frozen=True, slots=True)
class Policies:
    """
    What policies are made of.

    :param stages: Names; empty: all.
    :param baseline: The file that `known` was read from, and how sources are named in it; None: there is none.
    :param changes: Where only changed lines count, which they are; None: all count.
    :param inline: Whether comments in the sources count.
    :param repair: Whether what can be mended is tried.
    :param fresh: Whether the suite is to judge anew what it judged before.
    """

    project: Project
    stages: Sequence[str] = ()
    baseline: Baseline | None = None
    known: Known = field(default_factory=dict)
    changes: Changes | None = None
    inline: bool = False
    repair: bool = False
    fresh: bool = False

    def of(self, source: Source, path: str) -> validation_pb2.ValidationPolicy:
        """
        Return the policy of a source.

        :param path: The one that it has in its candidate, by which the suite knows it. Patterns of files are not sent
            along: they are about the caller's tree, which the suite does not see.
        """
        policy = validation_pb2.ValidationPolicy(
            stages=self.stages,
            suppressions=[
                validation_pb2.Suppression(rule=rule, reason=ignore.reason)
                for ignore in self.project.ignores_of(source)
                for rule in ignore.rules
            ],
            inline_ignores=self.inline,
            fresh=self.fresh,
            repair=validation_pb2.RepairPolicy() if self.repair else None,
        )
        if self.baseline is not None:
            policy.baseline.extend(sorted(self.known.get(self.baseline.name(source), ())))
        if self.changes is not None:
            ranges = self.changes.of(source) or ()
            policy.changed_lines.add(
                path=path, ranges=[validation_pb2.LineRange(first=first, last=last) for first, last in ranges]
            )
        return policy
