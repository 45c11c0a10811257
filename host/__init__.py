"""How a service runs: one gRPC server, its interceptors, its settings and its peers. Imports no service."""

import os

# gRPC's core writes a line of its own, to standard error and in no structure, for each handshake that a stranger breaks
# off. It reads this when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
