/** What this Node has, whatever the types say: they leave out what is old, and what is not meant for everyone. */
"use strict";

const { builtinModules } = require("node:module");

/** Loading it changes how everything else runs. */
const INTRUSIVE = "domain";

/**
 * Whether a built-in module, or a global object, has a member; of a class, also what it makes.
 *
 * @param owner its name as the types have it: "node:fs", "Math", "PromiseConstructor"
 */
function existsHere(owner, member) {
  const name = owner.replace(/^node:/, "").replace(/Constructor$/, "");
  try {
    const value = builtinModules.includes(name) && name !== INTRUSIVE ? require(`node:${name}`) : globalThis[name];
    return value != null && (member in Object(value) || (typeof value === "function" && member in Object(value.prototype)));
  } catch {
    return false;
  }
}

/** Whether this Node has a class of a browser's: what both have is in no browser more than it is here. */
function isShared(name) {
  return typeof globalThis[name] === "function";
}

module.exports = { existsHere, isShared };
