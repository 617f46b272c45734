// Draws the heat map and the list of cells of a matrix from the JSON block of the page, and filters both.
"use strict";

window.addEventListener("error", (event) => {
  document.documentElement.dataset.error = String(event.message);
});

const data = JSON.parse(document.getElementById("data").textContent);
const axes = data.axes;
const page = 200; // cells of the list that are made at once
// In the order of matrix::Status; a flake is told apart on this page only.
const kinds = [
  { word: "passed", sign: "✓" }, { word: "failed", sign: "✗" }, { word: "inconclusive", sign: "?" },
  { word: "error", sign: "!" }, { word: "not run", sign: "–" }, { word: "flaky", sign: "~" },
];
const worstFirst = [1, 3, 2, 4, 5, 0];

const cells = data.cells.map((row) => {
  const at = axes.length;
  const cell = { values: row.slice(0, at), status: row[at], attempts: row[at + 1], seconds: row[at + 2],
    id: row[at + 3], why: data.texts[row[at + 4]], link: null };
  cell.kind = cell.status === 0 && cell.attempts > 1 ? 5 : cell.status;
  const folder = row[at + 5];
  if (typeof folder === "number") cell.link = `${data.texts[folder]}cells/${cell.id}/${row[at + 6]}/report.html`;
  if (typeof folder === "string") cell.link = `${folder}/report.html`;
  return cell;
});

const view = { filters: axes.map(() => -1), kind: -1, text: "", rows: 0, columns: [], shown: page };

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function count(number) {
  return number.toLocaleString("en-GB");
}

function timeText(seconds) {
  if (seconds >= 120) return `${Math.floor(seconds / 60)}m${String(Math.round(seconds % 60)).padStart(2, "0")}s`;
  return `${seconds} s`;
}

function selected() {
  const text = view.text.toLowerCase();
  return cells.filter((cell) => view.filters.every((value, axis) => value < 0 || cell.values[axis] === value) &&
    (view.kind < 0 || cell.kind === view.kind) &&
    (text === "" || cell.id.toLowerCase().includes(text) || cell.why.toLowerCase().includes(text)));
}

// ---- The map

function nameOf(axis, value) {
  return axes[axis].values[value];
}

// Keys of the columns that the chosen axes make, in the order of their values.
function columnsOf(chosen) {
  const seen = new Map();
  for (const cell of chosen) {
    const values = view.columns.map((axis) => cell.values[axis]);
    seen.set(values.join(","), values);
  }
  return [...seen.values()].sort((a, b) => a.reduce((order, value, i) => order || value - b[i], 0));
}

function worst(counts) {
  return worstFirst.find((kind) => counts[kind] > 0);
}

function heatButton(rowValue, column, counts, place) {
  const total = counts.reduce((sum, number) => sum + number, 0);
  const kind = worst(counts);
  const title = [nameOf(view.rows, rowValue), ...column.map((value, i) => nameOf(view.columns[i], value))].join(", ");
  const words = kinds.map((one, i) => counts[i] > 0 ? `${count(counts[i])} ${one.word}` : "").filter(Boolean).join(", ");
  const button = element("button", { type: "button", class: `s${kind}`, "aria-label": `${title}: ${words}`, title: words,
    tabindex: "-1", "data-place": place.join(",") }, `${kinds[kind].sign} ${counts[kind] === total ? count(total) : `${count(counts[kind])}/${count(total)}`}`);
  button.addEventListener("click", () => {
    view.filters[view.rows] = rowValue;
    column.forEach((value, i) => { view.filters[view.columns[i]] = value; });
    refresh();
    document.getElementById("list-head").focus();
  });
  return button;
}

function drawMap(chosen) {
  const columns = columnsOf(chosen);
  const index = new Map(columns.map((values, i) => [values.join(","), i]));
  const rows = [...new Set(chosen.map((cell) => cell.values[view.rows]))].sort((a, b) => a - b);
  const sums = new Map(rows.map((row) => [row, columns.map(() => kinds.map(() => 0))]));
  for (const cell of chosen) {
    const column = index.get(view.columns.map((axis) => cell.values[axis]).join(","));
    sums.get(cell.values[view.rows])[column][cell.kind] += 1;
  }
  const caption = `Cells by ${axes[view.rows].name} and ${view.columns.map((axis) => axes[axis].name).join(" and ")}. ` +
    "Arrow keys move, Enter filters by a field.";
  const head = element("tr", {}, element("td"), ...columns.map((values) =>
    element("th", { scope: "col" }, values.map((value, i) => nameOf(view.columns[i], value)).join(" · "))));
  const body = rows.map((row, y) => element("tr", {}, element("th", { scope: "row" }, nameOf(view.rows, row)),
    ...columns.map((column, x) => {
      const counts = sums.get(row)[x];
      if (worst(counts) === undefined) return element("td", {}, element("span", { class: "none" }, "·", element("span", { class: "hidden" }, "no cell")));
      return element("td", {}, heatButton(row, column, counts, [y, x]));
    })));
  const table = element("table", { class: "heat" }, element("caption", { class: "hidden" }, caption),
    element("thead", {}, head), element("tbody", {}, ...body));
  document.getElementById("map").replaceChildren(table);
  table.addEventListener("keydown", moveInMap);
  table.querySelector("button")?.setAttribute("tabindex", "0");
}

