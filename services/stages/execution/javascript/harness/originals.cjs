"use strict";
// What tests rest on, as it was before the code under test was loaded.

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { is } = Object;

const NAMES = [
  "Array", "ArrayBuffer", "BigInt", "Boolean", "Date", "Error", "Function", "JSON", "Map", "Math", "Number", "Object",
  "Promise", "Proxy", "RangeError", "Reflect", "RegExp", "Set", "String", "Symbol", "SyntaxError", "TypeError",
  "WeakMap", "WeakSet",
];
// What programs replace for honest reasons, and no comparison rests on.
const REPLACEABLE = new Set(["Math.random", "Date.now", "Error.prepareStackTrace", "Error.stackTraceLimit"]);

/** Remembers what builtins and the modules for tests hold. */
class Originals {
  #spaces = [];

  constructor(modules) {
    for (const name of NAMES) {
      const made = globalThis[name];
      this.#remember("", globalThis, [name]);
      this.#remember(`${name}.`, made, ownKeys(made));
      if (made.prototype) this.#remember(`${name}.prototype.`, made.prototype, ownKeys(made.prototype));
    }
    const iterator = getPrototypeOf([][Symbol.iterator]());
    this.#remember("ArrayIterator.prototype.", iterator, ["next"]);
    this.#remember("console.", console, ["assert"]);
    for (const name of ["assert", "assert/strict", "lodash"]) {
      if (name in modules) this.#remember(`${name}.`, modules[name], ownKeys(modules[name]));
    }
  }

  #remember(prefix, space, keys) {
    for (const key of keys) {
      const name = `${prefix}${String(key)}`;
      if (REPLACEABLE.has(name)) continue;
      const told = getOwnPropertyDescriptor(space, key);
      this.#spaces[this.#spaces.length] = { name, space, key, value: told.value, get: told.get };
    }
  }

  /** Return the names of what is no longer what it was, the first twenty. */
  replaced() {
    const found = [];
    for (let at = 0; at < this.#spaces.length && found.length < 20; at += 1) {
      const { name, space, key, value, get } = this.#spaces[at];
      const told = getOwnPropertyDescriptor(space, key);
      if (told === undefined || !is(told.value, value) || told.get !== get) found[found.length] = name;
    }
    return found;
  }
}

module.exports = { Originals };
