"""Comments of the contract by full names."""

from gateway.comments import comments, contract
from gateway.contract import public_methods


def test_of_every_kind() -> None:
    """Services, methods, messages, fields, enumerations, their values and extensions are found by their full names."""
    assert comments()["assay.v1.ValidationService.GetValidation"] == "Returns one stored validation."
    for name in (
        "assay.v1.ValidationService",
        "assay.v1.Candidate",
        "assay.v1.Candidate.files",
        "assay.v1.WatchValidationResponse.event",
        "assay.v1.Verdict",
        "assay.v1.Verdict.VERDICT_AUTHENTIC",
        "assay.v1.access",
    ):
        assert comments()[name].endswith("."), name


def test_of_all_that_is_public() -> None:
    """Every public method has one, and so have the fields of its messages."""
    for method in public_methods().values():
        assert method.path.strip("/").replace("/", ".") in comments()
        for message in (method.request, method.response):
            assert all(field.full_name in comments() for field in message.fields)


def test_contract() -> None:
    """The files are those of the contract and no others."""
    assert {file.package for file in contract()} == {"assay.v1"}
