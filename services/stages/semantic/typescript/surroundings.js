/** What a file and its neighbours say about names that the compiler does not know of. */
"use strict";

const ts = require("typescript");
const globals = require("globals");
const { isLibrary } = require("./host");

const GLOBALS = new Set(Object.values(globals).flatMap((names) => Object.keys(names)));

/** Calls that give an object members which stand in their arguments. */
const DEFINING = /^(assign|create|defineProperty|defineProperties|extend|mixin|inherits|set|setPrototypeOf|spyOn|stub)$/;

class Surroundings {
  constructor(checker, file, documents) {
    this.checker = checker;
    this.file = file;
    this.documents = documents;
    this.isTyped = /\.([mc]?ts|tsx)$/.test(file.fileName);
    /** Names that are asked for by `typeof`, made by an assignment, or declared by another script. */
    this.provided = new Set();
    /** Members that are given to some object, or looked for before they are used. */
    this.members = new Set();
    /** Assigned expressions, by the name of the variable or member. */
    this.writes = new Map();
    /** Functions that a variable is handed to, by its name. */
    this.takers = new Map();
    for (const document of documents) this.#read(document);
    /** Whether the file shares its names with nobody. One that asks whether it is a module may be none. */
    this.isModule = hasModuleSyntax(file) && !["define", "exports", "module", "require"].some((name) => this.provided.has(name));
  }

  isGlobal(name) {
    return GLOBALS.has(name);
  }

  /** The token that a diagnostic is about. */
  node(diagnostic) {
    return ts.getTokenAtPosition(this.file, diagnostic.start);
  }

  /** Whether a symbol is declared by the language or by Node, and nowhere else. */
  isLibrarySymbol(symbol) {
    const declarations = symbol?.declarations ?? [];
    return declarations.length > 0 && declarations.every((node) => isLibrary(node.getSourceFile().fileName));
  }

  #read(document) {
    if (document !== this.file) for (const name of document.locals?.keys() ?? []) this.provided.add(String(name));
    const waiting = [document];
    // Without recursion: source can be nested deeper than the stack.
    while (waiting.length > 0) {
      const node = waiting.pop();
      this.#note(node);
      ts.forEachChild(node, (child) => void waiting.push(child));
    }
  }

  #note(node) {
    if (ts.isTypeOfExpression(node)) this.#tested(node.expression);
    else if (ts.isPropertyAccessExpression(node) && isTested(node)) this.members.add(node.name.text);
    else if (ts.isBinaryExpression(node)) this.#binary(node);
    else if (ts.isCallExpression(node)) this.#call(node);
    else if (ts.isPropertyDeclaration(node) && node.initializer) this.#write(node.name.text, node.initializer);
    else if (ts.isModuleDeclaration(node) || ts.isInterfaceDeclaration(node)) this.#augments(node);
    else if ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && isStep(node.operator)) {
      this.#written(node.operand, node.operand);
    } else if (ts.isForInStatement(node) || ts.isForOfStatement(node)) {
      this.#made(node.initializer);
      this.#written(node.initializer, undefined);
    }
  }

  #binary(node) {
    const operator = node.operatorToken.kind;
    if (operator === ts.SyntaxKind.EqualsToken) this.#made(node.left);
    if (ts.isAssignmentOperator(operator)) this.#written(node.left, node.right);
    else if (operator === ts.SyntaxKind.InKeyword && ts.isStringLiteralLike(node.left)) this.members.add(node.left.text);
  }

  #call(node) {
    const called = node.expression.name?.text ?? node.expression.text ?? "";
    if (node.questionDotToken !== undefined) this.#tested(node.expression);
    for (const argument of node.arguments) if (ts.isIdentifier(argument)) note(this.takers, argument.text, node.expression);
    if (!DEFINING.test(called)) return;
    for (const argument of node.arguments) {
      if (ts.isStringLiteralLike(argument)) this.members.add(argument.text);
      if (!ts.isObjectLiteralExpression(argument)) continue;
      for (const property of argument.properties) if (property.name?.text) this.members.add(property.name.text);
    }
  }

  /** `interface Array<T> { … }` in a global declaration. */
  #augments(node) {
    for (const member of node.members ?? []) if (member.name?.text) this.members.add(member.name.text);
  }

  #tested(node) {
    const bare = ts.skipParentheses(node);
    if (ts.isIdentifier(bare)) this.provided.add(bare.text);
    if (ts.isPropertyAccessExpression(bare)) this.members.add(bare.name.text);
  }

  /** An assignment to a name that nobody declares makes a global variable, but for strict code. */
  #made(target) {
    if (!ts.isPropertyAccessExpression(target)) for (const name of identifiers(target)) this.provided.add(name);
  }

  #written(target, value) {
    const bare = ts.skipParentheses(target);
    if (ts.isIdentifier(bare)) {
      this.#write(bare.text, value);
    } else if (ts.isPropertyAccessExpression(bare)) {
      this.members.add(bare.name.text);
      this.#write(bare.name.text, value);
      // `window.settings = …` makes a global variable.
      if (/^(window|global|globalThis|self|top|root)$/.test(bare.expression.text ?? "")) this.provided.add(bare.name.text);
    } else if (ts.isElementAccessExpression(bare) && ts.isStringLiteralLike(bare.argumentExpression)) {
      this.members.add(bare.argumentExpression.text);
    } else {
      // A pattern: what it assigns is not followed.
      for (const name of identifiers(bare)) this.#write(name, undefined);
    }
  }

  #write(name, value) {
    note(this.writes, name, value);
  }
}

function note(lists, name, value) {
  if (!lists.has(name)) lists.set(name, []);
  lists.get(name).push(value);
}

function* identifiers(node) {
  const waiting = [node];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (ts.isIdentifier(next)) yield next.text;
    ts.forEachChild(next, (child) => void waiting.push(child));
  }
}

function isStep(operator) {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

/** Whether a member is asked for its truth, as `if (Array.prototype.flat)`, before somebody relies on it. */
function isTested(node) {
  const parent = node.parent;
  if (ts.isBinaryExpression(parent)) return isChoice(parent.operatorToken.kind) || isComparedToNothing(node, parent);
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) return parent.expression === node;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  if (ts.isPropertyAccessExpression(parent)) return parent.questionDotToken !== undefined;
  return ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken;
}

function isChoice(operator) {
  const { AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken } = ts.SyntaxKind;
  return [AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken].includes(operator);
}

function isComparedToNothing(node, { left, right, operatorToken }) {
  const other = left === node ? right : left;
  const isNothing = other.kind === ts.SyntaxKind.NullKeyword || other.text === "undefined";
  return isNothing && /^[!=]==?$/.test(ts.tokenToString(operatorToken.kind) ?? "");
}

function hasModuleSyntax(file) {
  return file.statements.some(isModuleStatement) || file.commonJsModuleIndicator !== undefined;
}

function isModuleStatement(node) {
  return (
    ts.isImportDeclaration(node) ||
    ts.isImportEqualsDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isExportAssignment(node) ||
    (ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
  );
}

module.exports = { Surroundings };
