"""The rules of the semantic stage: what each means, with examples that it must find and must leave alone."""

from dataclasses import dataclass

from assay.stage import Category


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule.

    :param name: The last part of its id; "semantic/" stands before it.
    :param fires: Whole programs that it must find.
    :param passes: Programs near to those that it must leave alone.
    """

    name: str
    category: Category
    explanation: str
    fires: tuple[str, ...]
    passes: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id that findings carry."""
        return f"semantic/{self.name}"


RULES: tuple[Rule, ...] = (
    Rule(
        "unknown-package",
        Category.HALLUCINATION,
        "A module is imported that neither the standard library, nor the candidate's own files, nor any distribution of "
        "the package index provides. Names made up by a model look just like this, and anyone may register them.",
        fires=(
            "import quantum_flux_serializer\n",
            "from invoice_layout_detective import scan\n",
            "def f():\n    import importlib\n    return importlib.import_module('nebula_rate_shaper')\n",
            "try:\n    import velvet_json_turbo\nexcept ImportError:\n    import json as velvet_json_turbo\n",
        ),
        passes=(
            "import numpy\nimport yaml\nimport cv2\nfrom PIL import Image\nimport sklearn.linear_model\n",
            "from google.cloud import storage\nimport google.protobuf.message\nimport ruamel.yaml\n",
            "import bpy\nimport gdb\nfrom xbmc import log\nimport rospy\n",
            "from utils import load\nfrom models import User\nimport config\nfrom .sibling import value\n",
            "text = 'import quantum_flux_serializer'\n# import quantum_flux_serializer\n",
        ),
    ),
    Rule(
        "unknown-stdlib-module",
        Category.HALLUCINATION,
        "A submodule is imported that no version of the standard library has.",
        fires=("import os.paths\n", "from concurrent.future import ThreadPoolExecutor\n", "import time.sleep\n"),
        passes=(
            "import os.path\nimport xml.etree.ElementTree as ET\nimport concurrent.futures\n",
            "import winreg\nimport msvcrt\n",
        ),
    ),
    Rule(
        "unknown-import-member",
        Category.HALLUCINATION,
        "A name is imported from a module of the standard library that no version of it defines, on any platform.",
        fires=(
            "from os import make_directory_tree\n",
            "from __future__ import braces_off\n",
            "from json import parse\n",
        ),
        passes=(
            "from os import O_BINARY, startfile, fork\nfrom signal import CTRL_C_EVENT\n",
            "from concurrent import futures\nfrom xml.etree import ElementTree\nfrom os import path\n",
            "from typing import *\nfrom collections import abc, OrderedDict\n",
        ),
    ),
    Rule(
        "removed-from-stdlib",
        Category.ENVIRONMENT,
        "A module or name of the standard library that the candidate's Python version no longer has: the code was written "
        "for an older one.",
        fires=(
            "import telnetlib\n",
            "import urllib2\n",
            "from collections import Mapping\n",
            "from distutils.core import setup\n",
        ),
        passes=(
            "try:\n    import urllib2\nexcept ImportError:\n    import urllib.request as urllib2\n",
            "import sys\nif sys.version_info < (3, 12):\n    import distutils\n",
            "from collections.abc import Mapping\n",
        ),
    ),
    Rule(
        "newer-than-python",
        Category.ENVIRONMENT,
        "A module or name of the standard library that came after the candidate's Python version.",
        fires=("import annotationlib\n", "from string import templatelib\n"),
        passes=("import tomllib\n", "try:\n    import annotationlib\nexcept ImportError:\n    annotationlib = None\n"),
    ),
    Rule(
        "suspect-package",
        Category.SECURITY,
        "The package exists, and its own summary says that it is a squat, a reservation, or research into squatting. "
        "Existence is not safety.",
        fires=(),
        passes=("import requests\n", "import dnstwist\n"),
    ),
    Rule(
        "near-name",
        Category.SECURITY,
        "The package exists, is hardly used and recent, and its name is one slip away from a popular one.",
        fires=(),
        passes=("import requests\n", "import numpy\n"),
    ),
    Rule(
        "undeclared-dependency",
        Category.SPECIFICATION,
        "The candidate may use the standard library and the dependencies that it was given; this module is of neither.",
        fires=(),
        passes=("import json\nimport requests\n",),
    ),
    Rule(
        "unresolved-relative-import",
        Category.HALLUCINATION,
        "A relative import names a module that is not among the candidate's files.",
        fires=(),
        passes=("from .sibling import value\n",),
    ),
)

BY_NAME = {rule.name: rule for rule in RULES}
