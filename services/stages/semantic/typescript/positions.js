/** Findings as the protocol has them: lines from 0, columns from 0 in code points. */
"use strict";

const ERROR = 1;
/** The compiler ends lines at U+2028 too, which nobody else does. */
const LINE_END = /\r\n|\r|\n/g;

/** @returns a diagnostic whose code names what was found; what a message is made of stands in its data. */
function place({ code, node, data }, file) {
  return {
    range: { start: position(file, node.getStart(file)), end: position(file, node.getEnd()) },
    severity: ERROR,
    code,
    message: code,
    data,
  };
}

const starts = new WeakMap();

function lineStarts(file) {
  if (!starts.has(file)) starts.set(file, [0, ...[...file.text.matchAll(LINE_END)].map((end) => end.index + end[0].length)]);
  return starts.get(file);
}

function position(file, offset) {
  const lines = lineStarts(file);
  let [line, after] = [0, lines.length];
  while (after - line > 1) {
    const middle = (line + after) >> 1;
    if (lines[middle] <= offset) line = middle;
    else after = middle;
  }
  return { line, character: [...file.text.slice(lines[line], offset)].length };
}

module.exports = { place };
