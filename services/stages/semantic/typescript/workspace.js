/** The documents that are open, and what the compiler says of them. */
"use strict";

const ts = require("typescript");
const { Host, OPTIONS, parse } = require("./host");
const { argumentFindings } = require("./arguments");
const { assignmentFindings } = require("./assignments");
const { exportFindings } = require("./exports");
const { memberFindings } = require("./members");
const { nameFindings } = require("./names");
const { place } = require("./positions");
const { Surroundings } = require("./surroundings");

const FINDERS = [nameFindings, memberFindings, exportFindings, argumentFindings, assignmentFindings];
const MAX_FINDINGS = 500;

class Workspace {
  #host = new Host();
  #texts = new Map();
  #program = undefined;
  /** The folder whose documents the program has; undefined where they have changed since. */
  #folder = undefined;

  /** @param root the address of the folder in which the folders of the questions lie */
  constructor(root) {
    this.root = root;
  }

  open(uri, text) {
    this.#texts.set(uri, text);
    this.#forget(uri);
  }

  close(uri) {
    this.#texts.delete(uri);
    this.#forget(uri);
  }

  /** Read the libraries, so that the first question does not. */
  warm() {
    const uri = `${this.root}/warm/main.ts`;
    this.open(uri, "export const text: string = [1].map(String).join(process.env.HOME);\n");
    this.diagnose(uri);
    this.close(uri);
  }

  /** Return the protocol's diagnostics of one document; none where it does not parse, which others tell. */
  diagnose(uri) {
    const { folder, name } = this.#split(uri);
    this.#compile(folder);
    const file = this.#program.getSourceFile(name);
    if (file === undefined || file.parseDiagnostics.length > 0) return [];
    const checker = this.#program.getTypeChecker();
    const surroundings = new Surroundings(checker, file, [...this.#host.documents.values()]);
    const diagnostics = this.#program.getSemanticDiagnostics(file);
    const found = FINDERS.flatMap((find) => [...find(diagnostics, surroundings)]);
    return found.slice(0, MAX_FINDINGS).map((finding) => place(finding, file));
  }

  #compile(folder) {
    if (this.#folder === folder) return;
    const documents = new Map();
    for (const [uri, text] of this.#texts) {
      const own = this.#split(uri);
      if (own.folder === folder) documents.set(own.name, parse(own.name, text));
    }
    this.#host.documents = documents;
    const oldProgram = this.#program;
    this.#program = undefined;
    this.#program = ts.createProgram({ rootNames: [...documents.keys()], options: OPTIONS, host: this.#host, oldProgram });
    this.#folder = folder;
  }

  #forget(uri) {
    if (this.#split(uri).folder === this.#folder) this.#folder = undefined;
  }

  /** Part a document's address: the folder of one question, whose name changes, and a path that stays as it is. */
  #split(uri) {
    const path = uri.slice(this.root.length + 1);
    const end = path.indexOf("/");
    return { folder: path.slice(0, end), name: decodeURIComponent(path.slice(end)) };
  }
}

module.exports = { Workspace };