// One field of the map is in the order of the Tab key; the arrow keys go from field to field.
function moveInMap(event) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const step = steps[event.key];
  const from = document.activeElement?.dataset?.place;
  if (!step || !from) return;
  event.preventDefault();
  let [y, x] = from.split(",").map(Number);
  const table = event.currentTarget;
  for (let i = 0; i < cells.length + 2; i += 1) {
    y += step[0];
    x += step[1];
    const row = table.tBodies[0].rows[y];
    if (!row || x < 0 || x + 1 >= row.cells.length) return;
    const next = row.cells[x + 1].querySelector("button");
    if (!next) continue;
    document.activeElement.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
    return;
  }
}

// ---- The list

function drawList(chosen) {
  const order = [...chosen].sort((a, b) => worstFirst.indexOf(a.kind) - worstFirst.indexOf(b.kind));
  const rows = order.slice(0, view.shown).map((cell) => {
    const kind = kinds[cell.kind];
    const style = cell.kind === 0 ? "pass" : cell.kind === 1 || cell.kind === 3 ? "fail" : "inconclusive";
    const name = cell.link ? element("a", { href: cell.link }, cell.id) : cell.id;
    const attempts = cell.attempts > 1 ? `${cell.attempts} attempts` : "";
    return element("tr", {}, element("td", { class: `status ${style}` }, `${kind.sign} ${kind.word}`),
      element("td", {}, name), element("td", {}, cell.why), element("td", {}, attempts),
      element("td", { class: "number" }, cell.attempts > 0 ? timeText(cell.seconds) : ""));
  });
  const heads = ["Status", "Cell", "Why", "Attempts", "Time"];
  const table = element("table", { class: "cells" },
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows));
  const place = document.getElementById("list");
  place.replaceChildren(table);
  if (order.length > view.shown) {
    const more = element("button", { type: "button" }, `Show ${count(Math.min(page, order.length - view.shown))} more of ${count(order.length - view.shown)}`);
    more.addEventListener("click", () => {
      view.shown += page;
      drawList(selected());
    });
    place.append(more);
  }
}

// ---- Filters

function choice(label, options, value, change) {
  const select = element("select", { "data-filter": label }, ...options.map(([key, text]) => element("option", { value: String(key) }, text)));
  select.value = String(value);
  select.addEventListener("change", () => {
    change(Number(select.value));
    refresh();
  });
  return element("label", {}, label, select);
}

function axisOptions() {
  return axes.map((axis, i) => [i, axis.name]);
}

function drawFilters() {
  const form = document.getElementById("filters");
  const selects = [];
  axes.forEach((axis, i) => {
    if (axis.values.length < 2) return;
    const options = [[-1, "all"], ...axis.values.map((value, number) => [number, value])];
    selects.push(choice(axis.name, options, view.filters[i], (value) => { view.filters[i] = value; }));
  });
  selects.push(choice("status", [[-1, "all"], ...kinds.map((kind, i) => [i, kind.word])], view.kind, (value) => { view.kind = value; }));
  const search = element("input", { type: "search", "data-filter": "text", value: view.text });
  search.addEventListener("input", () => {
    view.text = search.value;
    view.shown = page;
    draw();
  });
  const reset = element("button", { type: "button", id: "reset" }, "Show all");
  reset.addEventListener("click", () => {
    view.filters.fill(-1);
    view.kind = -1;
    view.text = "";
    refresh();
  });
  const both = view.columns.length > 1 ? view.columns[1] : -1;
  form.replaceChildren(...selects, element("label", {}, "words", search),
    choice("rows of the map", axisOptions(), view.rows, (value) => { view.rows = value; }),
    choice("columns", axisOptions(), view.columns[0], (value) => { view.columns[0] = value; }),
    choice("and", [[-1, "nothing more"], ...axisOptions()], both, (value) => {
      view.columns = value < 0 ? [view.columns[0]] : [view.columns[0], value];
    }), reset);
  form.hidden = false;
}

function draw() {
  const chosen = selected();
  drawMap(chosen);
  drawList(chosen);
  const text = chosen.length === cells.length ? `All ${count(cells.length)} cells` : `${count(chosen.length)} of ${count(cells.length)} cells`;
  document.getElementById("shown").textContent = text;
  document.documentElement.dataset.drawn = String(chosen.length);
}

// Filters too: what a field of the map has set is to be seen there.
function refresh() {
  view.shown = page;
  const focused = document.activeElement?.dataset?.filter;
  drawFilters();
  draw();
  if (focused) document.querySelector(`[data-filter="${CSS.escape(focused)}"]`)?.focus();
}

function start() {
  const several = axes.map((axis, i) => i).filter((i) => axes[i].values.length > 1);
  view.rows = axes.length - 1;
  view.columns = several.filter((i) => i !== view.rows).slice(0, 2);
  if (view.columns.length === 0) view.columns = [0];
  const legend = document.getElementById("map-legend");
  kinds.forEach((kind, i) => legend.append(element("li", { class: "heat" },
    element("span", { class: `heat-key s${i}`, "aria-hidden": "true" }, kind.sign), kind.word)));
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  refresh();
}

start();
