// Shows each time in the reader's own time zone. What the server wrote, in UTC, stays as its title.
(() => {
  "use strict";
  for (const element of document.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const short = "short" in element.dataset;
    const lang = short ? "sv" : element.closest("[lang]").lang; // Swedish writes 2026-03-01 18:00, of one width
    element.title = element.textContent;
    element.textContent = new Intl.DateTimeFormat(lang, { dateStyle: short ? "short" : "long", timeStyle: "short" }).format(at);
  }
})();
