/** Names that are imported from a module which does not have them. */
"use strict";

const ts = require("typescript");
const { isLibrary } = require("./host");
const { suggestion } = require("./names");
const { existsHere } = require("./runtime");

const MISSING_EXPORT = new Set([2305, 2614, 2724]);

function* exportFindings(diagnostics, surroundings) {
  for (const diagnostic of diagnostics) {
    if (!MISSING_EXPORT.has(diagnostic.code)) continue;
    const node = surroundings.node(diagnostic);
    const specifier = specifierOf(node);
    if (specifier === undefined || isOptional(node) || existsHere(specifier.text, node.text)) continue;
    if (!isClosed(specifier, surroundings)) continue;
    const owner = `module ${specifier.text.slice(0, 100)}`;
    yield { code: "unknown-export", node, data: { name: node.text, owner, nearest: suggestion(diagnostic) } };
  }
}

/** The module's name in `import { a } from "m"`, and in `const { a } = require("m")`. */
function specifierOf(node) {
  const imported = ts.findAncestor(node, (above) => above.moduleSpecifier !== undefined);
  if (imported !== undefined) return imported.moduleSpecifier;
  const required = ts.findAncestor(node, ts.isVariableDeclaration)?.initializer;
  return required?.arguments?.[0];
}

/** `const { a = … } = require("m")`. */
function isOptional(node) {
  return ts.isBindingElement(node.parent) && node.parent.initializer !== undefined;
}

/** Whether all that a module exports is known: it is Node's, or has declarations and hands on nobody else's. */
function isClosed(specifier, surroundings) {
  const module = surroundings.checker.getSymbolAtLocation(specifier);
  return (module?.declarations ?? []).every((node) => {
    const file = node.getSourceFile();
    if (isLibrary(file.fileName)) return true;
    return file.statements.some(exportsNames) && !file.statements.some(handsOn);
  });
}

function exportsNames(node) {
  return (
    ts.isExportDeclaration(node) ||
    ts.isExportAssignment(node) ||
    (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  );
}

function handsOn(node) {
  return ts.isExportDeclaration(node) && node.exportClause === undefined;
}

module.exports = { exportFindings };
