// Follows GET /v1/events on a WebSocket with the key that was typed in, which is kept nowhere. A connection that breaks
// is made again, and goes on after the last event that was seen.
"use strict";

const MOST_ROWS = 500;
const LONGEST_WAIT = 30000;

const element = (id) => document.getElementById(id);
let socket = null;
let last = "-1"; // only what happens from now on
let wait = 1000;
let timer = 0;

function say(text, failed) {
  element("state").textContent = text;
  element("state").className = failed ? "failed" : "";
}

function address() {
  const url = new URL("/v1/events", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("afterSequence", last);
  for (const kind of element("kinds").value.split(",")) {
    if (kind.trim()) url.searchParams.append("kinds", kind.trim());
  }
  if (element("project").value.trim()) url.searchParams.set("project", element("project").value.trim());
  return url.href;
}

function show(event) {
  const row = document.createElement("tr");
  const texts = [event.createTime, event.sequence, event.kind, event.resource, JSON.stringify(event.data || {})];
  for (const text of texts) {
    const cell = document.createElement("td");
    cell.textContent = text || "";
    row.append(cell);
  }
  row.lastChild.className = "data";
  element("events").prepend(row);
  while (element("events").rows.length > MOST_ROWS) element("events").deleteRow(-1);
}

function told(frame) {
  const message = JSON.parse(frame.data);
  if ("@end" in message) return;
  last = message.sequence;
  show(message);
}

// What trying again cannot mend: the key, or what was asked for.
const isFinal = (code) => code >= 4400 && code < 4500 && code !== 4408 && code !== 4429;

function closed(event) {
  if (!socket) return;
  const reason = event.reason || "the connection was lost";
  if (isFinal(event.code)) {
    stop();
    say(reason, true);
    return;
  }
  say(`${reason}; trying again in ${wait / 1000} s`, true);
  timer = setTimeout(connect, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

function connect() {
  const key = element("key").value.trim();
  try {
    socket = new WebSocket(address(), key ? ["assay.v1", `assay.key.${key}`] : ["assay.v1"]);
  } catch {
    stop();
    say("This cannot be a key.", true);
    return;
  }
  socket.onopen = () => { wait = 1000; say("Following."); };
  socket.onmessage = told;
  socket.onclose = closed;
}

function buttons(following) {
  element("begin").disabled = following;
  element("stop").disabled = !following;
}

function stop() {
  clearTimeout(timer);
  const open = socket;
  socket = null;
  if (open) open.close();
  buttons(false);
  say("Not following.");
}

element("wanted").addEventListener("submit", (event) => {
  event.preventDefault();
  last = "-1"; // another key may have other numbers
  buttons(true);
  say("Connecting…");
  connect();
});
element("stop").addEventListener("click", stop);
