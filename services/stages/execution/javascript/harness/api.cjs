"use strict";
// What the text of the tests calls in the place of assertions that were taken apart, and for what it requires.

const { createRequire } = require("node:module");
const { Written } = require("./channel.cjs");
const { MAX_CHARACTERS, encode } = require("./encode.cjs");
const { describe } = require("./describe.cjs");

const { defineProperty, freeze } = Object;

// Of all values of a run together, in characters: the report has to fit into what is kept of the output.
const MAX_TOLD = 600_000;

// Modules whose names for defining tests the harness gives.
const RUNNERS = ["node:test", "vitest", "@jest/globals", "mocha", "bun:test"];
const TESTS = createRequire("/opt/assay/tests/");

/** Make the object that the tests know by a name of this run alone. */
function api(channel, name, runner, state) {
  const names = runner.names();
  const runners = { __proto__: null };
  for (const specifier of RUNNERS) runners[specifier] = true;
  let left = MAX_TOLD;

  const written = (value) => {
    const text = encode(value, left < MAX_CHARACTERS ? left : MAX_CHARACTERS);
    left -= text.length;
    return left > 0 ? { value: [new Written(text)] } : {};
  };

  const one = (ask) => {
    try {
      return written(ask());
    } catch (error) {
      return { error: describe(error) };
    }
  };

  const oneAsync = async (ask) => {
    try {
      return written(await ask());
    } catch (error) {
      return { error: describe(error) };
    }
  };

  const settled = (site, error, isThrown) => {
    if (isThrown) channel.send("refused", { site, error: describe(error) });
    else channel.send("held", { site });
  };

  const made = {
    /** The code under test is loaded; what comes now is the tests' own text. */
    loaded() {
      state.isLoaded = true;
      state.check();
      channel.send("loaded", {});
    },

    /** Tell the values of an assertion's parts. */
    probe(site, asks) {
      channel.send("asking", { site });
      const got = [];
      for (let at = 0; at < asks.length; at += 1) got[at] = one(asks[at]);
      channel.send("got", { site, got });
    },

    /** The same, where a part awaits something. */
    async probeAsync(site, asks) {
      channel.send("asking", { site });
      const got = [];
      for (let at = 0; at < asks.length; at += 1) got[at] = await oneAsync(asks[at]);
      channel.send("got", { site, got });
    },

    /** Run an assertion that stays as it is, and tell how it ended. */
    check(site, assertion) {
      channel.send("asking", { site });
      let result;
      try {
        result = assertion();
      } catch (error) {
        settled(site, error, true);
        return undefined;
      }
      if (result === null || typeof result !== "object" || typeof result.then !== "function") {
        settled(site, null, false);
        return result;
      }
      return result.then(() => settled(site, null, false), (error) => settled(site, error, true));
    },

    /** Run the text of tests that stands in a function of its own. */
    run(body) {
      state.running = body();
    },

    /** Return a module: as it was before the code under test could lay hands on it. */
    require(specifier) {
      if (specifier in runners) return names;
      return specifier in state.modules ? state.modules[specifier] : TESTS(specifier);
    },

    /** Import a file for tests that are no module, as their import statement would. */
    async import(specifier, wanted) {
      const space = await state.import(specifier);
      const held = { __proto__: null, ...space };
      for (const name of wanted) {
        if (name in held) continue;
        // What Node does not see in advance that a CommonJS module exports.
        if (!(space.default && name in Object(space.default))) {
          throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${name}'`);
        }
        held[name] = space.default[name];
      }
      return held;
    },

    names,
  };
  defineProperty(globalThis, name, { value: freeze(made) });
  return made;
}

module.exports = { TESTS, api };
