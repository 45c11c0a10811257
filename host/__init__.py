"""How a service runs: one gRPC server, its interceptors, its settings and its peers. Imports no service."""
