"""How a ``language.toml`` is read, and what commands come of it."""

import shutil
from pathlib import Path

import pytest

from sandbox import image
from sandbox.language import Compile, Language, load, load_all

PERL = Path(__file__).parent.parent / "plugin" / "perl"
BUILT_IN = sorted(path.parent.name for path in image.IMAGES.glob("*/language.toml"))

WHOLE = """
language = "zig"
version = "0.14"
suffixes = [".zig", ".h"]
file = "main.zig"
warm = "exec"
run = ["/work/.build/program"]
[compile]
command = ["/usr/bin/zig", "-o", ".build/{stem}", "-main={class}", "{sources}", "-lm"]
memory_bytes = 1000
processes = 8
[compile.environment]
CACHE = "/work/.build"
LANG = "C"
[environment]
PATH = "/bin"
LANG = "C.UTF-8"
[limits]
memory_bytes = 2000
"""


@pytest.fixture
def zig(tmp_path: Path) -> Path:
    """The folder of a language that has everything."""
    folder = tmp_path / "zig"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM debian:trixie-slim\n")
    (folder / "language.toml").write_text(WHOLE)
    return folder


def _changed(folder: Path, old: str, new: str) -> Path:
    text = (folder / "language.toml").read_text()
    assert old in text
    (folder / "language.toml").write_text(text.replace(old, new, 1))
    return folder


def test_everything_is_read(zig: Path) -> None:
    """What the file says is what the language has; the compiler's variables are the language's and its own."""
    assert load(zig) == Language(
        name="zig",
        version="0.14",
        image=image.tag(zig),
        suffixes=(".zig", ".h"),
        file="main.zig",
        run=("/work/.build/program",),
        compile=Compile(
            command=("/usr/bin/zig", "-o", ".build/{stem}", "-main={class}", "{sources}", "-lm"),
            environment={"PATH": "/bin", "LANG": "C", "CACHE": "/work/.build"},
            memory_bytes=1000,
            processes=8,
        ),
        prestart=None,
        environment={"PATH": "/bin", "LANG": "C.UTF-8"},
        least_memory_bytes=2000,
    )


def test_sources_are_of_the_first_suffix(zig: Path) -> None:
    """The entry point comes first and once, the others in order; headers and other files are no sources."""
    command = load(zig).compile_command("src/b.zig", ["z.zig", "a.h", "src/b.zig", "lib/a.zig", "data.txt"])
    assert command == ["/usr/bin/zig", "-o", ".build/src/b", "-main=src.b", "src/b.zig", "lib/a.zig", "z.zig", "-lm"]


def test_no_path_becomes_an_option(zig: Path) -> None:
    """A path that a tool would take for an option or a file of options is told as a path."""
    command = load(zig).compile_command("main.zig", ["main.zig", "-o.zig", "@x.zig"])
    assert command[4:7] == ["main.zig", "./-o.zig", "./@x.zig"]
    assert load(image.IMAGES / "bash").run_command("-c.sh", ["-c.sh"]) == ["/bin/bash", "./-c.sh"]


def test_paths_are_not_read_for_placeholders(zig: Path) -> None:
    """A path with braces in it stays as it is."""
    assert load(zig).compile_command("{class}.zig", ["{class}.zig"])[2:5] == [
        ".build/{class}",
        "-main={class}",
        "{class}.zig",
    ]


