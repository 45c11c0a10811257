"""The page of the contract, made from its descriptors: ``python -P -m gateway.api_page`` prints it."""

import sys
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from gateway.comments import comments, contract
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
SCALARS = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}


def page() -> str:
    """Return the page, in Markdown: services that can be called from outside first, then the others, then messages."""
    services = {service.name: "".join(_service(service)) for file in contract() for service in file.service}
    public = [path.split("/")[1].rpartition(".")[2] for path in public_methods()]
    order = dict.fromkeys([*public, *services])
    messages = "".join(text for file in contract() for text in (*_messages(file), *_enums(file)))
    return HEAD + "".join(services[name] for name in order) + "\n## Messages\n" + messages


def _comment(*names: str) -> str:
    return comments()[f"{PACKAGE.strip('.')}.{'.'.join(names)}"].replace("|", "\\|")


def _service(service: ServiceDescriptorProto) -> Iterator[str]:
    yield f"\n## {service.name}\n\n{_comment(service.name)}\n"
    for method in service.method:
        known = public_methods().get(f"/{PACKAGE.strip('.')}.{service.name}/{method.name}")
        yield f"\n### {service.name}.{method.name}\n\n{_comment(service.name, method.name)}\n\n"
        yield from (f"- {line}\n" for line in _facts(method, known))


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


def _messages(file: FileDescriptorProto) -> Iterator[str]:
    for message in file.message_type:
        yield f"\n### {message.name}\n\n{_comment(message.name)}\n"
        if message.field:
            yield "\n| field | type | meaning |\n|---|---|---|\n"
        for field in message.field:
            yield f"| `{field.name}` | {_type(message, field)} | {_comment(message.name, field.name)} |\n"


def _enums(file: FileDescriptorProto) -> Iterator[str]:
    for enum in file.enum_type:
        yield f"\n### {enum.name}\n\n{_comment(enum.name)}\n\n| value | number | meaning |\n|---|---|---|\n"
        for value in enum.value:
            yield f"| `{value.name}` | {value.number} | {_comment(enum.name, value.name)} |\n"


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


if __name__ == "__main__":
    sys.stdout.write(page())
