/**
 * Whether what the compiler takes an expression's type to be is its type.
 *
 * In TypeScript a wrong type is the author's error. In JavaScript the compiler takes a variable for what was first
 * assigned to it, and a parameter for its default: a guess, unless nothing else is ever assigned.
 */
"use strict";

const ts = require("typescript");

const MAX_STEPS = 40;

function isTrusted(node, surroundings) {
  return surroundings.isTyped || new Trust(surroundings).expression(node);
}

class Trust {
  #steps = MAX_STEPS;

  constructor(surroundings) {
    this.surroundings = surroundings;
    this.checker = surroundings.checker;
  }

  expression(node) {
    this.#steps -= 1;
    if (this.#steps < 0) return false;
    const bare = ts.skipParentheses(node);
    if (ts.isIdentifier(bare)) return this.#identifier(bare);
    if (ts.isPropertyAccessExpression(bare)) return this.#member(bare);
    if (ts.isCallExpression(bare)) return this.#call(bare);
    if (ts.isNewExpression(bare)) return this.#isLibrary(bare.expression) && this.expression(bare.expression);
    if (ts.isAwaitExpression(bare)) return this.#awaited(bare);
    if (ts.isConditionalExpression(bare)) return this.expression(bare.whenTrue) && this.expression(bare.whenFalse);
    if (ts.isBinaryExpression(bare)) return this.#binary(bare);
    return ts.isTemplateExpression(bare) || ts.isLiteralExpression(bare) || ts.isArrayLiteralExpression(bare);
  }

  #identifier(node) {
    const symbol = this.checker.getSymbolAtLocation(node);
    if (symbol === undefined) return false;
    if (this.surroundings.isLibrarySymbol(symbol)) return true;
    if (symbol.declarations?.length !== 1) return false;
    const [declaration] = symbol.declarations;
    if (isImport(declaration)) return this.#isImported(symbol);
    return ts.isVariableDeclaration(declaration)
      ? this.#variable(declaration, node.text)
      : ts.isBindingElement(declaration) && this.#element(declaration, node.text);
  }

  /** `import fs from "node:fs"`, and members of it. */
  #isImported(symbol) {
    if (!(symbol.flags & ts.SymbolFlags.Alias)) return false;
    return this.surroundings.isLibrarySymbol(this.checker.getAliasedSymbol(symbol));
  }

  #variable(declaration, name) {
    if (declaration.initializer === undefined || !ts.isIdentifier(declaration.name)) return false;
    if (this.#isHandedOn(name) || !this.#isNeverOther(name, declaration.initializer)) return false;
    return this.expression(declaration.initializer);
  }

  /** Whether a variable is given to a function of which nothing is known: it may add members, as promisifyAll does. */
  #isHandedOn(name) {
    const takers = this.surroundings.takers.get(name) ?? [];
    return takers.some((taker) => (this.checker.getTypeAtLocation(taker).flags & ts.TypeFlags.Any) !== 0);
  }

  /** `const { join } = require("node:path")`. */
  #element(element, name) {
    const declaration = element.parent.parent;
    if (element.initializer !== undefined || !ts.isVariableDeclaration(declaration)) return false;
    if (declaration.initializer === undefined || this.surroundings.writes.has(name)) return false;
    return this.#isLibrary(element.propertyName ?? element.name) && this.expression(declaration.initializer);
  }

  /** Whether all that is assigned to a name, wherever a name like it is assigned to, has the type of its first value. */
  #isNeverOther(name, first) {
    const type = this.#widened(first);
    const writes = this.surroundings.writes.get(name) ?? [];
    return writes.every((value) => value !== undefined && this.#widened(value) === type && this.expression(value));
  }

  #widened(node) {
    const type = this.checker.getTypeAtLocation(node);
    const shape = this.checker.getApparentType(this.checker.getBaseTypeOfLiteralType(type));
    return shape.getSymbol() ?? shape;
  }

  #member(node) {
    const symbol = this.checker.getSymbolAtLocation(node.name);
    if (this.surroundings.isLibrarySymbol(symbol)) return !this.#isGeneric(symbol) && this.expression(node.expression);
    const writes = this.surroundings.writes.get(node.name.text) ?? [];
    return writes.length > 0 && writes[0] !== undefined && this.#isNeverOther(node.name.text, writes[0]);
  }

  #isGeneric(symbol) {
    const declaration = symbol.valueDeclaration;
    // What a method returns is asked of its call.
    if (declaration?.type === undefined || ts.isFunctionLike(declaration)) return false;
    return mentionsParameter(declaration.type, this.checker);
  }

  #call(node) {
    if (isRequire(node)) return true;
    const declaration = this.checker.getResolvedSignature(node)?.declaration;
    if (declaration?.type === undefined || !this.#isLibrary(node.expression)) return false;
    if (mentionsParameter(declaration.type, this.checker) && !isContainer(declaration.type, this.checker)) return false;
    return this.expression(node.expression);
  }

  /** What comes out of a promise of some kind is of that kind; of a promise of anything, anything. */
  #awaited(node) {
    const inner = ts.skipParentheses(node.expression);
    if (!ts.isCallExpression(inner)) return false;
    const declared = this.checker.getResolvedSignature(inner)?.declaration?.type;
    return declared !== undefined && !mentionsParameter(declared, this.checker) && this.#call(inner);
  }

  #binary({ left, operatorToken, right }) {
    if (operatorToken.kind !== ts.SyntaxKind.PlusToken) return false;
    return ts.isStringLiteralLike(left) || ts.isStringLiteralLike(right);
  }

  #isLibrary(node) {
    const symbol = this.checker.getSymbolAtLocation(ts.isPropertyAccessExpression(node) ? node.name : node);
    if (symbol === undefined) return false;
    if (this.surroundings.isLibrarySymbol(symbol)) return true;
    const type = this.checker.getTypeAtLocation(node).getSymbol();
    return type !== undefined && this.surroundings.isLibrarySymbol(type);
  }
}

function isImport(node) {
  return ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node);
}

function isRequire(node) {
  return node.expression.text === "require" && node.arguments.length === 1 && ts.isStringLiteralLike(node.arguments[0]);
}

/** `T[]`, `Promise<T>`: known by itself, whatever it holds. */
function isContainer(node, checker) {
  if (ts.isArrayTypeNode(node)) return true;
  const named = ts.isTypeReferenceNode(node) ? checker.getTypeFromTypeNode(node).symbol : undefined;
  return named !== undefined && (named.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0;
}

function mentionsParameter(node, checker) {
  if (ts.isThisTypeNode(node)) return true;
  if (ts.isTypeReferenceNode(node) && checker.getTypeFromTypeNode(node).flags & ts.TypeFlags.TypeParameter) return true;
  return ts.forEachChild(node, (child) => mentionsParameter(child, checker) || undefined) ?? false;
}

module.exports = { isTrusted };
