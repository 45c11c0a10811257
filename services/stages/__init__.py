"""The validation stages: one servicer for all, a folder for each."""
