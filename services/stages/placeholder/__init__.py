"""The placeholder stage: work that is announced and not done, told by the syntax tree."""
