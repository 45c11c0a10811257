"""
The program that goes into the sandbox with a candidate: loads it, runs its tests, reports. It needs the standard
library alone, and the image's pytest for tests that only pytest can run.

It shares its process with the code under test, so what it reports is resistant to cheating, not proof against it: a
candidate that looks for the harness's frames can forge results, and an ``__eq__`` that always answers True passes. What
it does hold against: leaving early by any road, printed reports, replaced builtins and assertions, removed tests, and
tests that the candidate skips.
"""
