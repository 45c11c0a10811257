/**
 * TypeScript's compiler as a language server: it is told texts, and says which names and members in them do not exist.
 *
 * It speaks as much of the Language Server Protocol as its owner asks for: initialize, didOpen, didChange, didClose,
 * and pull diagnostics. Documents of one folder see each other; beyond them it reads its own libraries and nothing else.
 */
"use strict";

const { Workspace } = require("./workspace");

const METHOD_NOT_FOUND = -32601;
const REQUEST_FAILED = -32803;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

let workspace;

const NOTIFICATIONS = {
  initialized: () => workspace.warm(),
  "textDocument/didOpen": ({ textDocument }) => workspace.open(textDocument.uri, textDocument.text),
  // Its owner tells a new text as a whole.
  "textDocument/didChange": ({ textDocument, contentChanges }) => workspace.open(textDocument.uri, contentChanges[0].text),
  "textDocument/didClose": ({ textDocument }) => workspace.close(textDocument.uri),
};

const REQUESTS = {
  initialize: ({ rootUri }) => {
    workspace = new Workspace(rootUri);
    return { capabilities: { positionEncoding: "utf-32", diagnosticProvider: { workspaceDiagnostics: false } } };
  },
  "textDocument/diagnostic": ({ textDocument }) => ({ kind: "full", items: workspace.diagnose(textDocument.uri) }),
};

function take(message) {
  if (message.id === undefined) {
    NOTIFICATIONS[message.method]?.(message.params);
    return;
  }
  const answer = REQUESTS[message.method];
  if (answer === undefined) {
    send({ id: message.id, error: { code: METHOD_NOT_FOUND, message: "no such method" } });
    return;
  }
  try {
    send({ id: message.id, result: answer(message.params) });
  } catch (error) {
    // Source nested deeper than the stack, or a fault of the compiler's. Its text may quote the source: it stays here.
    send({ id: message.id, error: { code: REQUEST_FAILED, message: error.constructor.name } });
  }
}

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}

let parts = [];
let held = 0;
let wanted = -1;

/** Take what frames are whole; parts of a long one are joined once, when its end is there. */
function drain() {
  while (held > 0) {
    if (wanted >= 0 && held < wanted) return;
    const buffer = parts.length === 1 ? parts[0] : Buffer.concat(parts, held);
    parts = [buffer];
    if (wanted < 0) {
      const end = buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(buffer.toString("latin1", 0, end))?.[1] ?? -1);
      if (!(length >= 0 && length <= MAX_MESSAGE_BYTES)) process.exit(1);
      wanted = length;
      keep(buffer.subarray(end + 4));
    } else {
      const body = buffer.subarray(0, wanted);
      keep(buffer.subarray(wanted));
      wanted = -1;
      take(JSON.parse(body.toString("utf8")));
    }
  }
}

function keep(buffer) {
  parts = buffer.length > 0 ? [buffer] : [];
  held = buffer.length;
}

process.stdin.on("data", (chunk) => {
  parts.push(chunk);
  held += chunk.length;
  drain();
});
process.stdin.on("end", () => process.exit(0));
