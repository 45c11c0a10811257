"""How the model of the scoring stage is made, from labelled records; nothing of it is loaded by a server."""
