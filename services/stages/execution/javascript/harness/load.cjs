"use strict";
// How a program in JavaScript is loaded: as modules of the kinds that its files are, with the tests after it or beside.

const fs = require("node:fs");
const { createRequire, register } = require("node:module");
const { pathToFileURL } = require("node:url");
const vm = require("node:vm");
const path = require("node:path");

const compileFunction = vm.compileFunction;
const { USE_MAIN_CONTEXT_DEFAULT_LOADER: importModuleDynamically } = vm.constants;
const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

// A hook of the loader, which lives in a thread of its own: the text never is a file.
const HOOK = `
let held;
export const initialize = (data) => { held = data; };
export const load = (url, context, next) =>
  url === held.url ? { format: "module", source: held.source, shortCircuit: true } : next(url, context);
`;

/** Run a text as the CommonJS module that a file is. */
function runScript(text, filename) {
  const body = compileFunction(text, PARAMETERS, { filename, importModuleDynamically });
  const require = createRequire(filename);
  const module = { exports: {}, id: filename, filename, loaded: false, children: [], paths: [], require };
  require.cache[filename] = module;
  body.call(module.exports, module.exports, require, module, filename, path.dirname(filename));
  module.loaded = true;
}

/** Load the file of a module, whichever kind it is, as Node does. */
const load = (filename) => import(pathToFileURL(filename).href);

/** Load the code under test; with it, where they belong to it, the tests. */
async function candidate(job) {
  const filename = path.resolve(job.entry);
  if (!job.appended) {
    // require first: what an ECMAScript module would be refused by it is what import is for.
    await (job.module ? load(filename) : createRequire(filename)(filename));
    return;
  }
  const own = fs.readFileSync(filename, "utf8").replace(/^#!.*/, "");
  if (job.module) {
    const { href: url } = pathToFileURL(filename);
    register(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data: { url, source: own + job.text } });
    await import(url);
    return;
  }
  // Alone first: what does not parse by itself is not mended by what follows.
  compileFunction(own, PARAMETERS, { filename });
  runScript(own + job.text, filename);
}

/** Load the tests that stand in a file of their own, which is none in the sandbox. */
async function tests(job) {
  runScript(job.text, path.resolve(job.tests));
}

/** Return what imports a file for the tests, by a path that goes out from theirs. */
const importer = (job) => (specifier) => load(path.resolve(path.dirname(job.tests || job.entry), specifier));

module.exports = { candidate, importer, tests };