def test_what_is_not_compiled_has_no_command() -> None:
    """Asking for a compiler's command where there is none is the caller's mistake."""
    with pytest.raises(ValueError, match="bash is not compiled"):
        load(image.IMAGES / "bash").compile_command("main.sh", ["main.sh"])


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('version = "0.14"', "", "version", "required"),
        ('version = "0.14"', "version = 14", "version", "string"),
        ('file = "main.zig"', 'file = "../main.zig"', "file", "pattern"),
        ('warm = "exec"', 'warm = "hot"', "warm", "exec"),
        ('warm = "exec"', 'warm = "prestart"', "warm", "prestart"),
        ('warm = "exec"', 'warm = "exec"\ncolour = 1', "colour", "not permitted"),
        ('suffixes = [".zig", ".h"]', "suffixes = []", "suffixes", "at least 1"),
        ('suffixes = [".zig", ".h"]', 'suffixes = ["zig"]', "suffixes.0", "pattern"),
        ("/work/.build/program", "program", "run", "absolute path"),
        ("/work/.build/program", "", "run.0", "at least 1"),
        (".build/{stem}", ".build/{name}", "compile.command.2", "{name} is no placeholder"),
        (".build/{stem}", ".build/{}", "compile.command.2", "{} is no placeholder"),
        ('"{sources}"', '"-s{sources}"', "compile.command.4", "an item of its own"),
        ("processes = 8", "processes = 0", "compile.processes", "greater than 0"),
        ("processes = 8", 'processes = "8"', "compile.processes", "integer"),
        ("memory_bytes = 1000", "", "compile.memory_bytes", "required"),
        ('CACHE = "/work/.build"', "CACHE = 1", "compile.environment.CACHE", "string"),
        ("memory_bytes = 2000", "memory_bytes = -1", "limits.memory_bytes", "greater than or equal"),
        ("memory_bytes = 2000", "cpu_seconds = 1", "limits.cpu_seconds", "not permitted"),
    ],
)
def test_broken_file_is_refused(zig: Path, old: str, new: str, key: str, said: str) -> None:
    """What is missing, unknown or out of bounds is an error that names the folder and the key."""
    with pytest.raises(image.BrokenLanguage) as caught:
        load(_changed(zig, old, new))
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{zig}: language.toml: {key}: ")
    assert said in str(caught.value)


def test_prestart_takes_the_entry_point_last(zig: Path) -> None:
    """An interpreter that waits gets its program as the last item of its command."""
    _changed(zig, 'warm = "exec"', 'warm = "prestart"')
    with (zig / "language.toml").open("a") as file:
        file.write('[prestart]\nsuffix = ".zig"\nenvironment = []\nfiles = []\n')
    with pytest.raises(image.BrokenLanguage, match="the last item of run"):
        load(zig)
    assert load(_changed(zig, '"/work/.build/program"', '"/usr/bin/zig", "{entry}"')).prestart is not None


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_language_is_whole(name: str) -> None:
    """A built-in language is called like its folder, its lone file is a source, and its commands can be filled."""
    language = load(image.IMAGES / name)
    assert language.name == name
    assert language.file.endswith(language.suffixes)
    assert language.run_command(language.file, [language.file])[0].startswith("/")
    assert {"PATH", "HOME", "LANG"} <= set(language.environment)
    if language.compile is not None:
        assert language.compile_command(language.file, [language.file])[0].startswith("/")
    dockerfile = (image.IMAGES / name / "Dockerfile").read_text()
    assert "/opt/assay/version" in dockerfile


def test_precompiled_header_has_the_compilers_flags() -> None:
    """The header of C++ is precompiled with the flags that programs are compiled with; with others it is not taken."""
    language = load(image.IMAGES / "cpp")
    assert language.compile is not None
    command = language.compile.command
    flags = " ".join(command[1 : command.index("-o")])
    assert f"g++ {flags} -x c++-header" in (image.IMAGES / "cpp" / "Dockerfile").read_text()


def test_all_are_those_built_in_and_those_named(tmp_path: Path) -> None:
    """A folder that is named is loaded beside the built-in ones; a second of the same name stops it."""
    assert sorted(load_all()) == BUILT_IN
    assert sorted(load_all([PERL])) == sorted([*BUILT_IN, "perl"])
    shutil.copytree(PERL, tmp_path / "other")
    with pytest.raises(image.BrokenLanguage, match="'perl' is the language of"):
        load_all([PERL, tmp_path / "other"])
