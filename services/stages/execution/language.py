"""The languages whose candidates are run, each with what runs them; a module is loaded when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from assay.stage import Candidate, StageContext, StageResult, Workers

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

    from .compiled_toolchain import Toolchain


class Language(Protocol):
    """Runs the candidates of one language."""

    async def __call__(
        self, candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
    ) -> StageResult:
        """
        Run one candidate, its tests and its examples.

        Tests are parsed in the workers. What could not be run is said in the result; see
        :class:`services.stages.execution.account.Account`.
        """


LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "python": "session:judge_python",
        "javascript": "javascript.session:judge_javascript",
        "typescript": "javascript.session:judge_typescript",
        "c": "compiled:judge_compiled",
        "cpp": "compiled:judge_compiled",
        "go": "compiled:judge_compiled",
        "java": "compiled:judge_compiled",
        "rust": "compiled:judge_compiled",
        "ruby": "interpreted.ruby:judge_ruby",
        "php": "interpreted.php:judge_php",
        "bash": "interpreted.bash:judge_bash",
    }
)
"""Modules of this folder, and the function of each that is a :class:`Language`."""


def language(name: str) -> Language:
    """Return what runs the candidates of a language, one of :data:`LANGUAGES`."""
    module, function = LANGUAGES[name].split(":")
    return cast(Language, getattr(import_module(f"{__package__}.{module}"), function))


TOOLCHAINS: Mapping[str, str] = MappingProxyType(
    {
        "c": "c.toolchain:C",
        "cpp": "c.toolchain:CPP",
        "go": "go.toolchain:GO",
        "java": "java.toolchain:JAVA",
        "rust": "rust.toolchain:RUST",
    }
)
"""Of the compiled languages: modules of this folder, and the object of each that is a ``Toolchain``."""


def toolchain(name: str) -> "Toolchain | None":
    """Return what is known of a language's compiler; None where nothing is."""
    if name not in TOOLCHAINS:
        return None
    module, attribute = TOOLCHAINS[name].split(":")
    return cast("Toolchain", getattr(import_module(f"{__package__}.{module}"), attribute))
