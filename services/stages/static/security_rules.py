"""
What is dangerous in code that works. These rules inform: they say nothing about whether the code is the real thing, so
none of them decides a verdict unless a policy lets the category vote.
"""

from assay.stage import Category, Severity

from services.stages.rules import Example, Rule
from services.stages.static.security_examples import FIRES, PASSES


def _rule(name: str, severity: Severity, explanation: str, confidence: float = 0.8) -> Rule:
    """Return a rule with its examples."""
    return Rule(
        f"static/{name}", Category.SECURITY, severity, explanation, _of(FIRES, name), _of(PASSES, name), confidence
    )


def _of(examples: dict[str, tuple[tuple[str, str], ...]], name: str) -> tuple[Example, ...]:
    return tuple(Example(text, language) for text, language in examples[name])


_MEDIUM, _LOW, _INFO = Severity.MEDIUM, Severity.LOW, Severity.INFO

DYNAMIC_CODE = _rule(
    "dynamic-code",
    _MEDIUM,
    "Text is run as code (eval, exec, Function). Whoever controls the text controls the program. Data is better read "
    "by a parser, and names looked up in a table.",
)
SHELL = _rule(
    "shell-command",
    _MEDIUM,
    "A command is put together as text and given to a shell, which gives meaning to characters that the text may hold. "
    "Give the program and its arguments as a list.",
)
SQL = _rule(
    "sql-injection",
    _MEDIUM,
    "An SQL statement is put together from text. A value that holds a quote changes the statement. Pass values as "
    "parameters.",
)
WEAK_HASH = _rule(
    "weak-hash",
    _LOW,
    "MD5 and SHA-1 collide on purpose in seconds. For checksums that nobody attacks they do; for passwords and "
    "signatures they do not.",
)
WEAK_CIPHER = _rule(
    "weak-cipher",
    _MEDIUM,
    "The cipher, its mode or the protocol version has been broken: DES, RC4, ECB, SSL 3, TLS 1.0 and their kin.",
)
WEAK_RANDOM = _rule(
    "weak-random",
    _INFO,
    "The generator is made for simulation and can be predicted. Keys and tokens need the one that is made for secrets.",
    0.5,
)
HARD_CODED = _rule(
    "hard-coded-secret",
    _MEDIUM,
    "A password or key stands in the source as text, where everybody who reads the code reads it. It belongs in the "
    "environment or a store for secrets.",
    0.6,
)
CREDENTIAL = _rule(
    "exposed-credential",
    Severity.HIGH,
    "The text has the shape of a real key of a known provider, or is a private key. Whoever has it can use it: revoke "
    "it and take it out of the history. Keys that providers give in their documentation are not meant.",
)
DESERIALISATION = _rule(
    "unsafe-deserialisation",
    _MEDIUM,
    "Reading such data can run any code that its author put there (pickle, marshal, yaml.load, unserialize, "
    "ObjectInputStream). From outside, take a format that holds data alone.",
)
UNVERIFIED_TLS = _rule(
    "unverified-tls",
    _MEDIUM,
    "The other end's certificate or key is not checked, so anybody on the way can be the other end.",
)
MARKUP = _rule(
    "unsafe-markup",
    _MEDIUM,
    "Text is put into a page as markup. A script in it runs as the page's own. Set text, or escape it.",
)
XML = _rule(
    "unsafe-xml",
    _LOW,
    "The parser expands entities: a small document can grow until memory ends, or read files. Documents from outside "
    "need a parser that refuses them.",
    0.6,
)
ARCHIVE = _rule(
    "unsafe-archive",
    _MEDIUM,
    "Every member of an archive is written where its name says, which may be outside the folder. Check names first, or "
    "give a filter.",
)
PERMISSIONS = _rule(
    "open-permissions",
    _MEDIUM,
    "The file becomes writable, or executable, for everybody on the machine.",
)
DEBUG = _rule(
    "debug-mode",
    _MEDIUM,
    "A web server in debug mode runs code that a visitor sends it.",
)
OPEN_NETWORK = _rule(
    "all-interfaces",
    _INFO,
    "The server listens on every network of the machine. In a container that is meant; on a desk it may not be.",
    0.5,
)
PLAIN_TEXT = _rule(
    "plain-text-protocol",
    _LOW,
    "Telnet and FTP send passwords so that everybody on the way can read them.",
)
NO_TIMEOUT = _rule(
    "no-timeout",
    _LOW,
    "A request without a timeout waits for ever for a server that does not answer.",
)
TEMPORARY_FILE = _rule(
    "temporary-file",
    _LOW,
    "Between choosing the name of a temporary file and opening it somebody else can make it. Use the call that does "
    "both.",
)
REMOTE_SCRIPT = _rule(
    "remote-script",
    _MEDIUM,
    "What a server sends is run as it comes: whoever controls the server, or the way to it, controls the machine.",
)
UNBOUNDED_COPY = _rule(
    "unbounded-copy",
    _LOW,
    "The function writes as much as its source holds, whatever room there is (strcpy, strcat, sprintf).",
    0.6,
)
UNBOUNDED_READ = _rule(
    "unbounded-read",
    _MEDIUM,
    "The function reads as much as it is given, whatever room there is (gets, scanf with a bare %s). No caller can "
    "make it safe.",
)

PYTHON: dict[str, Rule] = {
    code: rule
    for rule, codes in (
        (DYNAMIC_CODE, "S102 S307"),
        (SHELL, "S602 S604 S605 S609"),
        (SQL, "S608 S610 S611"),
        (WEAK_HASH, "S303 S324"),
        (WEAK_CIPHER, "S304 S305 S502 S503 S504 S505"),
        (WEAK_RANDOM, "S311"),
        (HARD_CODED, "S105 S106 S107"),
        (DESERIALISATION, "S301 S302 S506"),
        (UNVERIFIED_TLS, "S323 S501 S507"),
        (MARKUP, "S308 S701 S702 S704"),
        (XML, "S313 S314 S315 S316 S317 S318 S319"),
        (ARCHIVE, "S202"),
        (PERMISSIONS, "S103"),
        (DEBUG, "S201"),
        (OPEN_NETWORK, "S104"),
        (PLAIN_TEXT, "S312 S321"),
        (NO_TIMEOUT, "S113"),
        (TEMPORARY_FILE, "S306"),
    )
    for code in codes.split()
}
"""The rules of ruff (flake8-bandit's, by their codes) that say the same for Python."""
