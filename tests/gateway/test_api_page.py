"""The page of the contract: what the .proto files say now, and all of it."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from gateway.api_page import page
from gateway.contract import public_methods

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Sequence[FileDescriptorProto]:
    """Give the contract's files as the compiler reads them, with their comments."""
    out = tmp_path_factory.mktemp("contract") / "descriptors.binpb"
    sources = sorted(str(path) for path in (ROOT / "proto" / "assay" / "v1").glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", "--include_source_info"]
    subprocess.run([*command, f"--descriptor_set_out={out}", *sources], check=True, timeout=60)
    return FileDescriptorSet.FromString(out.read_bytes()).file


def test_committed(files: Sequence[FileDescriptorProto]) -> None:
    """The committed page is what is made of the contract now; `make docs` makes it."""
    assert (ROOT / "docs" / "api.md").read_text() == page(files)


def test_every_method(files: Sequence[FileDescriptorProto]) -> None:
    """Every public method has a heading, its scope, and its ways over HTTP."""
    text = page(files)
    for path, method in public_methods().items():
        heading = path.rpartition("/")[0].rpartition(".")[2] + "." + path.rpartition("/")[2]
        section = text.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
        assert f"Scope `{method.scope}`" in section
        assert all(f"`{route.method} {route.path}`" in section for route in method.routes)


def test_links(files: Sequence[FileDescriptorProto]) -> None:
    """Every link to a message leads to the one heading of that name."""
    text = page(files)
    headings = [heading.lower().replace(".", "") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    assert len(headings) == len(set(headings))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(headings)


def test_shapes(files: Sequence[FileDescriptorProto]) -> None:
    """Lists, maps, choices, what may be absent, and streams are told as such."""
    text = page(files)
    assert "| `files` | list of [SourceFile](#sourcefile) |" in text
    assert "| `labels` | map of string to string |" in text
    assert "| `exit_code` | int32, or absent |" in text
    assert "| `stdin` | bytes, one of `message` |" in text
    assert "returns a stream of [ExecuteStreamResponse](#executestreamresponse)" in text
