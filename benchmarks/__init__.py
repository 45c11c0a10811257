"""Programs that print figures, each beside what a user would use instead. Results stand in RESULTS.md."""
