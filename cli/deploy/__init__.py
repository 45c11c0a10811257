"""`assay deploy`: a new version in place of the one that runs, or the one that ran again."""
