/** Members that a value of a known type does not have. */
"use strict";

const ts = require("typescript");
const { suggestion } = require("./names");
const { existsHere, isShared } = require("./runtime");
const { isTrusted } = require("./trust");

const MISSING_MEMBER = new Set([2339, 2551, 2550, 2568, 2576]);

/** Objects to which their surroundings add what they like. */
const OPEN = new Set(["Object", "Process", "ProcessEnv", "Window", "globalThis"]);

function* memberFindings(diagnostics, surroundings) {
  const told = new Set();
  for (const diagnostic of diagnostics) {
    if (!MISSING_MEMBER.has(diagnostic.code)) continue;
    const name = surroundings.node(diagnostic);
    const receiver = receiverOf(name);
    if (receiver === undefined || surroundings.members.has(name.text)) continue;
    const owner = ownerOf(receiver, name, surroundings);
    if (owner === undefined || told.has(`${owner}.${name.text}`)) continue;
    told.add(`${owner}.${name.text}`);
    const alone = ts.isPropertyAccessExpression(name.parent);
    const nearest = suggestion(diagnostic);
    yield { code: "unknown-member", node: name, data: { name: name.text, owner, nearest, alone } };
  }
}

/** What a member is asked of: in `a.b`, and in `const { b } = a`. */
function receiverOf(name) {
  const { parent } = name;
  // Members that begin so are a library's own affair, and types leave them out.
  if (!ts.isIdentifier(name) || name.text.startsWith("_")) return undefined;
  if (ts.isPropertyAccessExpression(parent) && parent.name === name) return parent.expression;
  if (!ts.isBindingElement(parent) || parent.initializer !== undefined) return undefined;
  const declaration = parent.parent.parent;
  return ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
}

/** What has no such member, in words; undefined where that is not certain. */
function ownerOf(receiver, name, surroundings) {
  const { checker } = surroundings;
  const type = checker.getNonNullableType(checker.getTypeAtLocation(receiver));
  const parts = type.isUnion() ? type.types : [type];
  if (!parts.every((part) => lacks(part, name.text, surroundings))) return undefined;
  if (!isTrusted(receiver, surroundings)) return undefined;
  return label(parts[0], checker);
}

/** Whether a type is known in full, closed, and without the member. */
function lacks(type, name, surroundings) {
  const { checker } = surroundings;
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never | ts.TypeFlags.TypeParameter)) return false;
  const shape = checker.getApparentType(type);
  const symbol = shape.getSymbol();
  if (symbol === undefined || shape.getProperty(name) !== undefined || OPEN.has(symbol.name)) return false;
  if (isFunction(shape, symbol)) return false;
  if (!surroundings.isLibrarySymbol(symbol)) return surroundings.isTyped && isClosed(symbol, shape);
  if (isModule(symbol)) return !existsHere(symbol.name.replace(/"/g, ""), name);
  return !isOfPage(symbol, shape) && !isError(shape) && !existsHere(symbol.name, name);
}

/** Whether it is a function, to which anybody may add; constructors of the language's own are known in full. */
function isFunction(shape, symbol) {
  return shape.getCallSignatures().length > 0 ? !/Constructor$/.test(symbol.name) : /Function$/.test(symbol.name);
}

/** What is declared here, and extends nothing that is not known; object literals are lists of what was first put in. */
function isClosed(symbol, shape) {
  if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.Enum))) return false;
  const clauses = symbol.declarations.flatMap((node) => node.heritageClauses ?? []);
  const named = clauses.filter((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword).flatMap(({ types }) => [...types]);
  const bases = shape.getBaseTypes?.() ?? [];
  // A base of which nothing is known is left out by the compiler.
  return bases.length >= named.length && bases.every((base) => base.symbol !== undefined && isClosed(base.symbol, base));
}

/**
 * Elements of a page are declared one way and used as what they turn out to be; each may have what any of them has, and
 * so may events. What Node has as well, such as `Crypto` and `Response`, is known in full.
 */
function isOfPage(symbol, shape) {
  if (!symbol.declarations.some((node) => /lib\.(dom|webworker)\b/.test(node.getSourceFile().fileName))) return false;
  const isTarget = ["addEventListener", "preventDefault"].some((name) => shape.getProperty(name) !== undefined);
  return symbol.name !== "Console" && (isTarget || !isShared(symbol.name));
}

function isError(shape) {
  return shape.getProperty("stack") !== undefined && shape.getProperty("message") !== undefined;
}

/** Whether it is a module, and no class that has types of its own below it. */
function isModule({ flags }) {
  return (flags & ts.SymbolFlags.ValueModule) !== 0 && (flags & ts.SymbolFlags.Class) === 0;
}

function label(type, checker) {
  const symbol = checker.getApparentType(type).getSymbol();
  if (isModule(symbol)) return `module ${symbol.name.replace(/"/g, "")}`;
  return symbol.name.replace(/Constructor$/, "").slice(0, 100);
}

module.exports = { memberFindings };
