"""
The `assay` command.

`main` is where it begins and ends, `commands` holds the commands and their options. Neither imports anything heavy:
each command imports its own module when it is called. What a command does stands in the module of its name; the rest is
what they share.
"""
