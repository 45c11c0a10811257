"use strict";
// What is told of what was thrown. The value may be anything, and each of its properties may lie or throw.

const { AssertionError } = require("node:assert");
const { Written } = require("./channel.cjs");
const { encode, nameOf } = require("./encode.cjs");

const { getPrototypeOf } = Reflect;
const text = String;
const slice = Function.prototype.call.bind(String.prototype.slice);

const MAX_TEXT = 1_500;
const MAX_NAMES = 12;

/** Return a property as a bounded string; empty where there is none. */
function told(value, name, limit = MAX_TEXT) {
  try {
    const held = value[name];
    return held === undefined || held === null ? "" : slice(text(held), 0, limit);
  } catch {
    return "";
  }
}

/** Return the names of a value's class and of those that it derives from. */
function names(value) {
  const found = [];
  try {
    for (let at = value; found.length < MAX_NAMES; ) {
      const name = nameOf(at);
      at = getPrototypeOf(at);
      if (at === null) break;
      if (name !== "" && found[found.length - 1] !== name) found[found.length] = name;
    }
  } catch {
    return found;
  }
  return found;
}

/** Return what is known of a thrown value. */
function describe(error) {
  if (error === null || (typeof error !== "object" && typeof error !== "function")) {
    let message = "";
    try {
      message = slice(text(error), 0, MAX_TEXT);
    } catch {
      message = typeof error;
    }
    return { name: typeof error, message, stack: "", code: "", names: [], assertion: false };
  }
  const facts = {
    name: told(error, "name", 100) || nameOf(error) || "Object",
    message: told(error, "message"),
    stack: told(error, "stack", 6_000),
    code: told(error, "code", 100),
    names: names(error),
    assertion: error instanceof AssertionError,
  };
  if (facts.assertion && facts.name === "AssertionError") {
    facts.left = new Written(encode(error.actual, 1_000));
    facts.right = new Written(encode(error.expected, 1_000));
    facts.operator = told(error, "operator", 100);
  }
  return facts;
}

module.exports = { describe };
