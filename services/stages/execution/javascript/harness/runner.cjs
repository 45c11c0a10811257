"use strict";
// What tests call to define themselves: the interface of node:test, and the names that Jest, Mocha and Vitest share.

const { mock } = require("node:test");

const MAX_TIMEOUT = 2 ** 31 - 1;
const CALLBACK = /^(function\s*\w*\s*)?\(?\s*(done|cb|callback)\b/;
const sourceOf = Function.prototype.call.bind(Function.prototype.toString);

/** Return why a test is skipped, by what its options say: a reason, or just that it is. */
function reasonOf(told) {
  if (!told) return "";
  return typeof told === "string" ? told : "no reason is given";
}

/** A block of tests, or the whole file. */
class Suite {
  constructor(name, above, skip) {
    this.name = name;
    this.above = above;
    this.skip = skip;
    this.items = [];
    this.hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  }

  /** The name with those above it. */
  get path() {
    return this.above && this.above.name ? `${this.above.path} > ${this.name}` : this.name;
  }
}

/** A test of a suite, or of another test. */
class Test {
  constructor(name, above, body, options) {
    this.name = name;
    this.above = above;
    this.body = body;
    this.timeout = options.timeout;
    this.skip = reasonOf(options.skip ?? options.todo);
  }

  get path() {
    return this.above.name ? `${this.above.path} > ${this.name}` : this.name;
  }
}

/** Split the arguments of a definition: a name, options and a function, each of which may be left out. */
function definition(args) {
  const body = args.find((arg) => typeof arg === "function");
  const name = typeof args[0] === "string" ? args[0] : body?.name || "<anonymous>";
  const options = args.find((arg) => arg !== null && typeof arg === "object") ?? {};
  const timeout = args.find((arg) => typeof arg === "number");
  return { name, body, options: timeout === undefined ? options : { timeout, ...options } };
}

/** Whether a function tells its end by a callback: more parameters than it is given, or one that is called so. */
function takesCallback(body, args) {
  return body.length > args.length || (body.length === 1 && CALLBACK.test(sourceOf(body)));
}

/** Call a function that tells its end by a callback. */
function withCallback(body, args) {
  return new Promise((resolve, reject) => {
    body(...args.slice(0, body.length - 1), (error) => (error ? reject(error) : resolve()));
  });
}

/** Defines tests while the file is loaded, and runs them afterwards, one after another. */
class Runner {
  constructor(report) {
    this.report = report;
    this.root = new Suite("", null, "");
    this.current = this.root;
    this.row = 1;
  }

  /** The names that tests use. */
  names() {
    const test = this.#flavoured((args, more) => this.#test(args, more));
    const describe = this.#flavoured((args, more) => this.#describe(args, more));
    const hook = (kind) => (...args) => {
      const { body, options } = definition(args);
      this.current.hooks[kind].push({ body, timeout: options.timeout });
    };
    const names = { test, it: test, specify: test, describe, suite: describe, context: describe, mock };
    for (const kind of ["before", "after", "beforeEach", "afterEach"]) names[kind] = hook(kind);
    names.beforeAll = names.before;
    names.afterAll = names.after;
    return Object.assign(test, names, { default: test });
  }

  #flavoured(define) {
    const made = (...args) => define(args, {});
    made.only = made;
    made.concurrent = made;
    made.skip = (...args) => define(args, { skip: "no reason is given" });
    made.todo = (...args) => define(args, { todo: "it is still to do" });
    made.each = (rows) => (name, body, timeout) => {
      const row = (held) => (Array.isArray(held) ? held : [held]);
      for (const held of rows) define([`${name} ${this.row++}`, () => body(...row(held)), timeout ?? {}], {});
    };
    return made;
  }

  #test(args, more) {
    const { name, body, options } = definition(args);
    const missing = body ? {} : { todo: "it has no body" };
    this.current.items.push(new Test(name, this.current, body, { ...options, ...missing, ...more }));
    return Promise.resolve();
  }

  #describe(args, more) {
    const { name, body, options } = definition(args);
    const suite = new Suite(name, this.current, more.skip || more.todo || options.skip || options.todo);
    this.current.items.push(suite);
    const above = this.current;
    this.current = suite;
    try {
      const made = body?.({ name });
      if (made && typeof made.then === "function") suite.ready = made;
    } finally {
      this.current = above;
    }
    return Promise.resolve();
  }

  /** Run everything that was defined. */
  async run() {
    await this.#suite(this.root, [], "");
  }

  async #suite(suite, above, skipped) {
    const chain = [...above, suite];
    const skip = skipped || (suite.skip ? "the block is skipped" : "");
    const start = async () => {
      await suite.ready;
      await this.#hooks([suite], "before", []);
    };
    if (!skip && !(await this.#guarded(suite, start))) return;
    for (const item of suite.items) {
      if (item instanceof Suite) await this.#suite(item, chain, skip);
      else await this.#one(item, chain, skip);
    }
    if (!skip) await this.#guarded(suite, () => this.#hooks([suite], "after", []));
  }

  /** Run the hooks of a kind, those of the outermost suite first. */
  async #hooks(chain, kind, args) {
    for (const suite of chain) {
      for (const hook of suite.hooks[kind]) await this.#timed(hook.body, hook.timeout, args);
    }
  }

  /** Run the hooks of a suite; one that fails is a test that failed. */
  async #guarded(suite, action) {
    try {
      await action();
      return true;
    } catch (error) {
      const name = suite.path || "the hooks";
      this.report.start(name);
      this.report.failed(name, error);
      return false;
    }
  }

  async #one(test, chain, skipped) {
    const path = test.path;
    this.report.start(path);
    if (skipped || test.skip) return this.report.skipped(path, skipped || test.skip);
    const context = this.#context(test, path);
    try {
      await this.#hooks(chain, "beforeEach", [context]);
      await this.#timed(test.body, test.timeout, [context]);
      await Promise.all(context.children);
      await this.#hooks(chain, "afterEach", [context]);
    } catch (error) {
      return this.report.failed(path, error);
    }
    return context.skipped ? this.report.skipped(path, context.skipped) : this.report.passed(path);
  }

  /** What a test is given: subtests run at once, and fail the test that they stand in. */
  #context(test, path) {
    const context = {
      name: test.name,
      children: [],
      skipped: "",
      mock,
      signal: new AbortController().signal,
      diagnostic() {},
      plan() {},
      skip(reason) {
        context.skipped = reason || "no reason is given";
      },
      todo(reason) {
        context.skipped = reason || "it is still to do";
      },
      test: (...args) => {
        const { name, body } = definition(args);
        const inner = this.#context({ name }, `${path} > ${name}`);
        const done = this.#timed(body, undefined, [inner]).then(() => Promise.all(inner.children));
        done.catch(() => {});
        context.children.push(done);
        return done;
      },
    };
    for (const kind of ["before", "after", "beforeEach", "afterEach"]) {
      context[kind] = (body) => void (kind.startsWith("before") && body());
    }
    return context;
  }

  /** Call a function of the tests: what it returns is waited for, or the callback that it takes. */
  async #timed(body, timeout, args) {
    const running = takesCallback(body, args) ? withCallback(body, args) : body(...args);
    if (!(timeout < MAX_TIMEOUT) || !running || typeof running.then !== "function") return running;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the test did not end within ${timeout} ms`)), timeout);
    });
    return Promise.race([running, late]).finally(() => clearTimeout(timer));
  }
}

module.exports = { Runner };
