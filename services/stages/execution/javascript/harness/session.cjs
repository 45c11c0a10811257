"use strict";
// One run: read the job, load the code under test, run the tests, tell what came of them.

const fs = require("node:fs");
const assert = require("node:assert");
const { Channel } = require("./channel.cjs");
const { Originals } = require("./originals.cjs");
const { Runner } = require("./runner.cjs");
const { TESTS, api } = require("./api.cjs");
const { describe } = require("./describe.cjs");

const { reallyExit } = process;
const { freeze } = Object;
const exit = (code) => Reflect.apply(reallyExit, process, [code]);

// How long tests that were not waited for may take after the last line of the file, in milliseconds.
const MAX_IDLE = 3_000;

/** Read the job and take the harness's files away: the code under test finds its own files in its folder alone. */
function job() {
  const read = JSON.parse(fs.readFileSync(0, "utf8"));
  fs.closeSync(0);
  fs.openSync("/dev/null", "r");
  for (const path of read.remove) fs.rmSync(path, { recursive: true, force: true });
  for (const [path, content] of read.restore) fs.writeFileSync(path, content, "latin1");
  return read;
}

/** Load what tests ask for, and let nobody change what they compare by. */
function modules(wanted) {
  const held = { __proto__: null, assert, "assert/strict": assert.strict };
  for (const specifier of wanted) {
    try {
      held[specifier] = TESTS(specifier);
    } catch {
      // The tests are told when they ask for it.
    }
  }
  freeze(assert);
  freeze(assert.strict);
  return held;
}

/** How far the run is. */
class State {
  constructor(channel, originals, modules) {
    this.channel = channel;
    this.originals = originals;
    this.modules = modules;
    this.isLoaded = false;
    this.running = undefined;
    this.import = undefined;
    this.told = "";
  }

  /** Tell what was put in the place of builtins, once. */
  check() {
    const names = this.originals.replaced();
    if (names.length > 0 && names.join() !== this.told) this.channel.send("replaced", { names });
    this.told = names.join();
  }
}

/** Tell of each exit and of what nobody catches. */
function watch(channel) {
  process.exit = (code) => {
    const status = Number(code ?? process.exitCode ?? 0) | 0;
    channel.send("exit", { code: status, error: describe(new Error("exit")) });
    exit(status);
  };
  const uncaught = (error) => channel.send("uncaught", { error: describe(error) });
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
}

const reporter = (channel) => ({
  start: (test) => channel.send("start", { test: test.slice(0, 200) }),
  passed: (test) => channel.send("passed", { test: test.slice(0, 200) }),
  skipped: (test, reason) => channel.send("skipped", { test: test.slice(0, 200), reason: `${reason}`.slice(0, 200) }),
  failed: (test, error) => channel.send("failed", { test: test.slice(0, 200), error: describe(error) }),
});

/** Wait until nothing is left to do, or for a while. */
function idle(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
    process.once("beforeExit", resolve);
  });
}

async function run(loader, read, channel, state) {
  const runner = new Runner(reporter(channel));
  const made = api(channel, read.name, runner, state);
  state.import = loader.importer?.(read);
  channel.send("loading", {});
  try {
    await loader.candidate(read);
    if (!read.appended) made.loaded();
    if (read.tests) await loader.tests(read);
    await state.running;
  } catch (error) {
    channel.send(state.isLoaded ? "stopped" : "load_failed", { error: describe(error) });
    return;
  }
  await runner.run();
  if (read.waits) await idle(MAX_IDLE);
  else await new Promise(setImmediate);
  state.check();
}

/** Run the job that stands on standard input, and leave by the shortest way. */
async function start(loader) {
  let channel;
  try {
    const read = job();
    channel = new Channel(read.nonce);
    const held = modules(read.modules);
    const state = new State(channel, new Originals(held), held);
    watch(channel);
    await run(loader, read, channel, state);
    channel.send("done", {});
  } catch (error) {
    const reason = String(error && error.stack).slice(0, 1_000);
    if (channel) channel.send("broken", { reason });
    else fs.writeSync(2, reason);
  }
  exit(0);
}

module.exports = { start };
