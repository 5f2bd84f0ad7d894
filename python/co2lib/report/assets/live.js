// SPDX-License-Identifier: MIT
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const specs = JSON.parse($("co2-data").textContent), charts = {};
  let seen = "";
  const fill = (body, rows) => body.replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((text, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (i) cell.className = "number"; else cell.scope = "row";
      cell.textContent = text;
      return cell;
    }));
    return line;
  }));
  // Rows come and go; a chart is made anew only when its series do, which are few.
  const show = async (id, key, rows, dress) => {
    key = JSON.stringify(key);
    if (charts[id]?.key !== key) {
      const drawn = structuredClone(specs[id]);
      dress(drawn);
      drawn.description = $("chart-" + id).getAttribute("aria-label");  // Vega would take it away
      drawn.data = { name: "rows", values: rows };
      charts[id]?.view.finalize();
      charts[id] = { key, view: (await vegaEmbed("#chart-" + id, drawn, { renderer: "svg", actions: false, ast: true })).view };
    } else charts[id].view.change("rows", vega.changeset().remove(() => true).insert(rows));
    await charts[id].view.runAsync();
  };
  const draw = async (now) => {
    for (const id of ["state", "energy", "energy-more", "carbon", "carbon-more", "power", "power-more", "end", "end-more", "priced-with"]) $(id).textContent = now.texts[id];
    $("budget").hidden = !now.budget;
    if (now.budget) {
      $("budget-text").textContent = now.budget.text;
      $("budget-bar").classList.toggle("over", now.budget.over);
      $("budget-bar").firstElementChild.style.width = Math.min(100, now.budget.percent) + "%";
    }
    fill($("devices"), now.devices);
    fill($("regions"), now.regions);
    const started = "time since the start (" + now.unit + ")";
    if (now.points.length) await show("power", [now.series, now.unit], now.points, (drawn) => {
      const { color, strokeDash, x } = drawn.encoding, hues = color.scale.range, dashes = strokeDash.scale.range;
      color.scale.domain = strokeDash.scale.domain = now.series;
      color.scale.range = now.series.map((_, i) => hues[i % hues.length]);
      // Each round of the colours is dashed otherwise.
      strokeDash.scale.range = now.series.map((_, i) => dashes[Math.floor(i / hues.length) % dashes.length]);
      x.title = started;
      // As many columns as there is room for: Vega leaves no space for those that wrap later.
      const longest = Math.min(30, Math.max(...now.series.map((name) => name.length)));
      const columns = Math.max(1, Math.floor(($("chart-power").clientWidth - 90) / (7 * longest + 34)));
      color.legend = { ...color.legend, columns };
      strokeDash.legend = color.legend;
    });
    $("fig-open").hidden = !now.open.length;
    $("open-more").textContent = now["open-more"];
    if (now.open.length) await show("open", [now.names, now.unit], now.open, (drawn) => {
      drawn.height = 30 * now.names.length + 10;
      drawn.encoding.y.sort = now.names;
      drawn.encoding.x.title = started;
    });
  };
  const look = async () => {
    let now;
    try {
      now = await (await fetch("data?seen=" + encodeURIComponent(seen), { cache: "no-store" })).json();
    } catch {
      if (!$("state").textContent.startsWith("ended")) $("state").textContent = "this page is served no more; this is what it saw last";
      return;
    }
    if (now.error) $("state").textContent = now.error;
    else if (now.seen !== seen) { seen = now.seen; await draw(now); document.body.dataset.ready = seen; }
    setTimeout(look, document.hidden ? 5000 : 1000);
  };
  look();
})();
