"""JavaScript and TypeScript: candidates and their tests run in the sandbox, compared outside where that can be."""
