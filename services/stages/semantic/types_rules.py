"""The rules about members, arguments and names that ty knows not to exist."""

from assay.stage import Category, Severity

from services.stages.rules import Rule

UNKNOWN_ATTRIBUTE = Rule(
    "semantic/unknown-attribute",
    Category.HALLUCINATION,
    Severity.HIGH,
    "An attribute or method is used that the module or class does not have: reaching the line raises AttributeError. "
    "Made-up methods look like those of another library or language. What is set elsewhere, asked for with `hasattr`, "
    "handled with `except AttributeError`, private, or not known to every type that the value can have is not meant.",
    fires=(
        "import os\n\nos.make_directory_tree('a')\n",
        "numbers = [3, 1, 2]\nnumbers.push(4)\n",
        "import datetime\n\n\ndef day(text):\n    return datetime.date.parse(text)\n",
        "import re\n\nre.compile('a').match_all('aa')  # type: ignore\n",
        "from typing import no_type_check\n\n\n@no_type_check\ndef f(name: str):\n    return name.reversed()\n",
    ),
    passes=(
        "import os\n\nif hasattr(os, 'make_directory_tree'):\n    os.make_directory_tree('a')\n",
        "import os\n\ntry:\n    os.getcwdu()\nexcept AttributeError:\n    pass\n",
        "import os\n\nos.startfile('a.txt')\nos.fork()\n",
        "def f():\n    f.calls += 1\n\n\nf.calls = 0\n",
        "from unittest.mock import MagicMock\n\nMagicMock().anything_at_all()\n",
        "class Open:\n    def __getattr__(self, name):\n        return name\n\n\nOpen().anything\n",
        "def f(word: str) -> str:\n    word = list(word)\n    word.sort()\n    return ''.join(word)\n",
        "import re\n\n\ndef f(text):\n    return re.match('a', text).group()\n",
        "import logging\n\nlogging._handlers.clear()\n",
    ),
    confidence=0.95,
)

UNKNOWN_OWN = Rule(
    "semantic/unknown-own-attribute",
    Category.HALLUCINATION,
    Severity.HIGH,
    "The code uses an attribute or method of one of its own classes that this class never defines, sets or inherits. "
    "Classes that are made to be built on (mixins, abstract ones, those with subclasses here) are not meant, nor those "
    "that make attributes while running.",
    fires=(
        "class Counter:\n    count = 0\n\n    def add(self):\n        self.total += 1\n",
        "class Parser:\n    def parse(self, text):\n        return self.tokenise(text)\n",
        "class Point:\n    x = 0\n\n\nprint(Point().y)\n",
    ),
    passes=(
        "class CountMixin:\n    def add(self):\n        self.total += 1\n",
        "class Shape:\n    def describe(self):\n        return self.area()\n\n\n"
        "class Square(Shape):\n    def area(self):\n        return 1\n",
        "class Bag:\n    def __init__(self, **values):\n        self.__dict__.update(values)\n\n"
        "    def total(self):\n        return self.count\n",
        "class Point:\n    pass\n\n\npoint = Point()\npoint.x = 1\nprint(point.x)\n",
    ),
    confidence=0.9,
)

MAYBE_UNKNOWN_OWN = Rule(
    "semantic/maybe-unknown-own-attribute",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "A class uses several attributes or methods that it never defines, sets or inherits, and the code never makes an "
    "object of it: it may be a part of a class that brings them along, or most of it was never written.",
    fires=(
        "class Importer:\n    def run(self, path):\n        rows = self.read_rows(path)\n"
        "        self.check(rows)\n        return self.store(rows)\n",
    ),
    passes=(
        "class Importer:\n    def run(self, path):\n        return self.read_rows(path)\n\n"
        "    def read_rows(self, path):\n        return []\n",
    ),
    confidence=0.6,
)

ATTRIBUTE_OF_ANOTHER = Rule(
    "semantic/attribute-of-another-type",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "An attribute is taken of a parameter whose annotated type has it not, though others have: one of the two "
    "is wrong. Or it is taken of any exception or object, and only some have it.",
    fires=("def last(items: tuple):\n    items.append(1)\n    return items[-1]\n",),
    passes=("def last(items: list):\n    items.append(1)\n    return items[-1]\n",),
    confidence=0.6,
)

