"use strict";

// Times in the reader's own time zone. Without a script they are UTC.
for (const t of document.querySelectorAll("time")) {
  t.title = t.textContent;
  t.textContent = new Date(t.dateTime).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "medium" });
}
