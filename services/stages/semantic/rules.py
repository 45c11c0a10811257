"""The rules of the semantic stage: what each means, with examples that it must find and must leave alone."""

from assay.stage import Category, Severity

from services.stages.rules import Rule
from services.stages.semantic.types_rules import TYPE_RULES

UNKNOWN_PACKAGE = Rule(
    "semantic/unknown-package",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A module is imported that neither the standard library, nor the candidate's own files, nor any package has. Names "
    "made up by a model look just like this, and anyone may register them. Missing from one machine is not meant: the "
    "names are those of the whole package index.",
    fires=(
        "import quantum_flux_serializer\n",
        "from invoice_layout_detective import scan\n",
        "def f():\n    import importlib\n    return importlib.import_module('nebula_rate_shaper')\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from velvet_json_turbo import Decoder\n",
        "import os\nimport reqeusts\ndef broken(:\n",
    ),
    passes=(
        "import numpy\nimport yaml\nimport cv2\nfrom PIL import Image\nimport sklearn.linear_model\n",
        "from google.cloud import storage\nimport google.protobuf.message\nimport ruamel.yaml\nimport pkg_resources\n",
        "import bpy\nimport gdb\nfrom xbmc import log\nimport rospy\nfrom gi.repository import Gtk\n",
        "from utils import load\nfrom models import User\nimport config\nfrom .sibling import value\n",
        "text = 'import quantum_flux_serializer'\n# import quantum_flux_serializer\n",
        "try:\n    import velvet_json_turbo\nexcept ImportError:\n    import json as velvet_json_turbo\n",
        "from billing_utils import charge\nfrom acme.shop.models import Order\nfrom my_project import main\n",
    ),
    confidence=0.9,
)

UNKNOWN_OPTIONAL = Rule(
    "semantic/unknown-optional-import",
    Category.HALLUCINATION,
    Severity.LOW,
    "Something is imported that does not exist, where the code provides for its absence: in a `try` that handles "
    "ImportError, or under a check of platform or version. It may be private to a project, or of an old version.",
    fires=(
        "try:\n    import velvet_json_turbo\nexcept ImportError:\n    import json as velvet_json_turbo\n",
        "try:\n    from os import make_directory_tree\nexcept ImportError:\n    make_directory_tree = None\n",
        "import pytest\nvelvet = pytest.importorskip('velvet_json_turbo')\n",
    ),
    passes=(
        "try:\n    import orjson as json\nexcept ImportError:\n    import json\n",
        "import sys\nif sys.platform == 'win32':\n    import winreg, msvcrt\nelse:\n    import fcntl\n",
    ),
    confidence=0.6,
)

UNKNOWN_LOCAL = Rule(
    "semantic/unknown-local-module",
    Category.HALLUCINATION,
    Severity.LOW,
    "A module is imported that nothing provides, and that is named as people name the modules of their own project. "
    "Most likely the candidate is a part of that project.",
    fires=("from billing_utils import charge\n", "from acme_shop.models import Order\n", "import _speedups_for_acme\n"),
    passes=("from utils import load\n", "from .billing_utils import charge\n"),
    confidence=0.5,
)

UNKNOWN_STDLIB_MODULE = Rule(
    "semantic/unknown-stdlib-module",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A submodule is imported that no version of the standard library has.",
    fires=("import os.paths\n", "from concurrent.future import ThreadPoolExecutor\n", "import time.sleep\n"),
    passes=(
        "import os.path\nimport xml.etree.ElementTree as ET\nimport concurrent.futures\n",
        "import winreg\nimport msvcrt\nimport _winapi\nimport importlib.resources.abc\n",
        "from profile.models import Profile\n",
    ),
)

UNKNOWN_MEMBER = Rule(
    "semantic/unknown-import-member",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A name is imported from a module of the standard library that no version of it defines, on any platform.",
    fires=(
        "from os import make_directory_tree\n",
        "from __future__ import braces_off\n",
        "from json import (\n    loads,\n    parse,\n)\n",
        "from collections import OrderedDictionary as Ordered\n",
    ),
    passes=(
        "from os import O_BINARY, startfile, fork\nfrom signal import CTRL_C_EVENT\nfrom os import sys\n",
        "from concurrent import futures\nfrom xml.etree import ElementTree\nfrom os import path\n",
        "from typing import *\nfrom collections import abc, OrderedDict\nfrom calendar import January, MONDAY\n",
    ),
)

REMOVED = Rule(
    "semantic/removed-from-stdlib",
    Category.ENVIRONMENT,
    Severity.MEDIUM,
    "A module or name of the standard library that the candidate's Python version no longer has: the code was written "
    "for an older one. Python 2's renamed modules count.",
    fires=(
        "import telnetlib\n",
        "import urllib2\n",
        "from collections import Mapping\n",
        "from distutils.core import setup\n",
    ),
    passes=(
        "try:\n    import urllib2\nexcept ImportError:\n    import urllib.request as urllib2\n",
        "import sys\nif sys.version_info < (3, 12):\n    import distutils\n",
        "from collections.abc import Mapping\nimport urllib.request\n",
    ),
)

NEWER = Rule(
    "semantic/newer-than-python",
    Category.ENVIRONMENT,
    Severity.MEDIUM,
    "A module or name of the standard library that came after the candidate's Python version.",
    fires=("import annotationlib\n", "from string import templatelib\n", "import compression.zstd\n"),
    passes=(
        "import tomllib\nfrom itertools import batched\n",
        "try:\n    import annotationlib\nexcept ImportError:\n    annotationlib = None\n",
    ),
)

SUSPECT_PACKAGE = Rule(
    "semantic/suspect-package",
    Category.SECURITY,
    Severity.MEDIUM,
    "The package exists, and its own summary says that it is a squat, a reservation, or research into squatting: what "
    "it holds is not what the code expects. Existence is not safety.",
    fires=("import fastapi_reverse_orm\n", "from fastapi_reverse_orm import Model as M\n"),
    passes=("import requests\nimport dnstwist\n",),
    confidence=0.7,
)

NEAR_NAME = Rule(
    "semantic/near-name",
    Category.SECURITY,
    Severity.LOW,
    "The package exists, is hardly used and recent, and its name is one slip away from a popular one.",
    fires=("import matprotlib\n",),
    passes=("import requests\nimport numpy\nimport boto3\nimport pydantic.config\n",),
    confidence=0.5,
)

UNDECLARED = Rule(
    "semantic/undeclared-dependency",
    Category.SPECIFICATION,
    Severity.MEDIUM,
    "The candidate may use the standard library and the dependencies that it was given; this module is of neither.",
    passes=("import json\nimport requests\n",),
)

UNRESOLVED_RELATIVE = Rule(
    "semantic/unresolved-relative-import",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "A relative import names a module that is not among the candidate's files. A candidate of one file is not judged: "
    "what stands beside it is not known.",
    passes=("from .sibling import value\nfrom .. import other\n",),
    confidence=0.7,
)

IMPORT_RULES = (
    UNKNOWN_PACKAGE,
    UNKNOWN_OPTIONAL,
    UNKNOWN_LOCAL,
    UNKNOWN_STDLIB_MODULE,
    UNKNOWN_MEMBER,
    REMOVED,
    NEWER,
    SUSPECT_PACKAGE,
    NEAR_NAME,
    UNDECLARED,
    UNRESOLVED_RELATIVE,
)
"""Those of the part that judges imports."""

RULES = (*IMPORT_RULES, *TYPE_RULES)
