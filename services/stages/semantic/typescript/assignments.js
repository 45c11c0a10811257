/** Assignments to what was declared a constant, or imported: each throws when it is reached. */
"use strict";

const ts = require("typescript");

const ASSIGNS_CONSTANT = new Set([2588, 2632]);

function* assignmentFindings(diagnostics, surroundings) {
  for (const diagnostic of diagnostics) {
    if (!ASSIGNS_CONSTANT.has(diagnostic.code)) continue;
    const node = surroundings.node(diagnostic);
    if (!ts.isIdentifier(node) || isVariable(surroundings.checker.getSymbolAtLocation(node))) continue;
    yield { code: "assigned-constant", node, data: { name: node.text } };
  }
}

/** `var a = require("a")` is an import to the compiler, and a variable to everyone else. */
function isVariable(symbol) {
  return (symbol?.declarations ?? []).some(
    (node) =>
      (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) &&
      !(ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const),
  );
}

module.exports = { assignmentFindings };
