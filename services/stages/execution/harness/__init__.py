"""
The program that goes into the sandbox with a candidate: loads it, runs its tests, reports. It needs the standard
library alone, and the image's pytest for tests that only pytest can run.

It shares its process with the code under test. What checks expect is not here where it can be kept out: they tell
values, which are compared outside (see ``services/stages/execution/python``). What decides here all the same is
resistant to cheating, not proof against it: a candidate that looks for the harness's frames can forge results. What it
does hold against: leaving early by any road, printed reports, replaced builtins and assertions, removed tests, and
tests that the candidate skips.

What it imports costs every run: it keeps to what the interpreter has loaded when it starts, and little besides.
"""
