// Draws the charts of a run from the JSON block of the page: SVG, no library, no request. Colours come from the style
// sheet, so that light, dark and print need no redraw.
"use strict";

window.addEventListener("error", (event) => {
  document.documentElement.dataset.error = String(event.message);
});

const data = JSON.parse(document.getElementById("data").textContent);
const gutter = { left: 64, right: 10 };
const view = { from: data.from, until: data.until, log: true, cursor: null };
const panels = []; // each: {svg, width, height, draw(), read(t)}

// ---- Elements and numbers

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function shape(name, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

// Three significant digits without trailing zeros.
function figure(value) {
  if (value >= 1000) return Math.round(value).toLocaleString("en-GB");
  return String(Number(value.toPrecision(3)));
}

function latencyText(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return `${figure(ms * 1000)} µs`;
  return ms < 1000 ? `${figure(ms)} ms` : `${figure(ms / 1000)} s`;
}

function timeText(seconds, step) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  if (data.until < 180) return `${seconds.toFixed(digits)} s`;
  const whole = Math.floor(seconds + 1e-9);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (seconds - whole + (whole % 60)).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function niceStep(span, wanted) {
  const raw = span / wanted;
  const decade = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * decade).find((step) => step >= raw * 0.999);
}

function timeStep(span, wanted) {
  const raw = span / wanted;
  if (raw <= 10) return niceStep(span, wanted);
  return [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].find((step) => step >= raw) ?? raw;
}

function ticks(from, until, step) {
  const found = [];
  for (let tick = Math.ceil(from / step - 1e-9); tick * step <= until + step * 1e-9; ++tick) found.push(tick * step);
  return found;
}

// ---- What every chart shares: the time axis, faults, role changes, the cursor

function plotWidth(panel) {
  return panel.width - gutter.left - gutter.right;
}

function xOf(panel, seconds) {
  return gutter.left + ((seconds - view.from) / (view.until - view.from)) * plotWidth(panel);
}

function secondsOf(panel, x) {
  const share = Math.min(1, Math.max(0, (x - gutter.left) / plotWidth(panel)));
  return view.from + share * (view.until - view.from);
}

function visible(from, until) {
  return until >= view.from && from <= view.until;
}

function timeAxis(panel, y, labelled) {
  const step = timeStep(view.until - view.from, Math.max(2, plotWidth(panel) / 90));
  for (const tick of ticks(view.from, view.until, step)) {
    const x = xOf(panel, tick);
    panel.svg.append(shape("line", { class: "grid", x1: x, x2: x, y1: panel.top, y2: y }));
    if (labelled) {
      const anchor = x > panel.width - 24 ? "end" : "middle";
      panel.svg.append(shape("text", { class: "tick", x, y: y + 15, "text-anchor": anchor }, timeText(tick, step)));
    }
  }
}

function bands(panel, y) {
  for (const fault of data.faults) {
    const until = fault.until ?? data.until;
    if (!visible(fault.from, until)) continue;
    const left = xOf(panel, Math.max(fault.from, view.from));
    const right = xOf(panel, Math.min(until, view.until));
    const width = Math.max(1.5, right - left);
    panel.svg.append(shape("rect", { class: "band", x: left, y: panel.top, width, height: y - panel.top }));
    panel.svg.append(shape("line", { class: "edge", x1: left, x2: left, y1: panel.top, y2: y }));
  }
}

function changes() {
  const roles = data.roles.filter((role) => !role.first);
  const lines = roles.map((role) => ({ at: role.from, kind: "role", text: `${role.role} → ${role.holder || "nobody"}` }));
  return lines.concat(data.marks.map((mark) => ({ at: mark.at, kind: "mark", text: mark.text })));
}

function changeLines(panel, y) {
  for (const change of changes()) {
    if (!visible(change.at, change.at)) continue;
    const x = xOf(panel, change.at);
    panel.svg.append(shape("line", { class: change.kind, x1: x, x2: x, y1: panel.top, y2: y }));
  }
}

// Labels over a chart, faults first, in at most two rows; what would cover another is left to the lanes.
function placeFlags(panel) {
  const rows = [[], []];
  const lost = (change) => change.text.endsWith("nobody"); // says less than who has the role next
  const faultFlags = data.faults.map((fault) => ({ at: fault.from, kind: "fault", text: fault.name }));
  const wanted = [...faultFlags, ...changes().filter((change) => !lost(change)), ...changes().filter(lost)];
  for (const flag of wanted) {
    if (!visible(flag.at, flag.at)) continue;
    const width = flag.text.length * 6.4 + 8;
    const x = xOf(panel, flag.at);
    const before = x + width > panel.width;
    const from = before ? x - width : x;
    const row = rows.find((taken) => from >= 0 && !taken.some((other) => from < other.until && from + width > other.from));
    if (row) row.push({ ...flag, x: before ? x - 3 : x + 3, anchor: before ? "end" : "start", from, until: from + width });
  }
  return rows.filter((row) => row.length > 0);
}

function flags(panel, rows) {
  rows.forEach((row, index) => {
    for (const flag of row) {
      const place = { class: `flag ${flag.kind}-flag`, x: flag.x, y: 11 + index * 14, "text-anchor": flag.anchor };
      panel.svg.append(shape("text", place, flag.text));
    }
  });
}

function cursorLine(panel, y) {
  panel.cursor = shape("line", { class: "cursor", y1: panel.top, y2: y, visibility: "hidden" });
  panel.svg.append(panel.cursor);
}
