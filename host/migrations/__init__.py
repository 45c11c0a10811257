"""The schema of the suite's database, as steps from one revision to the next; see docs/database.md."""
