"""
The `assay` command.

`main` holds the commands and their options, and imports nothing heavy: each command imports its own module when it is
called. What a command does stands in the module of its name; the rest is what they share.
"""
