// The charts themselves: lanes, outcomes, latency. After axes.js.

// ---- Lanes: faults and who held which role

function lanesOf() {
  const lanes = [];
  if (data.faults.length > 0) {
    const bars = data.faults.map((fault) => ({
      from: fault.from,
      until: fault.until ?? data.until,
      text: fault.name,
      kind: fault.proved === true ? "fault" : "fault unproved",
    }));
    // Faults that overlap get a row each.
    const rows = [];
    for (const bar of bars) {
      const row = rows.find((candidate) => candidate.at(-1).until <= bar.from);
      if (row) row.push(bar);
      else rows.push([bar]);
    }
    rows.forEach((row, index) => lanes.push({ title: index === 0 ? "faults" : "", bars: row }));
  }
  for (const title of new Set(data.roles.map((role) => role.role))) {
    const spans = data.roles.filter((role) => role.role === title);
    const holders = [...new Set(data.roles.filter((role) => role.holder).map((role) => role.holder))];
    lanes.push({
      title,
      bars: spans.map((span) => ({
        from: span.from,
        until: span.until,
        text: span.holder || "nobody",
        kind: span.holder ? `holder holder-${holders.indexOf(span.holder) % 6}` : "nobody",
      })),
    });
  }
  return lanes;
}

function drawLanes(panel) {
  panel.svg.replaceChildren();
  panel.top = 0;
  const rowHeight = 37;
  const bottom = panel.lanes.length * rowHeight;
  timeAxis(panel, bottom, true);
  panel.lanes.forEach((lane, index) => {
    const y = index * rowHeight;
    panel.svg.append(shape("text", { class: "lane-title", x: gutter.left, y: y + 11 }, lane.title));
    for (const bar of lane.bars) {
      if (!visible(bar.from, bar.until)) continue;
      const left = xOf(panel, Math.max(bar.from, view.from));
      const width = Math.max(2, xOf(panel, Math.min(bar.until, view.until)) - left);
      const group = shape("g", { class: `lane ${bar.kind}` });
      group.append(shape("title", {}, `${bar.text}: ${timeText(bar.from, 0.001)} to ${timeText(bar.until, 0.001)}`));
      group.append(shape("rect", { x: left, y: y + 15, width, height: 17, rx: 3 }));
      const fits = bar.text.length * 6.6 + 10 < width;
      if (fits) group.append(shape("text", { x: left + 6, y: y + 27.5 }, bar.text));
      panel.svg.append(group);
    }
  });
  cursorLine(panel, bottom);
}

// ---- One workload: outcomes per second, stacked, and latency

function binFrom(workload, index) {
  return workload.first + index * workload.bin;
}

function binUntil(workload, index) {
  return Math.min(workload.until, binFrom(workload, index + 1));
}

function rate(workload, series, index) {
  return workload[series][index] / (binUntil(workload, index) - binFrom(workload, index));
}

function binAt(workload, seconds) {
  const index = Math.floor((seconds - workload.first) / workload.bin);
  return index >= 0 && index < workload.ok.length && seconds <= workload.until ? index : null;
}

function visibleBins(workload) {
  const from = Math.max(0, Math.floor((view.from - workload.first) / workload.bin));
  const until = Math.min(workload.ok.length - 1, Math.ceil((view.until - workload.first) / workload.bin));
  const found = [];
  for (let index = from; index <= until; ++index) {
    if (visible(binFrom(workload, index), binUntil(workload, index))) found.push(index);
  }
  return found;
}

// Quantiles stand in wider bins, "join" of the others each.
function quantileFrom(workload, index) {
  return binFrom(workload, index * workload.join);
}

function quantileUntil(workload, index) {
  return Math.min(workload.until, quantileFrom(workload, index + 1));
}

function visibleQuantiles(workload) {
  const all = workload.p50.map((_, index) => index);
  return all.filter((index) => visible(quantileFrom(workload, index), quantileUntil(workload, index)));
}

function valueAt(workload, series, bin) {
  const wide = series === "p50" || series === "p99";
  return workload[series][wide ? Math.floor(bin / workload.join) : bin];
}

function clampX(panel, seconds) {
  return xOf(panel, Math.min(view.until, Math.max(view.from, seconds))).toFixed(1);
}

