"""The engine: the order of the stages, early exit, score, verdict, and the store of what was decided."""
