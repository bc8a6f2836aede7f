"use strict";

// Puts each line that the server sends in its place, or in that of what it was before.
// How a line looks, and which things are one line, is the server's to say. EventSource
// connects again by itself.
const lines = document.getElementById("lines");
const look = document.getElementById("look");
const connection = document.getElementById("connection");
const title = document.title;

// The server sends UTC; people live in their own time.
function local(within) {
  for (const t of within.querySelectorAll("time")) {
    const at = new Date(t.dateTime);
    t.title = t.textContent + ", " + at.toDateString();
    t.textContent = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
  }
}

function count(bad) {
  look.textContent = bad;
  document.title = bad > 0 ? "(" + bad + ") " + title : title;
}

function show(line) {
  const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 50;
  const made = document.createElement("template");
  made.innerHTML = line.html;
  local(made.content);
  const now = made.content.firstElementChild;
  const before = document.getElementById(now.id);
  const place = Number(now.dataset.place);
  if (before) {
    keep(before, now);
  }
  if (before && before.dataset.place === now.dataset.place) {
    before.replaceWith(now);
  } else {
    before?.remove();
    lines.insertBefore(now, [...lines.children].find((line) => Number(line.dataset.place) > place) ?? null);
  }
  if (now.dataset.focus) {
    now.querySelector(now.dataset.focus)?.focus({ preventScroll: true });
  }
  forget(line.bad);
  count(line.look);
  if (atEnd) {
    scrollTo(0, document.body.scrollHeight);
  }
}

// keep takes over what the reader has opened, and where the keyboard is.
function keep(before, now) {
  const open = before.querySelector("details[open]");
  if (open) {
    now.querySelector("details").open = true;
  }
  if (before.contains(document.activeElement)) {
    now.dataset.focus = document.activeElement.localName; // a summary, or a link
  }
}

// forget drops the line that has not happened for longest, as the server does.
function forget(bad) {
  const kind = [...lines.children].filter((line) => line.classList.contains("bad") === bad);
  if (kind.length > Number(bad ? lines.dataset.bad : lines.dataset.good)) {
    kind.reduce((a, b) => (Number(a.dataset.number) < Number(b.dataset.number) ? a : b)).remove();
  }
}

local(document);
count(Number(look.textContent));
if (!document.querySelector("h2")) { // a story is read from its beginning
  scrollTo(0, document.body.scrollHeight);
}
const source = new EventSource(lines.dataset.events);
source.onopen = () => { connection.textContent = "Connected"; };
source.onerror = () => { connection.textContent = "The app does not answer: is it running?"; };
source.onmessage = (event) => show(JSON.parse(event.data));
