// SPDX-License-Identifier: MIT
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const spec = JSON.parse($("co2-data").textContent);
  let seen = "", names = "", view = null;
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
    if (!now.points.length) return;
    const wanted = JSON.stringify([now.series, now.unit]);
    if (wanted !== names || !view) {  // devices are few: their colours are drawn anew only when one comes
      names = wanted;
      const drawn = structuredClone(spec);
      drawn.encoding.color.scale.domain = now.series;
      drawn.encoding.color.scale.range = now.series.map((_, i) => spec.encoding.color.scale.range[i % 8]);
      drawn.encoding.x.title = "time since the start (" + now.unit + ")";
      drawn.data = { name: "power", values: now.points };
      view = (await vegaEmbed("#chart-power", drawn, { renderer: "svg", actions: false, ast: true })).view;
    } else view.change("power", vega.changeset().remove(() => true).insert(now.points));
    await view.runAsync();
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
