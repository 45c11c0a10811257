"""Rules about names and members that JavaScript and TypeScript do not have, as TypeScript's compiler tells."""

from assay.stage import Category, Severity

from services.stages.rules import Example, Rule


def _js(text: str) -> Example:
    return Example(text, "javascript")


def _ts(text: str) -> Example:
    return Example(text, "typescript")


UNDEFINED_NAME = Rule(
    "semantic/undefined-name",
    Category.HALLUCINATION,
    Severity.HIGH,
    "The code uses a name that it neither declares nor imports, and that neither the language, nor Node.js, nor any "
    "browser has: reaching it throws a ReferenceError. The file is a module, whose names are all its own, or was "
    "asked for as a whole, or declares a name nearly the same. What is asked for by `typeof` first, and what "
    "another file of the candidate declares, is not meant.",
    fires=(
        _js("const fs = require('fs');\n\nmodule.exports = (file) => parseTable(fs.readFileSync(file, 'utf8'));\n"),
        _js(
            "function total(prices) {\n  let sum = 0;\n  for (const price of prices) sum += prise;\n  return sum;\n}\n"
        ),
        _js("// @ts-nocheck\nexport const area = (radius) => squareOf(radius); /* eslint-disable-line */\n"),
        _ts("export function greet(name: string): string {\n  return format(name, locale);\n}\n"),
    ),
    passes=(
        _js("module.exports = () => (typeof window === 'undefined' ? null : window.location.href);\n"),
        _js("if (typeof sharedCache !== 'undefined') sharedCache.clear();\nexport const ready = true;\n"),
        _js("describe('sum', () => {\n  it('adds', () => {\n    expect(1 + 1).toBe(2);\n  });\n});\nexport {};\n"),
        _js("export const show = () => $('#box').text(document.title || chrome.runtime.id);\n"),
        _js(
            "(function (mod) {\n  if (typeof exports == 'object') mod(require('shapes'));\n"
            "  else mod(Shapes);\n})(Object.keys);\n"
        ),
        _ts("declare const BUILD: string;\nexport const build = (): string => BUILD;\n"),
    ),
    confidence=0.9,
)

UNDEFINED_GLOBAL = Rule(
    "semantic/undefined-global",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "The code uses a name that it does not declare, and that something around it may: another script of the same "
    "page, a library that the page loads, or a build that fills in constants.",
    fires=(
        _js("function draw(shape) {\n  return renderShape(shape);\n}\n"),
        _js("import './styles.css';\nexport const version = __APP_VERSION__;\n"),
    ),
    passes=(
        _js("function draw(shape) {\n  return shape.area;\n}\n"),
        _js("counter = 0;\nfunction next() {\n  return counter++;\n}\n"),
    ),
    confidence=0.6,
)

UNKNOWN_TYPE = Rule(
    "semantic/unknown-type",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "A type is named that the code neither declares nor imports. The compiler refuses the file; what the code does "
    "when it runs does not depend on it, and the file may be a part of something that declares it.",
    fires=(_ts("export function total(orders: PricedOrder[]): number {\n  return orders.length;\n}\n"),),
    passes=(
        _ts("export function keys(all: Record<string, Promise<Buffer>>): string[] {\n  return Object.keys(all);\n}\n"),
        _ts("import { Order } from './orders';\nexport const count = (orders: Order[]): number => orders.length;\n"),
        _js("export function total(/** @type {PricedOrder[]} */ orders) {\n  return orders.length;\n}\n"),
    ),
    confidence=0.6,
)

UNKNOWN_PROPERTY = Rule(
    "semantic/unknown-property",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A member is used that its object does not have: of the language's own objects, of a module of Node.js, or, in "
    "TypeScript, of a class or interface of the candidate's. In JavaScript a variable counts as what it was first "
    "given only where nothing else is ever assigned to it. Elements of a page, errors and `process` are left alone, "
    "and so are members that the code itself adds, or asks for before it uses them.",
    fires=(
        _js("const words = ['a', 'b'];\nconsole.log(words.contains('a'));\n"),
        _js("const fs = require('fs');\nfs.readFileAsync('data.json');\n"),
        _js("const bounded = Math.clamp(12, 0, 10);\nconsole.log(bounded);\n"),
        _js("export const shout = (text) => `${text}!`.toUpper();\n"),
        _ts("class Stack {\n  items: number[] = [];\n}\nexport const top = (stack: Stack) => stack.peek();\n"),
    ),
    passes=(
        _js("let found = '';\nfound = [];\nfound.push('a');\n"),
        _js("Array.prototype.contains = function (x) {\n  return this.includes(x);\n};\n[1].contains(1);\n"),
        _js("if (Math.clamp) console.log(Math.clamp(1, 2, 3));\n"),
        _js("document.getElementById('name').value = 'x';\nconst e = new Error('x');\ne.code = 'E';\nthrow e;\n"),
        _js("class Stack {\n  push(item) {\n    return this.store(item);\n  }\n}\nnew Stack().pop();\n"),
        _ts("interface Shape {\n  area(): number;\n}\nexport const all = (of: Shape[]) => of.map((x) => x.area());\n"),
    ),
    confidence=0.9,
)

UNKNOWN_EXPORT = Rule(
    "semantic/unknown-export",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A name is imported from a module that does not have it: one of Node.js, or one among the candidate's own files "
    "that says what it exports.",
    fires=(
        _js("import { readFileAsync } from 'node:fs';\nexport const load = () => readFileAsync('a');\n"),
        _js("const { joinPaths } = require('path');\nmodule.exports = joinPaths;\n"),
        _ts("import { EventBus } from 'events';\nexport const bus = new EventBus();\n"),
    ),
    passes=(
        _js("const { join, posix } = require('node:path');\nimport('node:fs').then(({ promises }) => promises);\n"),
        _js("import { anything } from 'some-package';\nimport { other } from './not-here.js';\nanything(other);\n"),
        _js("const { oldName = null } = require('util');\nmodule.exports = oldName;\n"),
    ),
    confidence=0.95,
)

ARGUMENT_COUNT = Rule(
    "semantic/argument-count",
    Category.HALLUCINATION,
    Severity.MEDIUM,
    "In TypeScript a function of the candidate's is called with fewer or more arguments than it declares. In "
    "JavaScript, where what is missing is undefined and what is too much is dropped, nobody is told.",
    fires=(
        _ts("const area = (width: number, height: number): number => width * height;\nexport const one = area(1);\n"),
    ),
    passes=(
        _ts("const area = (width: number, height = width): number => width * height;\nexport const one = area(1);\n"),
        _ts("export function all(first: string): number {\n  return arguments.length;\n}\nall('a');\n"),
        _js("const area = (width, height) => width * (height ?? width);\nmodule.exports = area(1);\n"),
    ),
    confidence=0.8,
)

ASSIGNED_CONSTANT = Rule(
    "semantic/assigned-constant",
    Category.RUNTIME,
    Severity.HIGH,
    "Something is assigned to what was declared with `const` or imported: reaching it throws a TypeError.",
    fires=(_js("const total = 0;\nfor (const price of [1, 2]) total += price;\nconsole.log(total);\n"),),
    passes=(_js("const sums = { total: 0 };\nfor (const price of [1, 2]) sums.total += price;\nconsole.log(sums);\n"),),
    confidence=0.95,
)

RULES = (
    UNDEFINED_NAME,
    UNDEFINED_GLOBAL,
    UNKNOWN_TYPE,
    UNKNOWN_PROPERTY,
    UNKNOWN_EXPORT,
    ARGUMENT_COUNT,
    ASSIGNED_CONSTANT,
)
