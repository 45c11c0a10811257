"""Rust candidates: their crates, the messages of rustc and of panics, and what wraps and runs their tests."""
