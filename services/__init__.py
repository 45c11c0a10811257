"""The services of the suite that hold no Docker socket."""
