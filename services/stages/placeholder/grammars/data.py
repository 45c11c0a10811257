"""JSON and YAML: comments and values, no code."""

from services.stages.placeholder.grammar import Grammar, words

JSON = Grammar(
    parser="json",
    strings=words("string"),
    collections=words("object array pair"),
    keys={"pair": "key"},
)

YAML = Grammar(
    parser="yaml",
    strings=words("plain_scalar double_quote_scalar single_quote_scalar"),
    collections=words(
        "flow_node block_node block_sequence block_sequence_item flow_sequence flow_mapping block_mapping "
        "block_mapping_pair flow_pair"
    ),
    keys={"block_mapping_pair": "key", "flow_pair": "key"},
    braces="(block_mapping_pair value: (flow_node (flow_mapping . (flow_node (flow_mapping)) .) @it))",
    indented=True,
)
