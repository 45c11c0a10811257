"""SandboxService: untrusted programs in containers that are used once. The only holder of the Docker socket."""
