"""Naming the stage costs little: what reads code is imported in the workers."""

import subprocess
import sys


def test_stage_module_is_light() -> None:
    """Importing the stage's module brings in no parser, no trie and no matcher."""
    heavy = "marisa_trie", "tree_sitter", "tree_sitter_language_pack", "rapidfuzz", "services.stages.semantic.check"
    program = f"import sys, services.stages.semantic.stage; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
