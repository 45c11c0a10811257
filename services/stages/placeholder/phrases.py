"""What comments say where code is missing, as patterns over the words of one comment."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_CODE = (
    r"(?:code|logic|implementation|functions?|methods?|class(?:es)?|body|file|script|program|module|solution|"
    r"functionality)"
)
_STAYS = (
    r"(?:(?:remains?|stays?|is|are|goes?|go|continues?|follows?|would (?:go|be)|unchanged|(?:the )?same|as (?:it )?"
    r"(?:was|is|before|above)|before|here|below|unmodified|omitted|elided|truncated|intact|untouched)[\s,.]*)"
)
_REASON = r"(?:brevity|clarity|conciseness|simplicity|space|readability|length)"
_VERB = (
    r"(?:add|insert|put|write|place|enter|implement|provide|include|complete|paste|define|fill in|handle|process|do)"
)


STAYS = re.compile(rf"\b{_STAYS}$", re.IGNORECASE)
"""Ends words that say of code that it stays as it is."""


class Phrase(NamedTuple):
    """
    A way of saying something.

    :param words: In lower case; where none of them stands the pattern cannot match, and is not tried.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]


def _phrases(*texts: tuple[str, str]) -> tuple[Phrase, ...]:
    """Return phrases, given the words of each, divided by bars, and its pattern."""
    return tuple(Phrase(tuple(words.split("|")), re.compile(text, re.IGNORECASE)) for words, text in texts)


ELIDED = _phrases(
    (
        "rest|remainder",
        rf"(?:the )?(?:rest|remainder) of (?:the |your |this |my )?(?:\w+ )?{_CODE}(?: \w+)?[\s,:]*{_STAYS}*",
    ),
    ("existing|unchanged", rf"(?:keep |leave )?(?:the |your )?(?:existing|unchanged) (?:\w+ )?{_CODE}\s*{_STAYS}*"),
    (
        "previous|original|remaining|other",
        rf"(?:the |your )?(?:previous|original|remaining|other|all other) (?:\w+ )?{_CODE}\s*{_STAYS}+",
    ),
    (
        "unchanged|omitted|elided|same|stays|remain|before",
        rf"(?:the |your |this )?(?:\w+ )?{_CODE}\s*(?:unchanged|omitted|elided|remains? (?:the same|unchanged)|"
        rf"stays? (?:the same|as before)|(?:same )?as before)(?: for {_REASON})?",
    ),
)
"""Say by themselves, as the whole of a comment, that code was left out."""

OMITTED = _phrases(
    (
        "for ",
        rf".{{0,40}}\b(?:omitted|removed|truncated|elided|skipped|shortened|abbreviated|left out|cut) for {_REASON}",
    ),
    (
        "rest|remaining|other",
        r"(?:the )?(?:rest|remaining|others?) .{0,40}\b(?:unchanged|omitted|elided|as before|stays? the same)",
    ),
    ("snip", r"snip(?:ped)?"),
)
"""Say so as the whole of a comment that stands alone."""

ELIDED_WITH_DOTS = _phrases(
    (
        "more|other|additional|further|rest|remaining|existing|previous|etc|and so on",
        r"(?:more|other|additional|further|rest|remaining|existing|previous|etc|and so on)\b.{0,60}",
    ),
    (
        "rest|remaining|other|more|similar|same|further|additional",
        rf"{_VERB} (?:the )?(?:rest|remaining|other|more|others|similar|same|further|additional)\b.{{0,60}}",
    ),
    (
        "go|here|continue|follows|unchanged",
        rf".{{0,40}}\b{_CODE} (?:goes?|here|continues?|follows|unchanged)\b.{{0,30}}",
    ),
    (
        "omitted|truncated|unchanged|before|same as",
        r".{0,30}\b(?:omitted|truncated|unchanged|as before|same as (?:above|before))\b.{0,20}",
    ),
)
"""Say so where an ellipsis stands before or behind them."""

AND_SO_ON = _phrases(
    (
        "similar|same|analogous",
        r"(?:similar|same|analogous) (?:logic|handling|code|processing|approach|treatment) for\b.{0,40}",
    ),
    (
        "and so|etc|same as|repeat|continue",
        r"(?:and so on|and so forth|etc|same as above|same as before|repeat as needed|"
        r"continue (?:like|as) (?:this|above))",
    ),
)
"""Say, as the whole of a comment under which nothing stands, that more of the same should follow."""

LIKEWISE = _phrases(
    (
        "similarly|same|likewise|and so on",
        rf"(?:{_VERB}|repeat|continue|apply) .{{0,60}}\b(?:similarly|the same way|likewise|in the same (?:way|"
        rf"manner)|and so on)",
    ),
    (
        "similarly|likewise|repeat|same",
        r"(?:similarly|likewise|repeat|do the same|same) for (?:the |all )?(?:others?|rest|remaining)\b.{0,40}",
    ),
)
"""Say so wherever they stand."""

