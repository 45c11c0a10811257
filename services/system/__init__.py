"""How the suite is, and what it does: every part looked at from where its users stand."""
