"use strict";
// Values as plain data: values.py has the other side. Nothing of the value has a say in how it is written, but for its
// getters and proxies, which can only choose another value.

const { types } = require("node:util");

const { stringify } = JSON;
const { isArray } = Array;
const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { is } = Object;
const apply = Reflect.apply;
const text = String;
const dateTime = Date.prototype.getTime;
const regexSource = getOwnPropertyDescriptor(RegExp.prototype, "source").get;
const regexFlags = getOwnPropertyDescriptor(RegExp.prototype, "flags").get;
const mapEach = Map.prototype.forEach;
const setEach = Set.prototype.forEach;
const boxes = [
  [types.isNumberObject, Number.prototype.valueOf, "Number"],
  [types.isStringObject, String.prototype.valueOf, "String"],
  [types.isBooleanObject, Boolean.prototype.valueOf, "Boolean"],
  [types.isBigIntObject, BigInt.prototype.valueOf, "BigInt"],
];
const INDEX = /^(0|[1-9]\d{0,9})$/;
const isIndex = (key) => apply(RegExp.prototype.test, INDEX, [key]);

const MAX_DEPTH = 60;
const MAX_DIGITS = 4_000;
const MAX_CHARACTERS = 65_536;

/** The value is larger than what is told. */
class Large extends Error {}

/** Writes one value. */
class Encoder {
  constructor(room) {
    this.left = room;
    this.above = [];
  }

  add(piece) {
    this.left -= piece.length;
    if (this.left < 0) throw new Large();
    return piece;
  }

  value(value) {
    switch (typeof value) {
      case "undefined":
        return this.add('{"t":"undefined"}');
      case "boolean":
      case "string":
        if (value.length > this.left) throw new Large();
        return this.add(stringify(value));
      case "number":
        return this.add(this.number(value));
      case "bigint":
        return this.bigint(text(value));
      case "function":
      case "symbol":
        return this.add(`{"t":"Opaque","c":"${typeof value}"}`);
      default:
        return value === null ? this.add("null") : this.object(value);
    }
  }

  bigint(digits) {
    if (digits.length > MAX_DIGITS) throw new Large();
    return this.add(`{"t":"bigint","v":"${digits}"}`);
  }

  number(value) {
    const isPlain = value - value === 0 && !is(value, -0);
    return isPlain ? stringify(value) : `{"t":"number","v":"${is(value, -0) ? "-0" : text(value)}"}`;
  }

  object(value) {
    for (let at = 0; at < this.above.length; at += 1) {
      if (this.above[at] === value) return this.add('{"t":"Opaque","c":"circular"}');
    }
    if (this.above.length >= MAX_DEPTH) throw new Large();
    this.above[this.above.length] = value;
    const written = this.kind(value);
    this.above.length -= 1;
    return written;
  }

  kind(value) {
    if (isArray(value)) return this.array(value);
    if (types.isMap(value)) return this.collection(value, "Map", mapEach, true);
    if (types.isSet(value)) return this.collection(value, "Set", setEach, false);
    if (types.isDate(value)) return this.tagged(value, "Date", this.value(apply(dateTime, value, [])));
    if (types.isRegExp(value)) {
      const parts = [apply(regexSource, value, []), apply(regexFlags, value, []), value.lastIndex];
      return this.tagged(value, "RegExp", null, this.list(parts));
    }
    if (types.isNativeError(value)) return this.error(value);
    for (let at = 0; at < boxes.length; at += 1) {
      const [isBox, valueOf] = boxes[at];
      if (isBox(value)) return this.tagged(value, "Boxed", this.value(apply(valueOf, value, [])));
    }
    if (types.isTypedArray(value)) return this.tagged(value, "Typed", null, this.list(value));
    if (types.isPromise(value) || types.isGeneratorObject(value)) {
      return this.add(`{"t":"Opaque","c":"${types.isPromise(value) ? "promise" : "generator"}"}`);
    }
    return this.tagged(value, "Object", null);
  }

  error(value) {
    return this.tagged(value, "Error", this.value(text(value.name)), this.list([text(value.message)]));
  }

  array(value) {
    const items = this.list(value);
    const name = nameOf(value);
    const properties = this.properties(value, true);
    if (name === "Array" && properties === "") return `[${items}]`;
    return `{"t":"Array","c":${stringify(name)},"i":[${items}],"p":[${properties}]}`;
  }

  list(values) {
    let written = "";
    for (let at = 0; at < values.length; at += 1) {
      const isThere = !isArray(values) || at in values;
      written += (at ? this.add(",") : "") + (isThere ? this.value(values[at]) : this.add('{"t":"hole"}'));
    }
    return written;
  }

  collection(value, kind, each, isPaired) {
    let items = "";
    const visit = (held, key) => {
      items += (items && ",") + (isPaired ? `${this.value(key)},` : "") + this.value(held);
    };
    apply(each, value, [visit]);
    return this.tagged(value, kind, null, items);
  }

  tagged(value, kind, primitive, items = "") {
    const own = primitive === null ? "" : `,"v":${primitive}`;
    const name = stringify(nameOf(value));
    return this.add(`{"t":"${kind}","c":${name}${own},"i":[`) + `${items}],"p":[${this.properties(value, false)}]}`;
  }

  properties(value, isList) {
    let written = "";
    if (types.isTypedArray(value) || types.isStringObject(value)) return written;
    const keys = ownKeys(value);
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at];
      if (isList && (typeof key === "symbol" ? false : key === "length" || isIndex(key))) continue;
      const told = getOwnPropertyDescriptor(value, key);
      if (told === undefined || !told.enumerable) continue;
      const name = typeof key === "symbol" ? `@@${text(key)}` : key;
      written += `${written && ","}[${this.add(stringify(name))},${this.value(value[key])}]`;
    }
    return written;
  }
}

/** Return the name of a value's class; empty where it has none. */
function nameOf(value) {
  const prototype = getPrototypeOf(value);
  if (prototype === null) return "";
  const told = getOwnPropertyDescriptor(prototype, "constructor");
  const made = told === undefined ? nameOf.call(null, prototype) : told.value;
  if (typeof made === "string") return made;
  const name = typeof made === "function" ? made.name : "";
  return typeof name === "string" ? name.slice(0, 100) : "";
}

/** Return a value as JSON, and what it could not be told for where its computation would throw. */
function encode(value, room = MAX_CHARACTERS) {
  try {
    return new Encoder(room).value(value);
  } catch (error) {
    return error instanceof Large ? '{"t":"Opaque","c":"large"}' : '{"t":"Opaque","c":"unreadable"}';
  }
}

module.exports = { MAX_CHARACTERS, encode, nameOf };
