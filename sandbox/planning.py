"""From a request to a plan: everything that can be refused is refused here, before a sandbox is claimed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from assay.errors import InvalidArgument, UnknownLanguage

from sandbox import sizing
from sandbox.attempt import Plan
from sandbox.language import Language
from sandbox.limits import Limits, resolve
from sandbox.program import Program, check

FIXED_IN_A_BATCH = ("disk_bytes", "compile_seconds")


@dataclass(frozen=True, slots=True)
class Planner:
    """
    Makes plans.

    :param defaults: The limits of a run that asks for none, where the language does not need more.
    """

    languages: Mapping[str, Language]
    defaults: Limits
    maxima: Limits

    def language(self, name: str, field: str = "language") -> Language:
        """Return a language; raise :class:`UnknownLanguage` where there is none of that name."""
        if name not in self.languages:
            known = ", ".join(sorted(self.languages))
            raise UnknownLanguage(field, f"this service runs {known}", metadata={"known": known})
        return self.languages[name]

    def default_limits(self, language: Language) -> Limits:
        """Return the limits of a run of a language that asks for none."""
        least = min(language.least_memory_bytes, self.maxima.memory_bytes)
        return replace(self.defaults, memory_bytes=max(self.defaults.memory_bytes, least))

    def plan(self, program: Program, asked: Mapping[str, float], *, batch: bool = False) -> Plan:
        """
        Return the plan of a run, or of a batch's runs.

        :raises InvalidArgument: The program or a limit is out of bounds.
        :raises UnknownLanguage: There is no such language.
        """
        language = self.language(program.language)
        requested = resolve(asked, self.default_limits(language), self.maxima)
        disk = sizing.applied_disk(
            requested.disk_bytes,
            requested.memory_bytes,
            len(program.stdin),
            asked="disk_bytes" in asked,
            twice=batch,
        )
        sizing.check_files({file.path: len(file.content) for file in program.files}, disk)
        return Plan(
            execution_id=uuid.uuid4().hex,
            language=language,
            program=check(program),
            requested=requested,
            applied=replace(requested, disk_bytes=disk),
            open_files=(self.maxima.open_files, self.defaults.open_files),
            helpers=int(batch and language.prestart is not None),
        )

    def case_limits(
        self, plan: Plan, asked: Mapping[str, float], stdin_bytes: int, field: str
    ) -> tuple[Limits, Limits]:
        """
        Return the limits of one case of a batch: requested and applied.

        :raises InvalidArgument: One is out of bounds, or cannot be given for a case.
        """
        for name in FIXED_IN_A_BATCH:
            if name in asked:
                raise InvalidArgument(f"{field}.limits", f"{name} is the whole batch's")
        try:
            requested = resolve(asked, plan.requested, self.maxima)
        except InvalidArgument as error:
            raise error.within(field) from None
        applied = replace(requested, disk_bytes=plan.applied.disk_bytes)
        if not sizing.fits(applied.disk_bytes, applied.memory_bytes - stdin_bytes, twice=True):
            raise InvalidArgument(
                f"{field}.limits.memory_bytes", "beside the work directory, kept twice, and the input it is too little"
            )
        return requested, applied
