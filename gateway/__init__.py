"""The front door: who may call, how much, and the way on to the right service."""
