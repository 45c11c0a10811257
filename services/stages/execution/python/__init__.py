"""Python tests, taken apart: what travels into the sandbox, and the comparisons that stay outside."""
