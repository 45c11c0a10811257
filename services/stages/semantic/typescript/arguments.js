/** Calls with fewer or more arguments than the function takes, where TypeScript's own types say how many. */
"use strict";

const ts = require("typescript");

const WRONG_COUNT = new Set([2554, 2555]);

function* argumentFindings(diagnostics, surroundings) {
  if (!surroundings.isTyped) return;
  for (const diagnostic of diagnostics) {
    if (!WRONG_COUNT.has(diagnostic.code)) continue;
    const node = surroundings.node(diagnostic);
    const call = ts.findAncestor(node, (above) => ts.isCallExpression(above) || ts.isNewExpression(above));
    const declaration = call && surroundings.checker.getResolvedSignature(call)?.declaration;
    if (declaration?.body === undefined || readsArguments(declaration)) continue;
    const counts = /Expected (?:at least )?([\d-]+) arguments?, but got (\d+)/.exec(
      ts.flattenDiagnosticMessageText(diagnostic.messageText, " "),
    );
    if (counts === null) continue;
    const name = (call.expression.name ?? call.expression).text ?? "";
    yield { code: "argument-count", node: call.expression.name ?? call.expression, data: { name, expected: counts[1], given: counts[2] } };
  }
}

/** A function that looks at `arguments` takes more than it names. */
function readsArguments(declaration) {
  return /\barguments\b/.test(declaration.body.getText());
}

module.exports = { argumentFindings };
