"""What the contract says in its comments, which generated code leaves out: from the descriptors that lie beside it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

Place = tuple[int, ...]
"""Where something stands in a file: numbers of fields and indices, as in descriptor.proto's SourceCodeInfo."""


@cache
def contract() -> Sequence[FileDescriptorProto]:
    """Return the files of the contract, in the order of their names."""
    content = files("assay.v1").joinpath("descriptors.binpb").read_bytes()
    return tuple(FileDescriptorSet.FromString(content).file)


@cache
def comments() -> Mapping[str, str]:
    """
    Return the comments above all that the contract names, each as one line, by full names.

    Those are like "assay.v1.Candidate.files" and "assay.v1.ValidationService.Validate"; a value of an enumeration
    stands in it, as in "assay.v1.Verdict.VERDICT_AUTHENTIC".
    """
    found: dict[str, str] = {}
    for file in contract():
        names = dict(_named(file, file.package, ()))
        for location in file.source_code_info.location:
            if location.leading_comments:
                found[names[tuple(location.path)]] = " ".join(location.leading_comments.split())
    return found


def _named(node: Any, name: str, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the places and full names of a descriptor and of all in it that has a name."""
    yield place, name
    for field, value in node.ListFields():
        if field.is_repeated and field.message_type and "name" in field.message_type.fields_by_name:
            for index, inner in enumerate(value):
                yield from _named(inner, f"{name}.{inner.name}", (*place, field.number, index))