UNWRITTEN = _phrases(
    (
        "implement|complete|finish|fill in|write",
        r"^(?:todo|fixme|tbd|xxx)?\W*(?:please )?(?:implement|complete|finish|fill in|write)"
        r"(?: (?:me|this|here|later|it|"
        r"function|method|logic|body|actual|real|the (?:actual|real|rest|function|method|logic)).*)?\W*$",
    ),
    ("implement", r"^(?:please )?implement(?: the)? [\w-]+(?: [\w-]+)?\W*$"),
    (
        "todo|fixme|tbd",
        r"^(?:todo|fixme|tbd)\b\W*(?:please )?(?:implement|complete|finish|write|fill|add (?:the |your |actual |real )?"
        rf"(?:actual|real|{_CODE})|actual|replace with|your|{_CODE})\b",
    ),
    (
        "implementation",
        r"\bimplementation (?:is )?(?:needed|required|goes here|here|pending|missing|tbd|to be|to come|omitted|"
        r"to follow)\b",
    ),
    ("implemented", r"^(?:not|un) ?(?:yet )?implemented(?: yet)?\W*$|\bnot (?:yet )?(?:been )?implemented yet\b"),
    (
        "implemented|written|completed|coded|filled",
        r"\b(?:to be|yet to be|still to be|has to be|needs? to be) (?:implemented|written|completed|coded|filled in)\b",
    ),
    (
        "here|below",
        rf"\b{_VERB} (?:your|the|actual|real|custom|more|own|this|any|some|necessary|additional)?\s*(?:[\w-]+ ){{0,5}}"
        rf"{_CODE}\b.{{0,12}}\b(?:here|below)\b",
    ),
    ("your", rf"\byour (?:own )?(?:[\w-]+ ){{0,3}}{_CODE}\b.{{0,15}}\b(?:here|below)\b"),
    (
        "here",
        rf"\b(?:{_CODE}|processing|handling|parsing|calls?) (?:goes|go|would go|will go|should go|to go|"
        rf"belongs) (?:in )?here\b",
    ),
    (
        "stub|placeholder|dummy|skeleton",
        rf"^(?:just )?(?:a )?(?:stub|placeholder|dummy|skeleton)(?: {_CODE}| for now| return| value)*\W*$",
    ),
    (
        "unimplemented|tbd|wip|coming soon|implement me|here",
        rf"^(?:unimplemented|tbd|wip|coming soon|implement me|{_CODE} (?:goes )?here)\W*$",
    ),
    (
        "placeholder|stub|skeleton",
        r"\b(?:this is|just|currently|only|merely) an? (?:\w+ )?(?:placeholder|stub|skeleton)\b",
    ),
    ("placeholder", rf"\bplaceholder (?:for (?:the )?(?:actual|real)|{_CODE}|until|return|value|response|data)\b"),
    (
        "placeholder|stub",
        rf"^(?:this is )?(?:an? )?(?:placeholder|stub) for\b.{{0,40}}\b(?:{_CODE}|processing|call|request|query)s?$",
    ),
    (
        "here|needed|required",
        rf"^(?:add |any )?(?:additional|more|further|other) (?:\w+ )?(?:{_CODE}|processing|steps?|handling|cases?|"
        r"validation|checks?|rules?|conditions?|features?) (?:here|as needed|if needed|as required|goes? here)\W*$",
    ),
    ("actual", r"^(?:the )?actual (?:\w+ )?(?:implementation|logic|code)\b.{0,20}(?:here|goes|needed|later)"),
)
"""Say that the code which belongs here was not written."""

