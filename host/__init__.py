"""How a service runs: one gRPC server, its interceptors, its settings and its peers. Imports no service."""

import os

# gRPC's core writes lines of its own, to standard error and in no structure, for what a stranger does: a handshake that
# is broken off, a call whose metadata is too large. It reads this when it is imported. What goes wrong is in our log.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
