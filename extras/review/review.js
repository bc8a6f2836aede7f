// The reviewers' pages work without it: it copies ids with a click, goes through the list with j and k, and sends a decision once.
(() => {
  "use strict";
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("role", "status");
  document.querySelector(".review").append(said);

  for (const id of document.querySelectorAll("td .id, dd .id, .whose .id, .story .id")) {
    const button = document.createElement("button"), link = id.closest("a");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-label", "Copy " + id.textContent);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(id.textContent);
        said.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(id); // where it must not be written, it is marked at least
        said.textContent = "Selected";
      }
      button.classList.add("done");
      setTimeout(() => { button.classList.remove("done"); said.textContent = ""; }, 1500);
    });
    (link || id).after(button);
  }

  // A second click would be refused because of what the first has changed.
  let sent = -Infinity;
  addEventListener("submit", (event) => {
    if (event.timeStamp - sent < 2000) event.preventDefault();
    else sent = event.timeStamp;
  });

  const rows = [...document.querySelectorAll(".list .person a")];
  const keys = document.querySelector(".keys");
  if (keys) keys.hidden = false;
  addEventListener("keydown", (event) => {
    const step = { j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
    const at = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const next = rows[at < 0 ? 0 : at + step];
    if (next) next.focus();
  });
})();
