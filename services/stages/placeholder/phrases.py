"""What comments say where code is missing, as patterns over the words of one comment."""

import re
from collections.abc import Iterable

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


def _patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.IGNORECASE) for text in texts)


ELIDED = _patterns(
    rf"(?:the )?(?:rest|remainder) of (?:the |your |this |my )?(?:\w+ )?{_CODE}(?: \w+)?[\s,:]*{_STAYS}*",
    rf"(?:keep |leave )?(?:the |your )?(?:existing|unchanged) (?:\w+ )?{_CODE}\s*{_STAYS}*",
    rf"(?:the |your )?(?:previous|original|remaining|other|all other) (?:\w+ )?{_CODE}\s*{_STAYS}+",
    rf"(?:the |your |this )?(?:\w+ )?{_CODE}\s*(?:unchanged|omitted|elided|remains? (?:the same|unchanged)|"
    rf"stays? (?:the same|as before)|(?:same )?as before)(?: for {_REASON})?",
)
"""Say by themselves, as the whole of a comment, that code was left out."""

OMITTED = _patterns(
    rf".{{0,40}}\b(?:omitted|removed|truncated|elided|skipped|shortened|abbreviated|left out|cut) for {_REASON}",
    r"(?:the )?(?:rest|remaining|others?) .{0,40}\b(?:unchanged|omitted|elided|as before|stays? the same)",
    r"snip(?:ped)?",
)
"""Say so as the whole of a comment that stands alone."""

ELIDED_WITH_DOTS = _patterns(
    r"(?:more|other|additional|further|rest|remaining|existing|previous|etc|and so on)\b.{0,60}",
    rf"{_VERB} (?:the )?(?:rest|remaining|other|more|others|similar|same|further|additional)\b.{{0,60}}",
    rf".{{0,40}}\b{_CODE} (?:goes?|here|continues?|follows|unchanged)\b.{{0,30}}",
    r".{0,30}\b(?:omitted|truncated|unchanged|as before|same as (?:above|before))\b.{0,20}",
)
"""Say so where an ellipsis stands before or behind them."""

AND_SO_ON = _patterns(
    r"(?:similar|same|analogous) (?:logic|handling|code|processing|approach|treatment) for\b.{0,40}",
    r"(?:and so on|and so forth|etc|same as above|same as before|repeat as needed|continue (?:like|as) (?:this|above))",
)
"""Say, as the whole of a comment under which nothing stands, that more of the same should follow."""

LIKEWISE = _patterns(
    rf"(?:{_VERB}|repeat|continue|apply) .{{0,60}}\b(?:similarly|the same way|likewise|in the same (?:way|"
    rf"manner)|and so on)",
    r"(?:similarly|likewise|repeat|do the same|same) for (?:the |all )?(?:others?|rest|remaining)\b.{0,40}",
)
"""Say so wherever they stand."""

UNWRITTEN = _patterns(
    r"^(?:todo|fixme|tbd|xxx)?\W*(?:please )?(?:implement|complete|finish|fill in|write)(?: (?:me|this|here|later|it|"
    r"function|method|logic|body|actual|real|the (?:actual|real|rest|function|method|logic)).*)?\W*$",
    r"^(?:todo|fixme|tbd)\b\W*(?:please )?(?:implement|complete|finish|write|fill|add (?:the |your |actual |real )?"
    rf"(?:actual|real|{_CODE})|actual|replace with|your|{_CODE})\b",
    r"\bimplementation (?:is )?(?:needed|required|goes here|here|pending|missing|tbd|to be|to come|omitted|"
    r"to follow)\b",
    r"^(?:not|un) ?(?:yet )?implemented(?: yet)?\W*$|\bnot (?:yet )?(?:been )?implemented yet\b",
    r"\b(?:to be|yet to be|still to be|has to be|needs? to be) (?:implemented|written|completed|coded|filled in)\b",
    rf"\b{_VERB} (?:your|the|actual|real|custom|more|own|this|any|some|necessary|additional)?\s*(?:[\w-]+ ){{0,5}}"
    rf"{_CODE}\b.{{0,12}}\b(?:here|below)\b",
    rf"\byour (?:own )?(?:[\w-]+ ){{0,3}}{_CODE}\b.{{0,15}}\b(?:here|below)\b",
    rf"\b(?:{_CODE}|processing|handling|parsing|calls?) (?:goes|go|would go|will go|should go|to go|"
    rf"belongs) (?:in )?here\b",
    rf"^(?:just )?(?:a )?(?:stub|placeholder|dummy|skeleton)(?: {_CODE}| for now| return| value)*\W*$",
    rf"^(?:unimplemented|tbd|wip|coming soon|implement me|{_CODE} (?:goes )?here)\W*$",
    r"\b(?:this is|just|currently|only|merely) an? (?:\w+ )?(?:placeholder|stub|skeleton)\b",
    rf"\bplaceholder (?:for (?:the )?(?:actual|real)|{_CODE}|until|return|value|response|data)\b",
    rf"^(?:this is )?(?:an? )?(?:placeholder|stub) for\b.{{0,40}}\b(?:{_CODE}|processing|call|request|query)s?$",
    rf"^(?:add |any )?(?:additional|more|further|other) (?:\w+ )?(?:{_CODE}|processing|steps?|handling|cases?|"
    r"validation|checks?|rules?|conditions?|features?) (?:here|as needed|if needed|as required|goes? here)\W*$",
    r"^(?:the )?actual (?:\w+ )?(?:implementation|logic|code)\b.{0,20}(?:here|goes|needed|later)",
)
"""Say that the code which belongs here was not written."""

