"""The tools that people use today, over the same files as the suite: one file a family."""
