"""The bus: what happens in the suite, told to whoever listens in it."""
