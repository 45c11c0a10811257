"""The import that an undefined name stands for, where it stands for exactly one."""

import sys
import sysconfig
from functools import cache
from pathlib import Path

FROM = {
    "abc": "ABC ABCMeta abstractmethod",
    "bisect": "bisect_left bisect_right insort",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "ExitStack asynccontextmanager contextmanager nullcontext suppress",
    "copy": "deepcopy",
    "dataclasses": "asdict astuple dataclass",
    "datetime": "timedelta",
    "decimal": "Decimal ROUND_HALF_UP",
    "enum": "Enum IntEnum IntFlag StrEnum",
    "fractions": "Fraction",
    "functools": "cached_property cmp_to_key lru_cache partial reduce singledispatch total_ordering wraps",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "io": "BytesIO StringIO",
    "itertools": "accumulate combinations combinations_with_replacement groupby islice permutations product "
    "starmap takewhile zip_longest",
    "math": "atan2 ceil comb factorial floor gcd inf isqrt lcm log10 log2 sqrt",
    "pathlib": "Path PurePath PurePosixPath",
    "string": "ascii_letters ascii_lowercase ascii_uppercase",
    "threading": "Lock RLock Thread",
    "types": "SimpleNamespace",
    "typing": "Any Callable ClassVar Dict Final FrozenSet Generic Iterable Iterator List Literal Mapping NamedTuple "
    "NoReturn Optional Protocol Sequence Set Tuple Type TypedDict TypeVar Union",
    "urllib.parse": "parse_qs quote_plus urlencode urljoin urlparse",
    "uuid": "uuid4",
}
"""Names of the standard library that hardly ever mean anything else, by module."""

ALIASES = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "tf": "tensorflow", "sns": "seaborn"}
"""Customary names of packages that may or may not be installed."""

WORDS = frozenset({
    "calendar", "cmd", "code", "email", "html", "numbers", "operator", "parser", "platform", "profile", "queue",
    "resource", "select", "signal", "site", "string", "symbol", "test", "this", "token", "types",
})  # fmt: skip
"""Modules called by words that variables are called by too; with a method of a value a variable is what is missing."""

_OF_VALUES = frozenset(name for kind in (str, list, dict, set) for name in dir(kind))

_MODULE_OF = {name: module for module, names in FROM.items() for name in names.split()}


Chain = tuple[str, ...]
"""Attributes that are taken one of the other: of `xml.etree.ElementTree` those of `xml`."""


def import_for(name: str, chains: frozenset[Chain]) -> tuple[str, bool] | None:
    """
    Return the import statement that would define a name, and whether it is surely the one that was meant.

    :param chains: The attributes that the code takes of the name, and of these.
    """
    members = {chain[0] for chain in chains}
    if name in _MODULE_OF:
        return f"from {_MODULE_OF[name]} import {name}", True
    if name in ALIASES and members:
        return f"import {ALIASES[name]} as {name}", False
    if name == "datetime" and members & {"now", "strptime", "utcnow", "fromtimestamp", "fromisoformat", "combine"}:
        return "from datetime import datetime", True
    if members and not name.startswith("_") and name in sys.stdlib_module_names:
        sure = name not in WORDS or members.isdisjoint(_OF_VALUES)
        return f"import {', '.join(_modules(name, chains))}", sure
    return None


def _modules(name: str, chains: frozenset[Chain]) -> list[str]:
    """Return the modules that have to be imported: a package alone does not have what lies in its submodules."""
    within = {".".join((name, *chain[:size])) for chain in chains if (size := _submodule(name, chain))}
    return sorted(within) or [name]


def _submodule(name: str, chain: Chain) -> int:
    """Return how many of the attributes lead from a standard module to the furthest module below it."""
    folder, size = _library() / name, 0
    for number, part in enumerate(chain, 1):
        folder /= part
        if folder.with_suffix(".py").is_file() or (folder / "__init__.py").is_file():
            size = number
        else:
            break
    return size


@cache
def _library() -> Path:
    return Path(sysconfig.get_path("stdlib"))
