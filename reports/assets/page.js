// Puts the charts into the page and lets people move about in them. After charts.js.

// ---- Legends, which also read out what is under the cursor

function legend(entries) {
  const list = element("ul", { class: "legend" });
  for (const [kind, text] of entries) {
    const value = element("output", { "data-series": kind });
    list.append(element("li", {}, element("span", { class: `key ${kind}`, "aria-hidden": "true" }), text, value));
  }
  return list;
}

function readOutcome(panel, index) {
  for (const output of panel.legend.querySelectorAll("output")) {
    output.textContent = index === null ? "" : `${figure(rate(panel.workload, output.dataset.series, index))}/s`;
  }
}

function readLatency(panel, index) {
  for (const output of panel.legend.querySelectorAll("output")) {
    output.textContent = index === null ? "" : latencyText(valueAt(panel.workload, output.dataset.series, index));
  }
}

function moveCursor(seconds) {
  view.cursor = seconds;
  const shown = seconds !== null && visible(seconds, seconds);
  for (const panel of panels) {
    panel.cursor.setAttribute("visibility", shown ? "visible" : "hidden");
    if (shown) {
      const x = xOf(panel, seconds).toFixed(1);
      panel.cursor.setAttribute("x1", x);
      panel.cursor.setAttribute("x2", x);
    }
    if (panel.read) panel.read(panel, shown ? binAt(panel.workload, seconds) : null);
  }
  for (const clock of document.querySelectorAll(".clock")) {
    clock.textContent = shown ? `at ${timeText(seconds, 0.01)}` : "";
  }
}

function announce() {
  const workload = panels.find((panel) => panel.svg === document.activeElement)?.workload;
  if (!workload) return;
  const index = binAt(workload, view.cursor);
  const text = index === null ? "no operations" :
    ["ok", "fail", "unknown"].map((series) => `${series} ${figure(rate(workload, series, index))} per second`).join(", ") +
    ["p50", "p99", "max"].map((series) => `, ${series} ${latencyText(valueAt(workload, series, index))}`).join("");
  document.getElementById("announce").textContent = `${timeText(view.cursor, 0.01)}: ${text}`;
}

// ---- Pointer and keys

function zoom(from, until) {
  const least = (data.until - data.from) / 1000;
  const middle = (from + until) / 2;
  const half = Math.max(until - from, least) / 2;
  view.from = Math.max(data.from, middle - half);
  view.until = Math.min(data.until, middle + half);
  document.getElementById("reset").hidden = view.from <= data.from && view.until >= data.until;
  draw();
}

function bindPointer(panel) {
  let dragged = null;
  const seconds = (event) => secondsOf(panel, event.clientX - panel.svg.getBoundingClientRect().left);
  panel.svg.addEventListener("pointermove", (event) => {
    moveCursor(seconds(event));
    if (dragged === null) return;
    const left = Math.min(xOf(panel, dragged), xOf(panel, view.cursor));
    const width = Math.abs(xOf(panel, view.cursor) - xOf(panel, dragged));
    panel.svg.querySelector(".selection")?.remove();
    panel.svg.append(shape("rect", { class: "selection", x: left, y: panel.top, width, height: panel.height - panel.top }));
  });
  panel.svg.addEventListener("pointerleave", () => {
    if (dragged === null) moveCursor(null);
  });
  panel.svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    dragged = seconds(event);
    panel.svg.setPointerCapture(event.pointerId);
  });
  panel.svg.addEventListener("pointerup", (event) => {
    if (dragged === null) return;
    const [from, until] = [dragged, seconds(event)].sort((a, b) => a - b);
    dragged = null;
    panel.svg.querySelector(".selection")?.remove();
    if (((until - from) / (view.until - view.from)) * plotWidth(panel) > 8) zoom(from, until);
  });
  panel.svg.addEventListener("dblclick", () => zoom(data.from, data.until));
}

