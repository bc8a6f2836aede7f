"use strict";

// Adds a row to the table for each line that the server sends. Texts are set as
// text, never as HTML. EventSource connects again by itself.
const table = document.getElementById("lines");
const connection = document.getElementById("connection");
const kept = 1000;

function cell(row, text) {
  const td = row.insertCell();
  td.textContent = text;
  return td;
}

function clock(at) {
  const t = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  return two(t.getHours()) + ":" + two(t.getMinutes()) + ":" + two(t.getSeconds()) + "." + String(t.getMilliseconds()).padStart(3, "0");
}

function show(line) {
  const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 50;
  const row = table.tBodies[0].insertRow();
  row.dataset.kind = line.kind;
  row.classList.toggle("bad", line.bad);
  cell(row, clock(line.at));
  cell(row, line.kind);
  const text = cell(row, line.text);
  if (line.fix) {
    const fix = document.createElement("strong");
    fix.textContent = line.fix;
    text.append(fix);
  }
  if (table.tBodies[0].rows.length > kept) {
    table.tBodies[0].deleteRow(0);
  }
  if (atEnd) {
    scrollTo(0, document.body.scrollHeight);
  }
}

const source = new EventSource("/dev/events?after=" + table.dataset.last);
source.onopen = () => { connection.textContent = "Connected."; };
source.onerror = () => { connection.textContent = "The app does not answer: is it running?"; };
source.onmessage = (event) => show(JSON.parse(event.data));

document.getElementById("bad-only").addEventListener("change", (event) => {
  table.classList.toggle("bad-only", event.target.checked);
});
