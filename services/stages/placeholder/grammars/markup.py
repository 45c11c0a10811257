"""HTML. The scripts in it are read as what they are written in."""

from services.stages.placeholder.grammar import Grammar, words

HTML = Grammar(
    parser="html",
    strings=words("attribute_value"),
    keys={"attribute": ""},
)
