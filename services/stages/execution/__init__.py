"""The execution stage: imports the candidate, runs its tests and its doctests, in the sandbox and nowhere else."""
