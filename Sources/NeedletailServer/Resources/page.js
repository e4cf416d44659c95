// What the page does faster and by keyboard. Without this file everything works by links and one form.
"use strict";

const form = document.getElementById("search");
const box = document.getElementById("q");
const quiet = 140; // milliseconds without a keystroke before a search starts
let pending = null; // the request under way
let timer = null;
let shown = location.href;

document.documentElement.classList.add("enhanced");

/** The address that the form would lead to. */
function formAddress() {
  const parameters = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") parameters.append(name, value.trim());
  }
  // A way of searching without a query is no state worth an address.
  if (!parameters.get("q")) parameters.delete("mode");
  const text = parameters.toString();
  return text ? "/?" + text : "/";
}

/**
 * Fetches an address of the search page and exchanges what differs from the page shown. A newer call gives up an older
 * one. `history` is "push", "replace" or "none".
 */
async function show(address, history, keepBox) {
  pending?.abort();
  const request = new AbortController();
  pending = request;
  document.body.classList.add("busy");
  try {
    const response = await fetch(address, { signal: request.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (pending !== request) return;
    exchange(page, keepBox);
    const target = new URL(address, location.href).href;
    if (history === "push" && target !== location.href) window.history.pushState(null, "", target);
    if (history === "replace" || target === location.href) window.history.replaceState(null, "", target);
    shown = location.href;
    if (history !== "none" && !keepBox) scrollTo({ top: 0 });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (keepBox) announce("The server cannot be reached.");
    else location.href = address; // let the browser say what is wrong
  } finally {
    if (pending === request) {
      pending = null;
      document.body.classList.remove("busy");
    }
  }
}

function exchange(page, keepBox) {
  const next = (id) => document.importNode(page.getElementById(id), true);
  document.title = page.title;
  document.body.className = page.body.className;
  document.getElementById("main").replaceWith(next("main"));
  document.getElementById("state").replaceWith(next("state"));
  document.getElementById("home").href = page.getElementById("home").getAttribute("href");
  for (const choice of page.querySelectorAll("[name=mode]")) {
    const own = document.getElementById(choice.id);
    if (own) own.checked = choice.checked;
  }
  const collection = document.getElementById("collection");
  if (collection) collection.value = page.getElementById("collection")?.value ?? collection.value;
  if (!keepBox) box.value = page.getElementById("q").value;
  announce(document.getElementById("summary")?.textContent ?? "");
}

function announce(text) {
  document.getElementById("announcement").textContent = text;
}

/** Searches for what stands in the box. Steps while typing replace each other in the history. */
function search(history) {
  clearTimeout(timer);
  const address = formAddress();
  if (new URL(address, location.href).href === shown && !pending) return;
  show(address, history, true);
}

// On a document the form leads to the search page in the ordinary way.
const isSearchPage = location.pathname === "/" && document.getElementById("state") !== null;

if (form && isSearchPage) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    show(formAddress(), "push", true);
  });
  box.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing) return;
    timer = setTimeout(search, quiet, "replace");
  });
  form.addEventListener("change", (event) => {
    if (event.target !== box) search("push");
  });
  addEventListener("popstate", () => {
    if (location.href.split("#")[0] !== shown.split("#")[0]) show(location.href, "none", false);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(link.getAttribute("href"), "push", false).then(() => document.getElementById("main").focus({ preventScroll: true }));
  });
}

/** Puts the focus on the answer `step` places further; above the first one is the box. */
function move(step) {
  const answers = [...document.querySelectorAll(".card .open")];
  const current = answers.indexOf(document.activeElement.closest(".card")?.querySelector(".open"));
  const target = current + step;
  if (target < 0 && current >= 0) box?.focus();
  else answers[Math.min(Math.max(target, 0), answers.length - 1)]?.focus();
}

function moreLikeThis() {
  const card = document.activeElement.closest(".card");
  (card ? card.querySelector(".like") : document.getElementById("like"))?.click();
}

function back() {
  const link = document.getElementById("back");
  if (link) link.click();
  else if (document.activeElement !== document.body) document.activeElement.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  const isTyping = event.target.matches("input[type=search], select, textarea");
  const isChoosing = event.target.matches("input[type=radio], select");
  const actions = {
    "/": isTyping ? null : () => { box?.focus(); box?.select(); },
    j: isTyping ? null : () => move(1),
    k: isTyping ? null : () => move(-1),
    m: isTyping ? null : moreLikeThis,
    ArrowDown: isChoosing || !document.querySelector(".card") ? null : () => move(1),
    ArrowUp: isChoosing || isTyping || !document.querySelector(".card") ? null : () => move(-1),
    Escape: isTyping ? () => event.target.blur() : back,
  };
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});
