"""Candidates in interpreted languages: a harness in the language itself loads them, runs their tests, and reports."""
