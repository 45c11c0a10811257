"""What a part of the semantic stage is built with, in tests of the part alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from assay.stage import Workers


@dataclass
class Options:
    """Options of the operator's, worker processes where a part needs them, and no channel."""

    options: Mapping[str, str] = field(default_factory=dict)
    given: Workers | None = None

    @property
    def workers(self) -> Workers:
        """The workers that the test gave."""
        assert self.given is not None
        return self.given

    def channel(self, service: str) -> NoReturn:
        """Fail: a part calls nobody."""
        raise AssertionError(f"the part needs no {service}")
