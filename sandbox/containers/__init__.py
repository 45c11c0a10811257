"""The container runtime: everything that knows Docker."""
