"""The page of the contract, made from its descriptors: ``python -P -m gateway.api_page FILE`` prints it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from gateway.contract import PublicMethod, public_methods

HEAD = """\
# The contract

All services, methods and messages of `assay.v1`, from the comments of [its files](../proto/assay/v1). This page is made
by `make docs`; [calling.md](calling.md) shows calls, [http.md](http.md) what HTTP adds, [errors.md](errors.md) every
error.

A method has a **scope**, which a key must have, and its ways over **HTTP**: what stands in braces is the request's
field of that name, the other fields are the query's parameters or the body. In JSON a field is written in camel case
(`request_id` is `requestId`), bytes are base64, 64-bit numbers are strings, durations are like `"1.5s"` and times as in
RFC 3339 ([ProtoJSON](https://protobuf.dev/programming-guides/json)). A method without a scope cannot be called from
outside.
"""
PACKAGE = ".assay.v1."
MESSAGE, ENUM, SERVICE, FIELD, VALUE, METHOD = 4, 5, 6, 2, 2, 2
"""Numbers of the fields of descriptor.proto in the paths of comments."""

Place = tuple[int, ...]
Comments = Mapping[Place, str]
SCALARS = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}


def page(files: Sequence[FileDescriptorProto]) -> str:
    """Return the page, in Markdown: services that can be called from outside first, then the others, then messages."""
    told = [(file, _comments(file)) for file in files if f".{file.package}." == PACKAGE]
    services = [
        (f"{file.package}.{service.name}", "".join(_service(file, service, (SERVICE, index), comments)))
        for file, comments in told
        for index, service in enumerate(file.service)
    ]
    order = list(dict.fromkeys(path.split("/")[1] for path in public_methods()))
    services.sort(key=lambda each: order.index(each[0]) if each[0] in order else len(order))
    messages = "".join(text for file, comments in told for text in _types(file, comments))
    return HEAD + "".join(text for _, text in services) + "\n## Messages\n" + messages


def _comments(file: FileDescriptorProto) -> Comments:
    """Return the comments of a file, each as one line of a table, by the paths of descriptor.proto's SourceCodeInfo."""
    return {
        tuple(location.path): " ".join(location.leading_comments.split()).replace("|", "\\|")
        for location in file.source_code_info.location
        if location.leading_comments
    }


def _service(
    file: FileDescriptorProto, service: ServiceDescriptorProto, path: Place, comments: Comments
) -> Iterator[str]:
    yield f"\n## {service.name}\n\n{comments[path]}\n"
    for index, method in enumerate(service.method):
        known = public_methods().get(f"/{file.package}.{service.name}/{method.name}")
        yield f"\n### {service.name}.{method.name}\n\n{comments[*path, METHOD, index]}\n\n"
        yield "".join(f"- {line}\n" for line in _facts(method, known))


def _facts(method: MethodDescriptorProto, known: PublicMethod | None) -> Iterator[str]:
    takes = _flow(method.client_streaming, method.input_type)
    yield f"Takes {takes}, returns {_flow(method.server_streaming, method.output_type)}"
    if known is None:
        yield "Only between services"
        return
    counts = "; counts as a run" if known.runs else "; queues a run" if known.queues else ""
    yield f"Scope `{known.scope}`{counts}"
    for route in known.routes:
        answer = f"; answers with `{route.response}`" if route.response else ""
        yield f"HTTP `{route.method} {route.path}`, {route.status}{answer}"


def _flow(streaming: bool, kind: str) -> str:
    return f"a stream of {_link(kind)}" if streaming else _link(kind)


def _types(file: FileDescriptorProto, comments: Comments) -> Iterator[str]:
    for index, message in enumerate(file.message_type):
        yield f"\n### {message.name}\n\n{comments[MESSAGE, index]}\n"
        yield "".join(_fields(message, (MESSAGE, index), comments))
    for index, enum in enumerate(file.enum_type):
        yield f"\n### {enum.name}\n\n{comments[ENUM, index]}\n"
        yield "".join(_enum_values(enum, (ENUM, index), comments))


def _fields(message: DescriptorProto, path: Place, comments: Comments) -> Iterator[str]:
    if message.field:
        yield "\n| field | type | meaning |\n|---|---|---|\n"
    for index, field in enumerate(message.field):
        yield f"| `{field.name}` | {_type(message, field)} | {comments[*path, FIELD, index]} |\n"


def _type(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    pairs = {f".{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
    entry = next((nested for name, nested in pairs.items() if field.type_name.endswith(name)), None)
    if entry is not None:
        return f"map of {_scalar(entry.field[0])} to {_scalar(entry.field[1])}"
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"list of {_scalar(field)}"
    if field.proto3_optional:
        return f"{_scalar(field)}, or absent"
    if field.HasField("oneof_index"):
        return f"{_scalar(field)}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return _scalar(field)


def _scalar(field: FieldDescriptorProto) -> str:
    return _link(field.type_name) if field.type_name else SCALARS[field.type]


def _link(name: str) -> str:
    if not name.startswith(PACKAGE):
        return f"`{name.removeprefix('.')}`"
    short = name.removeprefix(PACKAGE)
    return f"[{short}](#{short.lower()})"


def _enum_values(enum: EnumDescriptorProto, path: Place, comments: Comments) -> Iterator[str]:
    yield "\n| value | number | meaning |\n|---|---|---|\n"
    for index, value in enumerate(enum.value):
        yield f"| `{value.name}` | {value.number} | {comments[*path, VALUE, index]} |\n"


if __name__ == "__main__":
    sys.stdout.write(page(FileDescriptorSet.FromString(Path(sys.argv[1]).read_bytes()).file))