PRETENDED = _patterns(
    r"\bin (?:an? )?(?:real|actual|production|full|complete|proper)(?:[- ]?(?:world|life))?,?(?: (?:implementation|"
    r"application|app|system|scenario|environment|version|code|project|setting|world|use case|deployment))?\b.{0,60}"
    r"\b(?:would|should|you|we|this|use|call|might|need)\b",
    r"\b(?:would|should) (?:contain|be|call|use|do|perform|query|connect to|go through) (?:the |an? )?(?:actual|"
    r"real)\b",
    r"\b(?:always|just|simply|hard-?coded?|fixed|assume)\b.{0,40}\bfor now\W*$",
    r"\bfor (?:now|simplicity|the sake of (?:simplicity|brevity)|demo\w*|demonstration|illustration)\b.{0,30}"
    r"\b(?:just|simply|return|use|assume|hard-?code|fake|simulate|pretend|mock)",
    r"\b(?:simplified|naive|toy) (?:version|implementation|logic)\b.{0,60}\b(?:replace|real|actual|production|would)\b",
    rf"\b(?:mock(?:ed)?|fake|dummy|hard-?coded|simulated|canned|made-up) (?:data|responses?|values?|results?|"
    rf"return|api|calls?"
    rf"|output|scores?|list|{_CODE})\b",
    r"\breplace (?:this|it|the|with)\b.{0,40}\b(?:actual|real|your|proper)\b",
    r"\b(?:this|it|here|we)(?: would|'d) (?:normally|typically|usually|actually)\b",
    r"^(?:simulat|mock|pretend|fak)(?:e|es|ing|ed)?\b.{0,40}\b(?:call|api|request|response|data|database|network|"
    r"work|delay|"
    r"processing|result|connection|query|operation)s?\b",
)
"""Say that what stands here stands in for the real thing."""

NO_TASK_OF_CODE = re.compile(
    r"\b(?:needs? (?:coverage|tests?|docs?)|remove|rename|document|deprecate|drop|why|is this|are these|revisit)\b",
    re.IGNORECASE,
)
"""Tasks that ask for something else than the code."""

TASK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|TBD)\b|^(?:todo|fixme|tbd|hack|xxx)\s*(?::|\(|-|$)|^@todo\b")
"""Marks of something left to do. In lower case only where they stand first, so that a list of todos is none."""

MAY_TELL = re.compile(
    r"todo|fixme|tbd|xxx|hack|implement|placeholder|stub|dummy|skeleton|here\b|below\b|code|logic|function|method|rest|"
    r"remain|existing|previous|original|other|unchanged|omit|elid|truncat|snip|\.\.|…|etc\b|same|similar|likewise|"
    r"so (?:on|forth)|real|actual|simul|mock|fake|for now|normally|typically|usually|complete|fill|wip\b|coming soon|"
    r"brevity|repeat|continue|more\b|your|finish|write|to be|handle|process|replace|pretend|simpl|demo",
    re.IGNORECASE,
)
"""Every comment that says something by the patterns above has one of these: it is asked first."""

_DOTS = re.compile(r"^[\s\[(<{/*-]*(?:\.{2,}|…)|(?:\.{3,}|…)[\s\])>}/*-]*$")
_TRIM = re.compile(r"^[\s#:!.\-*=…/\[\](){}<>~|+]+|[\s:.\-*=…/\[\](){}<>~|!+]+$")


def bare(words: str) -> str:
    """Return a comment's words with single spaces and without the marks around them."""
    return _TRIM.sub("", " ".join(words.replace("\u2019", "'").split()))


def has_dots(words: str) -> bool:
    """Say whether an ellipsis stands before or behind the words."""
    return _DOTS.search(words) is not None


def is_one_of(patterns: Iterable[re.Pattern[str]], words: str) -> bool:
    """Say whether the words as a whole match a pattern."""
    return any(pattern.fullmatch(words) for pattern in patterns)


def has_one_of(patterns: Iterable[re.Pattern[str]], words: str) -> bool:
    """Say whether a pattern matches somewhere in the words."""
    return any(pattern.search(words) for pattern in patterns)
