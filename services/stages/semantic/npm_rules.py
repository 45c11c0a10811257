"""Rules about packages and built-in modules that JavaScript and TypeScript import."""

from assay.stage import Category, Severity

from services.stages.rules import Example, Rule


def _js(text: str) -> Example:
    return Example(text, "javascript")


UNKNOWN_NODE_MODULE = Rule(
    "semantic/unknown-node-module",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A module is imported with the prefix `node:` that no supported version of Node.js has. Nobody else can add "
    "modules under that prefix.",
    fires=(
        _js("import { watch } from 'node:filesystem';\nwatch('.');\n"),
        _js("const pool = require('node:worker-threads');\nmodule.exports = pool;\n"),
    ),
    passes=(
        _js("import test from 'node:test';\nimport { readFile } from 'node:fs/promises';\ntest(readFile);\n"),
        _js("const { DatabaseSync } = require('node:sqlite');\nmodule.exports = DatabaseSync;\n"),
    ),
)

MISSPELT_PACKAGE = Rule(
    "semantic/misspelt-npm-package",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "A package is imported that the catalog does not know, and whose name is one slip away from that of a popular "
    "one. Who installs it gets an error, or what somebody put there for such slips.",
    fires=(
        _js("const express = require('expressq');\nexpress();\n"),
        _js("import mongoose from 'mongoosse';\nmongoose;\n"),
    ),
    passes=(
        _js("const express = require('express');\nexpress();\n"),
        _js("import x from 'invoice-layouts-of-ours';\nx();\n"),
    ),
    confidence=0.7,
)

UNKNOWN_PACKAGE = Rule(
    "semantic/unknown-npm-package",
    Category.HALLUCINATION,
    Severity.LOW,
    "A package is imported that the catalog does not know. It knows those that somebody downloads, not the whole "
    "registry, and private packages stand in none: the name may exist, and may be made up.",
    fires=(
        _js("import { scan } from 'invoice-layout-detective';\nscan();\n"),
        _js("export { render } from '@quantum-flux/serializer';\n"),
        _js("import('velvet-json-turbo').then((turbo) => turbo.parse('1'));\n"),
    ),
    passes=(
        _js("import React from 'react';\nimport { map } from 'lodash/fp';\nimport x from '@babel/core/lib/x';\n"),
        _js("import a from './a';\nimport b from '@/b';\nimport c from '~/c';\nimport d from '#d';\n"),
        _js("const fs = require('fs');\nconst { join } = require('path');\nmodule.exports = { fs, join };\n"),
        _js("// require('velvet-json-turbo')\nconst text = \"import 'velvet-turbo'\";\nload('velvet-json-turbo');\n"),
        _js("import x from 'https://example.org/x.js';\nimport y from 'bun:test';\nimport z from 'virtual:pages';\n"),
    ),
    confidence=0.5,
)

NEAR_NAME = Rule(
    "semantic/near-npm-name",
    Category.SECURITY,
    Severity.LOW,
    "The package exists, is hardly used, and its name is one slip away from one of the most used.",
    fires=(_js("const express = require('expresss');\nexpress();\n"),),
    passes=(
        _js("import preact from 'preact';\nimport chalk from 'chalk';\nimport ws from 'ws';\nws(preact, chalk);\n"),
    ),
    confidence=0.5,
)

RULES = (UNKNOWN_NODE_MODULE, MISSPELT_PACKAGE, UNKNOWN_PACKAGE, NEAR_NAME)
