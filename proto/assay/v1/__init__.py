"""Version 1 of the messages and services, generated from the .proto files beside it."""
