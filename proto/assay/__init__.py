"""The contract of Assay: its messages, a typed client, and the protocols that plug-ins implement."""
