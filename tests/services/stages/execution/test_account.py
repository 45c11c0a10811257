"""What could not be run: an error while nothing is decided, and a note where the candidate is rejected all the same."""

import pytest
from assay.errors import AssayError, DeadlineExceeded, PluginFailed, SandboxLost, SandboxUnavailable
from assay.stage import Category, Finding, Severity, StageStatus

from services.stages.execution.account import Account

FAILED_TEST = Finding("execution/test-failed", Category.BEHAVIOR, Severity.HIGH, "A test failed.")


@pytest.mark.parametrize("error", [SandboxUnavailable("it is away", retry_after=2.0), SandboxLost("it is away")])
def test_away(error: AssayError) -> None:
    """That something is away is told by an error of the same kind, unless what was found rejects the candidate."""
    with pytest.raises(type(error), match=r"the tests in a\.py could not be run: it is away") as caught:
        Account().could_not("the tests in a.py", error)
    assert caught.value.retry_after == error.retry_after
    account = Account()
    account.find(FAILED_TEST)
    account.could_not("the tests in a.py", error)
    result = account.result()
    assert result.status is StageStatus.COMPLETED
    assert result.details["not_run"] == "the tests in a.py could not be run: it is away"


@pytest.mark.parametrize("error", [PluginFailed("it broke"), DeadlineExceeded("it took too long")])
def test_broken(error: AssayError) -> None:
    """What will not be better later makes the stage fail."""
    account = Account()
    account.could_not("the code", error)
    result = account.result()
    assert (result.status, result.reason) == (StageStatus.FAILED, f"the code could not be run: {error.message}")
