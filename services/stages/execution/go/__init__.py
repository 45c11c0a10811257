"""Candidates in Go: how a program is made of them and their tests, and what the compiler and the tests say."""