function bindKeys(panel) {
  panel.svg.addEventListener("keydown", (event) => {
    const span = view.until - view.from;
    const at = view.cursor ?? view.from;
    const step = (event.shiftKey ? 10 : 1) * (panel.workload?.bin ?? span / 100);
    const actions = {
      ArrowLeft: () => moveCursor(Math.max(view.from, at - step)),
      ArrowRight: () => moveCursor(Math.min(view.until, at + step)),
      Home: () => moveCursor(view.from),
      End: () => moveCursor(view.until),
      "+": () => zoom(at - span / 4, at + span / 4),
      "-": () => zoom(at - span, at + span),
      0: () => zoom(data.from, data.until),
      Escape: () => moveCursor(null),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
    if (view.cursor !== null) announce();
  });
}

// ---- Building the page's charts

function addPanel(parent, panel, label) {
  panel.svg = shape("svg", { role: "img", tabindex: "0", "aria-label": label, height: panel.height });
  parent.append(panel.svg);
  panels.push(panel);
  bindPointer(panel);
  bindKeys(panel);
  return panel;
}

function figuresTable(workload) {
  const details = element("details", { class: "figures" }, element("summary", {}, "These figures as a table"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("table")) return;
    const heads = ["from", "ok", "fail", "unknown", "p50", "p99", "max", "longest not ok"];
    const rows = workload.ok.map((ok, index) => element("tr", {},
      ...[timeText(binFrom(workload, index), workload.bin), ok, workload.fail[index], workload.unknown[index],
        ...["p50", "p99", "max", "wait"].map((series) => latencyText(valueAt(workload, series, index)))]
        .map((text) => element("td", {}, String(text)))));
    details.append(element("div", { class: "scroll" }, element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...rows))));
  }, { passive: true });
  return details;
}

function addWorkload(place) {
  const workload = data.workloads[Number(place.dataset.workload)];
  if (workload.ok.length === 0) return;
  const keys = "Arrow keys move the cursor, plus and minus zoom.";
  const outcomes = legend([["ok", "ok"], ["unknown", "unknown"], ["fail", "fail"]]);
  const latencies = legend([["p50", "p50"], ["p99", "p99"], ["max", "max"], ["wait", "longest that was not ok"]]);
  const clock = () => element("span", { class: "clock" });
  place.append(element("div", { class: "chart-head" }, element("h4", {}, "Operations per second, by outcome"), outcomes, clock()));
  const outcome = addPanel(place, { workload, height: 142, draw: drawOutcome, read: readOutcome, legend: outcomes },
    `Operations of ${workload.name} per second by outcome over time. ${keys}`);
  place.append(element("div", { class: "chart-head" }, element("h4", {}, "Latency from the intended start"), latencies, clock()));
  const latency = addPanel(place, { workload, height: 170, draw: drawLatency, read: readLatency, legend: latencies },
    `Latency of ${workload.name} over time: p50, p99 and maximum of what was ok. ${keys}`);
  outcome.svg.classList.add("outcome");
  latency.svg.classList.add("latency");
  place.append(figuresTable(workload));
}

function draw() {
  for (const panel of panels) {
    panel.width = Math.max(240, panel.svg.parentElement.clientWidth);
    panel.svg.setAttribute("width", panel.width);
    panel.svg.setAttribute("viewBox", `0 0 ${panel.width} ${panel.height}`);
    panel.draw(panel);
  }
  moveCursor(view.cursor);
  document.documentElement.dataset.drawn = String(panels.length);
}

function bindControls() {
  for (const choice of document.querySelectorAll("input[name=scale]")) {
    choice.addEventListener("change", () => {
      view.log = choice.value === "log" ? choice.checked : !choice.checked;
      draw();
    });
  }
  document.getElementById("reset").addEventListener("click", () => zoom(data.from, data.until));
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        // No clipboard for this page: select the text, so that the usual key copies it.
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
    });
  }
}

function start() {
  const lanes = lanesOf();
  const lanePlace = document.getElementById("lanes");
  if (lanePlace && lanes.length > 0) {
    const panel = addPanel(lanePlace, { lanes, height: lanes.length * 37 + 20, draw: drawLanes },
      "Faults and who held which role over time; the tables below say the same in words.");
    panel.svg.classList.add("lanes");
  }
  for (const place of document.querySelectorAll("[data-workload]")) addWorkload(place);
  bindControls();
  document.getElementById("controls").hidden = panels.length === 0;
  let width = 0;
  draw();
  new ResizeObserver((entries) => {
    const now = Math.round(entries[0].contentRect.width);
    if (now === width) return;
    width = now;
    draw();
  }).observe(document.querySelector("main"));
}

start();
