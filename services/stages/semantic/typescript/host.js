/** What the compiler sees: documents in memory, and the libraries that came with it. */
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");

const LIBRARIES = path.join(__dirname, "node_modules");
const COMPILER = path.join(LIBRARIES, "typescript", "lib");

/**
 * Strictness is left off: what it adds are opinions on types, which only code written under it heeds. JSDoc is not read
 * in JavaScript, where it says what the author wished.
 */
const OPTIONS = {
  allowJs: true,
  checkJs: true,
  jsx: ts.JsxEmit.Preserve,
  lib: ["lib.esnext.full.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  noImplicitAny: false,
  skipLibCheck: true,
  strict: false,
  target: ts.ScriptTarget.ESNext,
  typeRoots: [path.join(LIBRARIES, "@types")],
  types: ["node"],
};

const EXTENSIONS = ["", ".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
const INDEXES = ["/index.ts", "/index.tsx", "/index.js", "/index.jsx", "/index.mjs"];

class Host {
  #libraries = new Map();
  #resolved = new Map();
  #directives = new Map();
  #read = new Map();
  #packages = ts.createModuleResolutionCache("/", (name) => name, OPTIONS);

  /** The documents of the program that is being made, by path: source files. */
  documents = new Map();

  getSourceFile(name, settings) {
    const document = this.documents.get(name);
    if (document !== undefined) return document;
    if (!this.#libraries.has(name)) {
      const text = this.readFile(name);
      this.#libraries.set(name, text && ts.createSourceFile(name, text, { ...settings, jsDocParsingMode: NO_JSDOC }));
    }
    return this.#libraries.get(name);
  }

  /** Resolve the modules that a file names: its neighbours by path. What is declared as a module needs no file. */
  resolveModuleNameLiterals(literals, from, _redirected, options) {
    return literals.map(({ text }) => ({ resolvedModule: this.#resolve(text, from, options) }));
  }

  #resolve(name, from, options) {
    if (isLibrary(from)) {
      const key = `${path.dirname(from)}\0${name}`;
      if (!this.#resolved.has(key)) {
        this.#resolved.set(key, ts.resolveModuleName(name, from, options, this).resolvedModule);
      }
      return this.#resolved.get(key);
    }
    if (!name.startsWith(".")) return undefined;
    const relative = path.posix.join(path.posix.dirname(from).slice(1), name);
    if (relative.startsWith("..")) return undefined;
    const base = path.posix.join("/", relative);
    const stems = [base, base.replace(/\.([mc]?)js(x?)$/, ".$1ts$2")];
    const found = stems
      .flatMap((stem) => [...EXTENSIONS, ...INDEXES].map((end) => stem + end))
      .find((candidate) => this.documents.has(candidate));
    return found && { resolvedFileName: found, extension: ts.extensionFromPath(found), isExternalLibraryImport: false };
  }

  resolveTypeReferenceDirectiveReferences(references, from, _redirected, options) {
    return references.map((reference) => {
      const name = typeof reference === "string" ? reference : reference.fileName;
      const key = `${from}\0${name}`;
      if (!this.#directives.has(key)) {
        this.#directives.set(key, ts.resolveTypeReferenceDirective(name, from, options, this));
      }
      return this.#directives.get(key);
    });
  }

  /** What the compiler knows of the packages around its libraries, which it would look for with every program. */
  getModuleResolutionCache() {
    return this.#packages;
  }

  fileExists(name) {
    return this.documents.has(name) || this.readFile(name) !== undefined;
  }

  readFile(name) {
    if (!isLibrary(name)) return undefined;
    if (!this.#read.has(name)) this.#read.set(name, read(name));
    return this.#read.get(name);
  }

  directoryExists(name) {
    return name === LIBRARIES || (isLibrary(name) && fs.existsSync(name));
  }

  getDirectories() {
    return [];
  }

  getDefaultLibFileName() {
    return path.join(COMPILER, "lib.esnext.full.d.ts");
  }

  getDefaultLibLocation() {
    return COMPILER;
  }

  getCurrentDirectory() {
    return "/";
  }

  getCanonicalFileName(name) {
    return name;
  }

  useCaseSensitiveFileNames() {
    return true;
  }

  getNewLine() {
    return "\n";
  }

  writeFile() {}
}

function read(name) {
  try {
    return fs.readFileSync(name, "utf8");
  } catch {
    return undefined;
  }
}

const NO_JSDOC = ts.JSDocParsingMode.ParseNone;

/** Whether a file is one of the compiler's or of Node's types. */
function isLibrary(name) {
  return name.startsWith(LIBRARIES + path.sep) && !name.includes("..");
}

/** Parse a document. Comments that would silence the compiler, or give it orders, are made plain ones of their length. */
function parse(name, text) {
  const deaf = text.replace(/@ts-(?=ignore|nocheck|expect-error|check)/g, "@to-").replace(/\/\/\/(?=\s*<)/g, "// ");
  return ts.createSourceFile(
    name,
    deaf,
    {
      languageVersion: OPTIONS.target,
      jsDocParsingMode: NO_JSDOC,
      setExternalModuleIndicator: ts.getSetExternalModuleIndicator(OPTIONS),
    },
    true,
  );
}

module.exports = { Host, OPTIONS, isLibrary, parse };