PRETENDED = _phrases(
    (
        "production|real",
        r"^in (?:production|an? (?:real|production)[- ]?\w*(?: \w+)?),? (?:use|call|fetch|query|connect|load|send|"
        r"store|verify|validate|read|get|replace|hash)\b",
    ),
    (
        "real|actual|production|full|complete|proper",
        r"\bin (?:an? )?(?:real|actual|production|full|complete|proper)(?:[- ]?(?:world|life))?,?(?: (?:implementation|"
        r"application|app|system|scenario|environment|version|code|project|setting|world|use case|deployment))?"
        r"\b.{0,60}"
        r"\b(?:would|should|you|we|this|use|call|might|need)\b",
    ),
    (
        "actual|real",
        r"\b(?:would|should) (?:contain|be|call|use|do|perform|query|connect to|go through) (?:the |an? )?(?:actual|"
        r"real)\b",
    ),
    ("for now", r"\b(?:always|just|simply|hard-?coded?|fixed|assume)\b.{0,40}\bfor now\W*$"),
    (
        "for now|simplicity|sake of|demo|illustration",
        r"\bfor (?:now|simplicity|the sake of (?:simplicity|brevity)|demo\w*|demonstration|illustration)\b.{0,30}"
        r"\b(?:just|simply|return|use|assume|hard-?code|fake|simulate|pretend|mock)",
    ),
    (
        "simplified|naive|toy",
        r"\b(?:simplified|naive|toy) (?:version|implementation|logic)\b.{0,60}"
        r"\b(?:replace|real|actual|production|would)\b",
    ),
    (
        "mock|fake|dummy|hard|simulated|canned|made-up",
        rf"\b(?:mock(?:ed)?|fake|dummy|hard-?coded|simulated|canned|made-up) (?:data|responses?|values?|results?|"
        rf"return|api|calls?"
        rf"|output|scores?|list|{_CODE})\b",
    ),
    ("replace", r"\breplace (?:this|it|the|with)\b.{0,40}\b(?:actual|real|your|proper)\b"),
    (
        "normally|typically|usually|actually",
        r"\b(?:this|it|here|we)(?: would|'d) (?:normally|typically|usually|actually)\b",
    ),
    (
        "simulat|mock|pretend|fak",
        r"^(?:simulat|mock|pretend|fak)(?:e|es|ing|ed)?\b.{0,40}\b(?:call|api|request|response|data|database|network|"
        r"work|delay|"
        r"processing|result|connection|query|operation)s?\b",
    ),
)
"""Say that what stands here stands in for the real thing."""

NO_TASK_OF_CODE = re.compile(
    r"\b(?:needs? (?:coverage|tests?|docs?)|remove|rename|document|deprecate|drop|why|is this|are these|revisit)\b",
    re.IGNORECASE,
)
"""Tasks that ask for something else than the code."""

TASK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|TBD)\b|^(?:todo|fixme|tbd|hack|xxx)\s*(?::|\(|-|$)|^@todo\b")
"""Marks of something left to do. In lower case only where they stand first, so that a list of todos is none."""

_CODE_ALONE = re.compile(rf"(?:the |your )?(?:\w+ )?{_CODE}", re.IGNORECASE)

_LEADING_DOTS = re.compile(r"[\s\[(<{/*-]{0,40}(?:\.{2,}|…)")
_TRAILING_DOTS = re.compile(r"(?:\.{3,}|…)[\s\])>}/*-]*$")
_ONLY_DOTS = re.compile(r"[\s\[(<{/*-]{0,40}(?:\.{2,100}|…)[\s\])>}/*-]{0,40}")
_TAIL = 100
"""Characters at the end of words in which an ellipsis is looked for."""

_MARKS = " \t\r\n#:!.-*=…/[](){}<>~|+"


def bare(words: str) -> str:
    """Return a comment's words with single spaces and without the marks around them."""
    return " ".join(words.replace("\u2019", "'").split()).strip(_MARKS)


def has_dots(words: str) -> bool:
    """Say whether an ellipsis stands before or behind the words."""
    return leads_with_dots(words) or _TRAILING_DOTS.search(words[-_TAIL:]) is not None


_ALL = {
    word
    for phrase in (*ELIDED, *OMITTED, *ELIDED_WITH_DOTS, *AND_SO_ON, *LIKEWISE, *UNWRITTEN, *PRETENDED)
    for word in phrase.words
}
_TELLING = tuple(sorted(word for word in _ALL if not any(other in word for other in _ALL - {word})))
"""The words of all phrases, without those in which another stands."""


def may_tell(words: str) -> bool:
    """Say whether words may be of interest at all; most comments are not, and this is asked of every one."""
    lower = words.lower()
    # A loop is twice as fast as any() over a generator, and every comment comes here.
    for word in _TELLING:
        if word in lower:
            return True
    return TASK.search(words) is not None or has_dots(words)


def is_only_dots(words: str) -> bool:
    """Say whether an ellipsis is all that there is, brackets around it left aside."""
    return _ONLY_DOTS.fullmatch(words) is not None


def leads_with_dots(words: str) -> bool:
    """Say whether an ellipsis stands before the words."""
    return _LEADING_DOTS.match(words) is not None


def names_code_after_dots(words: str) -> bool:
    """Say whether a comment is an ellipsis and a word for code, as "... implementation ..."."""
    return leads_with_dots(words) and _CODE_ALONE.fullmatch(bare(words)) is not None


def is_one_of(phrases: Iterable[Phrase], words: str) -> bool:
    """Say whether the words as a whole are one of some phrases."""
    lower = words.lower()
    return any(phrase.pattern.fullmatch(words) for phrase in phrases if any(word in lower for word in phrase.words))


def has_one_of(phrases: Iterable[Phrase], words: str) -> bool:
    """Say whether a phrase stands somewhere in the words."""
    lower = words.lower()
    return any(phrase.pattern.search(words) for phrase in phrases if any(word in lower for word in phrase.words))