function drawOutcome(panel) {
  const { workload } = panel;
  panel.svg.replaceChildren();
  const rows = placeFlags(panel);
  panel.top = 4 + 14 * rows.length;
  const bottom = panel.height - 4;
  const bins = visibleBins(workload);
  const order = ["ok", "unknown", "fail"];
  const total = (index) => order.reduce((sum, series) => sum + rate(workload, series, index), 0);
  const most = Math.max(1e-9, ...bins.map(total)) * 1.06;
  const y = (value) => bottom - (value / most) * (bottom - panel.top);

  bands(panel, bottom);
  const step = niceStep(most, 3);
  for (const tick of ticks(0, most, step)) {
    panel.svg.append(shape("line", { class: "grid", x1: gutter.left, x2: panel.width - gutter.right, y1: y(tick), y2: y(tick) }));
    panel.svg.append(shape("text", { class: "tick", x: gutter.left - 8, y: y(tick) + 4, "text-anchor": "end" }, `${figure(tick)}/s`));
  }
  timeAxis(panel, bottom, false);
  const base = new Map(bins.map((index) => [index, 0]));
  for (const series of order) {
    let path = "";
    for (const index of bins) {
      const value = rate(workload, series, index);
      if (value === 0) continue;
      const low = base.get(index);
      base.set(index, low + value);
      // However rare, what was not ok is at least two pixels high.
      const least = series === "ok" ? 0.5 : 2;
      const height = Math.max(least, y(low) - y(low + value));
      const top = Math.min(y(low) - height, bottom - height).toFixed(1);
      const left = clampX(panel, binFrom(workload, index));
      const right = clampX(panel, binUntil(workload, index));
      path += `M${left} ${y(low).toFixed(1)}V${top}H${right}V${y(low).toFixed(1)}Z`;
    }
    if (path) panel.svg.append(shape("path", { class: `area ${series}`, d: path }));
  }
  changeLines(panel, bottom);
  flags(panel, rows);
  cursorLine(panel, bottom);
}

function latencyScale(panel, workload, bins, quantiles, bottom) {
  const values = [];
  const collect = (series, indexes) => {
    for (const index of indexes) if (workload[series][index] !== null) values.push(workload[series][index]);
  };
  collect("max", bins);
  collect("wait", bins);
  collect("p50", quantiles);
  const most = Math.max(...values, 0.001);
  if (!view.log) {
    const top = most * 1.06;
    const step = niceStep(top, 4);
    return { y: (ms) => bottom - (ms / top) * (bottom - panel.top), ticks: ticks(0, top, step) };
  }
  const low = Math.floor(Math.log10(Math.max(0.001, Math.min(...values, most))));
  const high = Math.max(low + 1, Math.log10(most * 1.15));
  const y = (ms) => bottom - ((Math.log10(Math.max(ms, 10 ** low)) - low) / (high - low)) * (bottom - panel.top);
  const factors = high - low < 2.2 ? [1, 2, 5] : [1];
  const marks = [];
  for (let decade = low; decade <= high; ++decade) marks.push(...factors.map((factor) => factor * 10 ** decade));
  return { y, ticks: marks.filter((mark) => Math.log10(mark) <= high) };
}

// A line through the middles of the bins, broken where there is nothing to show.
function linePath(panel, values, indexes, middle, y) {
  let path = "";
  let open = false;
  for (const index of indexes) {
    const value = values[index];
    if (value === null) {
      open = false;
      continue;
    }
    const x = clampX(panel, middle(index));
    // A lone point still shows: a line of no length with round ends.
    path += open ? `L${x} ${y(value).toFixed(1)}` : `M${x} ${y(value).toFixed(1)}h0`;
    open = true;
  }
  return path;
}

function drawLatency(panel) {
  const { workload } = panel;
  panel.svg.replaceChildren();
  panel.top = 6;
  const bottom = panel.height - 22;
  const bins = visibleBins(workload);
  const quantiles = visibleQuantiles(workload);
  const scale = latencyScale(panel, workload, bins, quantiles, bottom);
  const binMiddle = (index) => (binFrom(workload, index) + binUntil(workload, index)) / 2;
  const quantileMiddle = (index) => (quantileFrom(workload, index) + quantileUntil(workload, index)) / 2;
  bands(panel, bottom);
  for (const tick of scale.ticks) {
    const y = scale.y(tick);
    panel.svg.append(shape("line", { class: "grid", x1: gutter.left, x2: panel.width - gutter.right, y1: y, y2: y }));
    panel.svg.append(shape("text", { class: "tick", x: gutter.left - 8, y: y + 4, "text-anchor": "end" }, tick === 0 ? "0" : latencyText(tick)));
  }
  timeAxis(panel, bottom, true);
  changeLines(panel, bottom);
  const line = (series, indexes, middle) => {
    const path = linePath(panel, workload[series], indexes, middle, scale.y);
    if (path) panel.svg.append(shape("path", { class: `line ${series}`, d: path }));
  };
  line("max", bins, binMiddle);
  line("p99", quantiles, quantileMiddle);
  line("p50", quantiles, quantileMiddle);
  for (const index of bins) {
    const wait = workload.wait[index];
    if (wait === null) continue;
    const kind = workload.unknown[index] > 0 ? "unknown" : "fail";
    const x = clampX(panel, binMiddle(index));
    panel.svg.append(shape("circle", { class: `wait ${kind}`, cx: x, cy: scale.y(wait).toFixed(1), r: 2 }));
  }
  cursorLine(panel, bottom);
}
