"use strict";

// Times in the reader's own time zone, and each mail as high as it is. Without a script
// they are UTC, and of one height.
for (const t of document.querySelectorAll("time")) {
  t.title = t.textContent;
  t.textContent = new Date(t.dateTime).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
}

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (page?.scrollHeight) {
    frame.style.height = "0";
    frame.style.height = page.scrollHeight + 2 + "px";
  }
}

for (const frame of document.querySelectorAll("iframe")) {
  frame.addEventListener("load", () => fit(frame));
  new ResizeObserver(() => fit(frame)).observe(frame.parentElement);
}
