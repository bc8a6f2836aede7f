// The script of the verification page. Everything works without it: it opens
// Stripe's page without a detour, and tells the result without a reload.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const box = $("status"), form = $("verify-form"), button = $("verify-button");
  if (!box || !form || !button) return;

  const show = (id, visible) => {
    const element = $(id);
    if (element) element.hidden = !visible;
  };

  // An answer that is no JSON comes from somebody in between, such as a proxy
  // that wants a sign-in: loading the page again shows it. Once a minute at
  // most, since loading may not help.
  const reload = () => {
    try {
      const last = Number(sessionStorage.getItem("reloaded"));
      if (Date.now() - last < 60000) return;
      sessionStorage.setItem("reloaded", String(Date.now()));
    } catch {
      return;
    }
    location.reload();
  };

  const request = async (path, options) => {
    const answer = await fetch(path, {
      credentials: "same-origin", cache: "no-store", redirect: "manual",
      ...options, headers: { Accept: "application/json" },
    });
    const type = answer.headers.get("Content-Type") || "";
    return { answer, data: type.startsWith("application/json") ? await answer.json() : null };
  };

  // --- the Verify button

  const label = button.textContent;
  let sending = false;
  let giveUp;

  const reset = () => {
    clearTimeout(giveUp);
    sending = false;
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.label || label;
  };

  // Only Stripe's pages, and, on this computer, the simulator's.
  const allowed = (address) => {
    const url = new URL(address);
    const local = (name) => ["localhost", "127.0.0.1", "[::1]"].includes(name);
    if (url.protocol === "https:" && url.hostname.endsWith(".stripe.com")) return true;
    return location.protocol === "http:" && local(location.hostname) && local(url.hostname) && /^https?:$/.test(url.protocol);
  };

  const fail = (text) => {
    reset();
    $("message").textContent = text;
  };

  const verify = async () => {
    const abort = new AbortController();
    giveUp = setTimeout(() => abort.abort(), 30000);
    let result;
    try {
      result = await request(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: abort.signal });
    } catch {
      return fail(form.dataset.offline);
    }
    const { answer, data } = result;
    if (!data || !answer.ok) {
      fail(data?.error?.message || form.dataset.failed);
      if (!data || answer.status === 401) reload(); // to where people sign in
      // Refused because of the state of the verification, which this page does not show yet.
      else if (answer.status === 409 || answer.status === 403) ask();
      return;
    }
    try {
      if (!allowed(data.url)) throw new Error("not an address of Stripe");
      location.assign(data.url);
    } catch {
      return fail(form.dataset.failed);
    }
    // Whoever stops the page from loading finds a working button.
    clearTimeout(giveUp);
    giveUp = setTimeout(reset, 15000);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    button.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.busy;
    $("message").textContent = "";
    verify();
  });

  // --- waiting for the result

  const pauses = [.5, 2, 3, 5, 8, 13, 21, 30]; // seconds: the result may be there; the last one repeats
  const patience = 60 * 60 * 1000;
  let waiting = "poll" in box.dataset;
  let asking = false;
  let asked = 0;
  let since = Date.now();
  let timer;

  const schedule = () => {
    clearTimeout(timer);
    if (!waiting || document.hidden || Date.now() - since > patience) return;
    timer = setTimeout(ask, pauses[Math.min(asked++, pauses.length - 1)] * 1000);
  };

  const update = (data) => {
    // Nothing submitted yet, perhaps on another device just now: go on asking.
    if (data.status === "requires_input" && !data.code && box.dataset.status === "started") return;
    if (data.title && (data.status !== box.dataset.status || data.title !== $("state-title").textContent)) {
      $("state-title").textContent = data.title;
      $("state-message").textContent = data.message;
      document.title = data.title + " – " + box.dataset.app;
      for (const id of ["state-next", "state-detail"]) show(id, false);
      const attempts = $("attempts");
      if (attempts) attempts.textContent = attempts.dataset.text.replace("{n}", data.attempts_left);
      show("attempts", data.retry && data.status === "requires_input");
    }
    box.dataset.status = data.status;
    waiting = data.status === "processing";
    const focused = document.activeElement;
    if (data.retry && (form.hidden || data.code)) {
      button.dataset.label = button.dataset.again;
      if (!sending) button.textContent = button.dataset.again;
    }
    form.hidden = !data.retry;
    button.classList.remove("quiet"); // beside a button that goes
    const verified = data.status === "verified";
    const contact = !data.retry && !verified && !waiting && data.code !== "in_review" && Boolean($("contact"));
    show("continue", verified);
    show("contact", contact);
    show("action", !data.retry && !verified && !contact);
    if (verified || contact) show(verified ? "help" : "question", false);
    show("before", data.retry); // what to know before the start
    // The focus must not be lost with a button.
    if (focused && focused !== document.body && !focused.checkVisibility()) $("state").focus();
  };

  async function ask() {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      const { answer, data } = await request("/verification/status");
      if (!data || answer.status === 401) return reload();
      if (answer.ok) update(data);
    } catch {
      // No network: the next question may get through.
    } finally {
      asking = false;
      schedule();
    }
  }

  const resume = () => {
    if (!waiting || document.hidden) return;
    since = Date.now();
    asked = 0;
    ask();
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : resume()));
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    reset(); // Back from Stripe's page
    resume();
  });
  schedule();
})();