UNKNOWN_PACKAGE_MEMBER = Rule(
    "semantic/unknown-package-member",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A name is imported that its module does not define: one of a package in the reference environment, in the version "
    "that the evidence names, or a file of the candidate's. Modules that make names while running are not meant.",
    passes=(
        "from requests import get\n",
        "try:\n    from requests import gett\nexcept ImportError:\n    gett = None\n",
    ),
    confidence=0.95,
)

UNKNOWN_SUBMODULE = Rule(
    "semantic/unknown-submodule",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A module is imported that its package, which is in the reference environment, does not have in the version that "
    "the evidence names. Packages that are namespaces or find modules while running are not meant.",
    passes=("import requests.sessions\n", "import unheard_of.part\n"),
    confidence=0.9,
)

UNKNOWN_ARGUMENT = Rule(
    "semantic/unknown-argument",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A keyword is passed that the function does not take: the call raises TypeError. Functions that take any keyword "
    "are not meant, nor those whose signature is not known.",
    fires=(
        "sorted([1], descending=True)\n",
        "from json import dumps\n\ndumps({}, indentation=2)\n",
        "from datetime import timedelta\n\ntimedelta(months=1)\n",
        "import sqlite3\n\nsqlite3.connect('a', wait=5)\n",
        "def area(width, height):\n    return width * height\n\n\narea(width=1, depth=2, height=3)\n",
    ),
    passes=(
        "import json\n\njson.dumps({}, cls=json.JSONEncoder, anything=1)\n",
        "dict(a=1, b=2)\n",
        "def f(**options):\n    return options\n\n\nf(anything=1)\n",
        "import pytest\n\n\ndef f():\n    pass\n\n\ndef test():\n    with pytest.raises(TypeError):\n        f(a=1)\n",
    ),
    confidence=0.95,
)

UNKNOWN_METHOD_ARGUMENT = Rule(
    "semantic/unknown-method-argument",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A method that Python's built-in types have is given a keyword that none of them takes. What the object is, is not "
    "known; but nothing outside the standard library is imported, and nothing here defines a method of this name.",
    fires=(
        "def fields(line):\n    return line.split(',', max=2)\n",
        "def best(players):\n    players.sort(key=len, descending=True)\n    return players\n",
    ),
    passes=(
        "def fields(line):\n    return line.split(',', maxsplit=2)\n",
        "import pandas\n\n\ndef f(frame):\n    return frame.name.str.split(' ', n=1, expand=True)\n",
        "class Deck:\n    def split(self, into=2):\n        pass\n\n\ndef f(deck):\n    return deck.split(into=3)\n",
        "import shlex\n\n\ndef f(text):\n    return shlex.split(text, comments=True)\n",
    ),
    confidence=0.85,
)

WRONG_ARGUMENTS = Rule(
    "semantic/wrong-arguments",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A call leaves out an argument that the function needs, or passes more than it takes: it raises TypeError. What is "
    "passed by `*` or `**` may be any number and is not meant.",
    fires=(
        "def area(width, height):\n    return width * height\n\n\narea(1)\n",
        "def area(width, height):\n    return width * height\n\n\narea(1, 2, 3)\n",
        "'abc'.upper('en', 1)\n",
        "def sum(a, b):\n    return a + b\n\n\nsum([1, 2])\n",
    ),
    passes=(
        "def area(width, height=1):\n    return width * height\n\n\narea(1)\narea(*[1, 2])\narea(**{'width': 1})\n",
        "print(1, 2, 3)\nmax(1, 2, 3)\nrange(1, 2, 3)\n",
    ),
    confidence=0.9,
)

MODULE_CALLED = Rule(
    "semantic/module-called",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A module is called as if it were the function or class of the same name in it: TypeError.",
    fires=("import datetime\n\ndatetime(2026, 1, 1)\n", "import pprint\n\npprint([1])\n"),
    passes=("from datetime import datetime\n\ndatetime(2026, 1, 1)\n",),
)

TYPE_RULES = (
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_OWN,
    MAYBE_UNKNOWN_OWN,
    ATTRIBUTE_OF_ANOTHER,
    UNKNOWN_PACKAGE_MEMBER,
    UNKNOWN_SUBMODULE,
    UNKNOWN_ARGUMENT,
    UNKNOWN_METHOD_ARGUMENT,
    WRONG_ARGUMENTS,
    MODULE_CALLED,
)
