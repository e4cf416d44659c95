// The page that shows the collections of points: how many there are, what the optimiser does, what memory they take, and a
// search by text. Everything comes from the interface for programs; texts enter the page as text only.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  let chosen = null; // the collection whose points are shown
  let next = null; // where its list of points goes on
  let state = { collections: [], models: [] };

  /** Calls the interface; a key that was entered lives as long as the tab. */
  async function call(path, body) {
    const headers = { Accept: "application/json" };
    const key = sessionStorage.getItem("key");
    if (key) headers["api-key"] = key;
    if (body) headers["Content-Type"] = "application/json";
    const response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    if (response.status === 401 || response.status === 403) {
      $("key").hidden = false;
      throw new Error(await response.text());
    }
    const reply = await response.json();
    if (!response.ok) throw new Error(reply.status?.error ?? reply.error?.message ?? `status ${response.status}`);
    return reply;
  }

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  const count = (number) => number.toLocaleString("en");

  function bytes(number) {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (number >= 1024 && unit < units.length - 1) {
      number /= 1024;
      unit += 1;
    }
    return `${unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
  }

  async function refresh() {
    try {
      state = await call("/dashboard/state.json");
    } catch (error) {
      $("totals").textContent = error.message;
      return;
    }
    $("key").hidden = true;
    const points = state.collections.reduce((sum, one) => sum + one.points, 0);
    const process = state.residentBytes ? ` · process ${bytes(state.residentBytes)}` : "";
    $("totals").textContent = `${count(state.collections.length)} collections · ${count(points)} points${process}`;
    const rows = state.collections.map((one) => {
      const row = element("tr");
      const name = element("th", undefined, { scope: "row" });
      const link = element("a", one.name, { href: "#" + encodeURIComponent(one.name) });
      if (one.name === chosen) link.setAttribute("aria-current", "true");
      name.append(link);
      row.append(name);
      for (const text of [count(one.points), count(one.vectors), count(one.indexed), one.optimizer, bytes(one.memory.resident) + (one.memory.budget ? " of " + bytes(one.memory.budget) : ""), bytes(one.diskBytes)]) {
        row.append(element("td", text));
      }
      return row;
    });
    $("collections").tBodies[0].replaceChildren(...rows);
    $("collections").hidden = rows.length === 0;
    showMemory();
  }

  function showMemory() {
    const one = state.collections.find((other) => other.name === chosen);
    if (!one) return;
    const names = {
      vectors: "vectors", codes: "codes", payload: "payload", points: "ids", graphs: "graphs", mappedGraphs: "graphs in mapped files",
      mappedResident: "of these in memory now",
    };
    $("memory").replaceChildren(...Object.entries(names).map(([key, label]) => {
      const pair = element("div");
      pair.append(element("dt", label), element("dd", bytes(one.memory[key])));
      return pair;
    }));
  }

  /** Shows the collection that the address names. */
  async function choose() {
    const name = decodeURIComponent(location.hash.slice(1));
    const one = state.collections.find((other) => other.name === name);
    chosen = one ? name : null;
    $("points").hidden = !one;
    for (const link of $("collections").querySelectorAll("a")) {
      if (link.textContent === chosen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!one) return;
    $("chosen").textContent = name;
    $("using").replaceChildren(...one.vectorNames.map((vector) => element("option", vector === "" ? "unnamed" : vector, { value: vector })));
    $("model").replaceChildren(...state.models.map((model) => element("option", model, { value: model })));
    $("ask").hidden = state.models.length === 0 || one.vectorNames.length === 0;
    showMemory();
    await list(false);
  }

  function path(end) {
    return `/collections/${encodeURIComponent(chosen)}/points/${end}`;
  }

  function card(point) {
    const item = element("li");
    const head = element("p", undefined, { class: "id" });
    head.append(element("b", String(point.id)));
    if (point.score !== undefined) head.append(element("span", `score ${point.score.toFixed(4)}`));
    item.append(head, element("pre", JSON.stringify(point.payload ?? {}, null, 1)));
    return item;
  }

  async function list(goesOn) {
    const body = { limit: 20, with_payload: true };
    if (goesOn && next !== null) body.offset = next;
    try {
      const { result } = await call(path("scroll"), body);
      next = result.next_page_offset;
      const cards = result.points.map(card);
      if (goesOn) $("answers").append(...cards);
      else $("answers").replaceChildren(...cards);
      $("more").hidden = next === null;
      $("outcome").textContent = "";
    } catch (error) {
      $("outcome").textContent = error.message;
    }
  }

  $("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text) return list(false);
    const start = performance.now();
    const query = { query: { text, model: $("model").value }, using: $("using").value, limit: 10, with_payload: true };
    try {
      const { result } = await call(path("query"), query);
      $("answers").replaceChildren(...result.points.map(card));
      $("more").hidden = true;
      $("outcome").textContent = `${result.points.length} points in ${Math.round(performance.now() - start)} ms`;
    } catch (error) {
      $("outcome").textContent = error.message;
    }
  });
  $("more").addEventListener("click", () => list(true));
  $("key").addEventListener("submit", async (event) => {
    event.preventDefault();
    sessionStorage.setItem("key", new FormData(event.target).get("key"));
    await refresh();
    choose();
  });
  addEventListener("hashchange", choose);
  refresh().then(choose);
  setInterval(refresh, 3000);
})();
