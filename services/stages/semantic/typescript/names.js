/** Names that nothing declares. */
"use strict";

const ts = require("typescript");

/** "Cannot find name", with all that the compiler may guess behind it. */
const MISSING_VALUE = new Set([2304, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2662, 2663, 18004]);
const MISSING_NAMESPACE = new Set([2503, 2833]);

/** Namespaces of types that surroundings declare without an import. */
const TYPE_NAMESPACES = new Set("Chai Cypress Electron Express GeoJSON JSX NodeJS React WebdriverIO chrome google jest vi".split(" "));

/** What libraries are called that a page loads by a script element of its own. */
const BY_SCRIPT_ELEMENT = new Set(
  (
    "$ _ angular axios bootstrap Chart ko d3 dayjs firebase ga gapi google grecaptcha gtag Handlebars Highcharts htmx io " +
    "L Leaflet mapboxgl MathJax moment Mustache p5 Phaser Plotly Popper Prism React ReactDOM Redux Rx Stripe Sortable " +
    "Swal THREE tinymce toastr Vue Vuex"
  ).split(" "),
);

/** `__DEV__`, `BUILD_VERSION`, `$scope`: put there by a build, or by a frame of which this is a part. */
const BY_BUILD = /^(__\w+|\w+__|[A-Z][A-Z0-9_]+|[$_].*)$/;

function* nameFindings(diagnostics, surroundings) {
  const told = new Set();
  for (const diagnostic of diagnostics) {
    const isNamespace = MISSING_NAMESPACE.has(diagnostic.code);
    if (!isNamespace && !MISSING_VALUE.has(diagnostic.code)) continue;
    const node = surroundings.node(diagnostic);
    if (!ts.isIdentifier(node) || told.has(node.text) || isKnown(node.text, surroundings)) continue;
    const isType = isNamespace || isInType(node);
    // Types are no part of JavaScript; where one stands, the file is written in something else.
    if (isType && (!surroundings.isTyped || TYPE_NAMESPACES.has(node.text))) continue;
    told.add(node.text);
    const nearest = suggestion(diagnostic);
    const alone = !ts.isShorthandPropertyAssignment(node.parent);
    const isSlip = nearest !== "" && isDeclaredHere(nearest, node, surroundings);
    yield { code: kind(node.text, isType, isSlip, surroundings), node, data: { name: node.text, nearest, alone } };
  }
}

function isKnown(name, surroundings) {
  if (name === "" || surroundings.isGlobal(name) || surroundings.provided.has(name)) return true;
  return BY_SCRIPT_ELEMENT.has(name) && !surroundings.isModule;
}

/** Whether a name that may have been meant is the code's own: those of the language are like many others. */
function isDeclaredHere(name, node, { checker, isLibrarySymbol }) {
  const symbol = checker.resolveName(name, node, ts.SymbolFlags.Value, false);
  return symbol !== undefined && !isLibrarySymbol(symbol);
}

function kind(name, isType, isSlip, surroundings) {
  if (isType) return "unknown-type";
  if (BY_SCRIPT_ELEMENT.has(name) || BY_BUILD.test(name)) return "undefined-global";
  return isSlip || surroundings.isModule ? "undefined-name" : "undefined-in-script";
}

function isInType(node) {
  return ts.isPartOfTypeNode(node) || ts.findAncestor(node, ts.isTypeNode) !== undefined || ts.isPartOfTypeQuery(node);
}

/** What the compiler takes to be meant; empty where it has no idea. */
function suggestion({ messageText }) {
  const text = ts.flattenDiagnosticMessageText(messageText, " ");
  return /Did you mean (?:the \w+ member )?'([^']{1,100})'/.exec(text)?.[1] ?? "";
}

module.exports = { nameFindings, suggestion };
