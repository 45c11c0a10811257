"""C and C++ candidates: their translation units, GCC's messages, and what wraps the main function of their tests."""
