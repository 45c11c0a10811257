"""The static stage: is it a program of its language at all, whole, and free of names that nothing defines."""
