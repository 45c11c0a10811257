"""SystemService: how the suite is, and what it does."""
