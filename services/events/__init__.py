"""EventService: what happens in the suite, kept for a while and told to those whose it is."""
