"""
Whether the grammar of C or C++ can know all of a file. Macros come from headers; a file that includes only those of the
language and the system has none but its own.
"""

import re

_NAMES = (
    "assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
    "stdatomic stdbit stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar "
    "wctype unistd fcntl pthread semaphore dirent getopt regex poll sched termios pwd grp dlfcn libgen malloc memory "
    "sys/types sys/stat sys/time sys/wait sys/socket sys/select sys/mman sys/ioctl sys/resource sys/ipc sys/shm "
    "sys/sem sys/un sys/epoll netinet/in netinet/tcp arpa/inet netdb"
)
_HEADERS = frozenset(f"{name}.h" for name in _NAMES.split()) | {"bits/stdc++.h"}

_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*(?:<([^>\r\n]+)>|(.*))", re.MULTILINE)
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_OF_CPP = re.compile(r"[a-z_]+")
_WORD = re.compile(rb"\w+")
_BEYOND = re.compile(
    rb"#|\b__\w+|\b(?:va_arg|offsetof|_Generic|asm|requires|concept|co_\w+|import|module|export)\b|\[\[|\bBOOST_"
)


def is_plain(data: bytes, lines: set[bytes]) -> bool:
    """
    Say whether a fault on some lines of C or C++ is one of the source.

    :param lines: Those at which the tree is at fault, and beside them.
    """
    included = _INCLUDE.findall(data)
    if not included or any(other or not _is_standard(name.decode("utf-8", "replace")) for name, other in included):
        return False
    defined = set(_DEFINE.findall(data))
    return not any(_BEYOND.search(line) or defined.intersection(_WORD.findall(line)) for line in lines)


def _is_standard(name: str) -> bool:
    return name in _HEADERS or _OF_CPP.fullmatch(name) is not None
