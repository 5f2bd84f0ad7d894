// SPDX-License-Identifier: MIT
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("co2-data").textContent);
  const views = {};
  const filters = [...document.querySelectorAll(".filters [id]")].map((node) => node.id);
  const fields = ["grid", "custom", "pue", "n", "load", "order", "model", "filter"].filter((id) => $(id)).concat(filters);
  const state = {};
  const PAPER = 640;  // the width of a chart on A4, in points of the page

  // Quantities: three significant digits, the unit chosen after rounding (as in co2lib/report/_text.py).
  const plain = (x) => {
    const digits = Math.abs(x) < 1e-6 ? 8 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(Number(x.toPrecision(3))))));
    return Number(x.toPrecision(3)).toFixed(digits);
  };
  const amount = (x, kind) => {
    const scale = data.scales[kind];
    if (x === null || !Number.isFinite(x)) return "unknown";
    if (x === 0) return "0 " + scale.find(([size]) => size === 1)[1];
    for (let i = 0; i < scale.length; i++) {
      const text = plain(x / scale[i][0]);
      if (i + 1 === scale.length || Math.abs(Number(text)) * scale[i][0] < scale[i + 1][0]) return text + " " + scale[i][1];
    }
    return "";
  };
  const grams = (j, own, pue0) => {
    const grid = state.grid < 0 ? own : state.grid;
    return j === null || grid === null ? null : j / 3.6e6 * grid * (state.pue < 0 ? pue0 : state.pue);
  };
  const number = (text) => text === undefined || text === "" ? null : Number(text);

  // What the inputs say; anything else counts as not given.
  const read = () => {
    if (!$("grid")) { state.grid = state.pue = -1; return; }
    const place = data.places[$("grid").value];
    const custom = number($("custom").value);
    const isCustom = $("grid").value === "custom";
    const pue = number($("pue").value);
    state.grid = isCustom ? (custom !== null && custom >= 0 ? custom : -1) : place ?? -1;
    state.pue = pue !== null && pue >= 1 && pue <= 3 ? pue : -1;
    $("custom-label").hidden = !isCustom;
    $("custom-label").style.display = isCustom ? "" : "none";
    if (data.models) {
      const n = number($("n").value);
      state.n = n !== null && n >= 1 && n <= 1e9 ? n : data.start.n;
      state.load = $("load").checked;
      state.picked = Number($("model").value);
      const wanted = $("filter").value.toLowerCase();
      state.kept = data.models.map((m) => m.name.toLowerCase().includes(wanted) && passes(m));
      const [by, way] = $("order").value.split("-");
      state.rank = [];
      let place = 0;  // models that are filtered out come after all others
      const order = ordered(by, way);
      for (const i of order) if (state.kept[i]) state.rank[i] = place++;
      for (const i of order) if (!state.kept[i]) state.rank[i] = place++;
    }
  };
  const perInference = (m) => m.marginal === null ? null : m.marginal + (state.load && m.one_off !== null ? m.one_off / state.n : 0);
  // A model whose value is unknown passes no range that is set.
  const passes = (m) => filters.every((id) => {
    const wanted = $(id).value, [, how, key] = /^(min|max|is)-(.*)$/.exec(id);
    if (wanted === "") return true;
    if (how === "is") return m[key] === wanted;
    const x = key === "carbon" ? gramsOf(m) : m[key], limit = Number(wanted);
    return x !== null && Number.isFinite(limit) && (how === "min" ? x >= limit : x <= limit);
  });
  const gramsOf = (m) => grams(perInference(m), data.start.own, data.start.pue0);
  const ordered = (by, way) => {
    const sign = way === "asc" ? 1 : -1;
    const index = data.models.map((_, i) => i).sort((a, b) => data.models[a].rank - data.models[b].rank);
    if (by === "name") return sign > 0 ? index : index.reverse();
    const g = data.models.map(gramsOf);
    return index.map((i, k) => [i, k]).sort(([a, ka], [b, kb]) =>
      (g[a] === null) - (g[b] === null) || (g[a] === null ? 0 : sign * (g[a] - g[b])) || ka - kb).map(([i]) => i);
  };

  const signals = () => {
    const found = { grid: state.grid, pue: state.pue };
    if (data.models) Object.assign(found, { n: state.n, load: state.load, picked: state.picked, rank: state.rank });
    // With nothing to draw the charts are hidden as they are: an empty scale has no extent.
    if (data.models && state.kept.some(Boolean)) found.kept = state.kept;
    return found;
  };
  const draw = () => {
    read();
    for (const node of document.querySelectorAll("[data-j]")) {
      const { j, own, pue, mark } = node.dataset;
      node.textContent = (mark ?? "") + amount(grams(number(j), number(own), number(pue)), "mass");
    }
    for (const node of document.querySelectorAll("[data-own-only]")) node.hidden = state.grid >= 0 || state.pue >= 0;
    if (data.models) drawStudy();
    if ($("grid")) {
      const place = $("grid").selectedOptions[0].textContent;
      const price = state.grid < 0 ? data.start.priced : $("grid").value === "custom" ? state.grid + " g CO2e/kWh" : place;
      $("priced").textContent = "Carbon priced with " + price + ", PUE " + (state.pue < 0 ? data.start.pue : state.pue) +
        (state.grid < 0 && state.pue < 0 ? "." : "; nothing was measured again.");
    }
    for (const view of Object.values(views)) {
      for (const [name, value] of Object.entries(signals())) {
        try { view.signal(name, value); } catch { /* a chart without this parameter */ }
      }
      view.runAsync();
    }
  };
  // At least the same quality for the least carbon.
  const suggestion = (own, kept) => {
    if (own.better === null || own.marginal === null) return "";
    const good = kept.filter((m) => m !== own && m.better !== null && m.better >= own.better && gramsOf(m) < gramsOf(own));
    if (!good.length) return "No model here is at least as good as " + own.name + " for less carbon.";
    const best = good.reduce((a, b) => gramsOf(b) < gramsOf(a) ? b : a);
    const saved = 100 * (1 - gramsOf(best) / gramsOf(own));
    return best.name + " is at least as good as " + own.name + " for " + saved.toFixed(0) + " % less carbon: " +
      amount(gramsOf(best), "mass") + " instead of " + amount(gramsOf(own), "mass") + ".";
  };
  // The models that no other beats; equal ones are all on the front.
  const pareto = (models) => {
    let top = null;
    const same = (a, b) => gramsOf(a) === gramsOf(b) && a.better === b.better;
    return new Set(models.sort((a, b) => gramsOf(a) - gramsOf(b) || b.better - a.better).filter((m) => {
      if (top === null || m.better > top.better) top = m;
      return same(m, top);
    }));
  };
  const drawStudy = () => {
    const kept = data.models.filter((m, i) => state.kept[i] && m.marginal !== null);
    const total = kept.reduce((sum, m) => sum + gramsOf(m), 0);
    const best = kept.reduce((least, m) => least === null || gramsOf(m) < gramsOf(least) ? m : least, null);
    const mark = kept.some((m) => m.least) ? "≥ " : "";  // phases that no meter could see count 0
    $("tile-total").textContent = mark + amount(total, "mass");
    $("tile-mean").textContent = kept.length ? mark + amount(total / kept.length, "mass") : "none";
    $("tile-best").textContent = best ? best.name : "none";
    $("tile-best").classList.toggle("long", (best?.name ?? "").length > 18);
    $("tile-count").textContent = state.kept.filter(Boolean).length + " of " + data.models.length;
    $("empty").hidden = state.kept.some(Boolean);
    for (const node of document.querySelectorAll(".figures .chart")) node.style.visibility = state.kept.some(Boolean) ? "" : "hidden";
    const picked = data.models[state.picked];
    if ($("suggestion")) $("suggestion").textContent = suggestion(picked, kept);
    for (const node of document.querySelectorAll(".chosen")) node.textContent = "▶\u00a0" + picked.name;
    const front = pareto(kept.filter((m) => m.better !== null));
    for (const cell of document.querySelectorAll("[data-what=place]")) {
      const j = perInference(picked), pue = state.pue < 0 ? data.start.pue0 : state.pue;
      cell.textContent = (j === null ? "" : picked.least) + amount(j === null ? null : j / 3.6e6 * Number(cell.dataset.own) * pue, "mass");
    }
    for (const cell of document.querySelectorAll("[data-what^=equal]")) {
      const j = picked.marginal === null ? null : (state.load ? picked.one_off ?? 0 : 0) + state.n * picked.marginal;
      const x = cell.dataset.what === "equal-j" ? j : grams(j, data.start.own, data.start.pue0);
      cell.textContent = x === null ? "unknown" : x === 0 ? "0" : plain(x / Number(cell.dataset.own));
    }
    for (const cell of document.querySelectorAll("[data-what^=part]")) {
      const m = data.models[Number(cell.dataset.model)], whole = perInference(m);
      const j = Number(cell.dataset.j) * (cell.dataset.what === "part" ? 1 : state.load ? 1 / state.n : 0);
      cell.textContent = amount(grams(j, data.start.own, data.start.pue0), "mass") + (whole > 0 ? " (" + (100 * j / whole).toFixed(1) + " %)" : "");
    }
    for (const cell of document.querySelectorAll("[data-what=g],[data-what=j],[data-what^=whole],[data-what=front]")) {
      const m = data.models[Number(cell.dataset.model)];
      const j = perInference(m);
      const whole = m.marginal === null ? null : (state.load ? m.one_off ?? 0 : 0) + state.n * m.marginal;
      if (cell.dataset.what === "front") { cell.textContent = front.has(m) ? "on the front" : "beaten by another"; continue; }
      cell.textContent = (j === null ? "" : m.least) + { g: () => amount(gramsOf(m), "mass"), j: () => amount(j, "energy"), wholeJ: () => amount(whole, "energy"),
        wholeG: () => amount(grams(whole, data.start.own, data.start.pue0), "mass") }[cell.dataset.what]();
    }
    for (const body of document.querySelectorAll("tbody")) {
      const rows = [...body.querySelectorAll("tr[data-model]")];
      rows.sort((a, b) => state.rank[Number(a.dataset.model)] - state.rank[Number(b.dataset.model)]);
      for (const row of rows) {
        const model = Number(row.dataset.model);
        row.hidden = !state.kept[model];
        row.classList.toggle("picked", model === state.picked);
        if (model === state.picked) row.setAttribute("aria-selected", "true"); else row.removeAttribute("aria-selected");
        body.append(row);
      }
    }
  };

  // The view's state in the address: known names and values only, never markup.
  const value = (id) => id === "load" ? ($("load").checked ? "1" : "0") : id === "model" ? data.models[Number($(id).value)].name : $(id).value;
  const start = () => Object.fromEntries(fields.map((id) => [id, value(id)]));
  const put = (id, text) => {
    const node = $(id);
    if (id === "load") { if (text === "0" || text === "1") node.checked = text === "1"; return; }
    if (id === "model") { const at = data.models.findIndex((m) => m.name === text); if (at >= 0) node.value = String(at); return; }
    if (node.tagName === "SELECT") { if ([...node.options].some((o) => o.value === text)) node.value = text; return; }
    if (node.type === "number") { const x = number(text); if (text === "" || (Number.isFinite(x) && x >= Number(node.min) && x <= Number(node.max))) node.value = text; return; }
    node.value = text;
  };
  const save = () => {
    const hash = new URLSearchParams();
    for (const id of fields) if (value(id) !== first[id]) hash.set(id, value(id));
    const text = hash.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const restore = () => { for (const [id, text] of new URLSearchParams(location.hash.slice(1))) if (fields.includes(id)) put(id, text); };

  const offer = (name, text, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);  // a slow machine begins to save late
  };
  const colours = (svg) => svg.replace(/var\((--\w+)\)/g, (_, name) => getComputedStyle(document.body).getPropertyValue(name).trim());
  const picture = async (id) => {
    const image = new Image(), canvas = document.createElement("canvas"), scale = 2;
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(colours(await views[id].toSVG()));
    await image.decode();
    canvas.width = scale * image.width;
    canvas.height = scale * image.height;
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(document.body).getPropertyValue("--card").trim();
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };
  const quoted = (text) => '"' + text.replace(/"/g, '""') + '"';
  const mark = document.querySelector(".watermark");
  const csv = (table) => (mark ? quoted(mark.textContent) + "\r\n" : "") + [...table.rows].map((row) => [...row.cells].map((c) => quoted(c.textContent)).join(",")).join("\r\n") + "\r\n";
  document.addEventListener("click", async ({ target }) => {
    const { svg, png, csv: id } = target.dataset ?? {};
    if (png) offer(png + ".png", await picture(png), "image/png");
    if (svg) offer(svg + ".svg", colours(await views[svg].toSVG()), "image/svg+xml");
    if (id) offer(id + ".csv", csv(document.querySelector("#fig-" + CSS.escape(id) + " table")), "text/csv");
  });

  for (const field of document.querySelectorAll("[data-find]")) field.addEventListener("input", (event) => {
    const wanted = field.value.toLowerCase(), id = field.dataset.find;
    const rows = [...document.querySelectorAll("#fig-" + CSS.escape(id) + " tbody tr")];
    const fits = (text) => event.detail ? text === wanted : text.includes(wanted);
    for (const row of rows) row.hidden = !fits(row.cells[0].textContent.toLowerCase());
    const left = rows.filter((row) => !row.hidden).length;
    $("found-" + id).textContent = wanted ? (left ? left + " of " + rows.length + " rows" : "No row matches.") : "";
  });

  const first = start();
  restore();
  for (const id of fields) $(id).addEventListener("input", () => { draw(); save(); });
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("save-study")?.addEventListener("click", () => offer("study.json", JSON.stringify(data.document, null, 1) + "\n", "application/json"));
  $("reset")?.addEventListener("click", () => { for (const id of fields) put(id, first[id]); draw(); save(); });
  $("theme").addEventListener("click", () => {
    const dark = document.body.dataset.theme ? document.body.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.dataset.theme = dark ? "light" : "dark";
  });
  addEventListener("hashchange", () => { restore(); draw(); });
  const tables = [];
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("details:not([open])")) { d.open = true; tables.push(d); }
    for (const view of Object.values(views)) view.width(PAPER).run();  // drawn anew, so that letters keep their size
  });
  addEventListener("afterprint", () => {
    for (const d of tables.splice(0)) d.open = false;
    dispatchEvent(new Event("resize"));
  });

  read();
  const options = { renderer: "svg", actions: false, ast: true };
  Promise.all(Object.entries(data.charts).map(async ([id, spec]) => {
    // A legend has as many columns as there is room for now: Vega leaves no space for those that wrap later.
    const place = $("chart-" + id), room = place.clientWidth - 150;
    // The names beside bars take less of a narrow one.
    const names = Math.floor(0.4 * place.clientWidth);
    const fitted = JSON.parse(JSON.stringify(spec).replace(/floor\(width\/(\d+)\)/g, "floor(" + room + "/$1)")
      .replace(/"labelLimit":(1\d\d)\b/g, (_, most) => '"labelLimit":' + Math.min(most, names)));
    fitted.description = place.getAttribute("aria-label");  // Vega takes it away where it has no text of its own
    const { view } = await vegaEmbed(place, fitted, options);
    views[id] = view;
    view.addEventListener("click", (_, item) => {
      const model = item?.datum?.model, field = document.querySelector("[data-find=runs-regions]");
      if (item?.datum?.run && field) {  // from all runs to one, and to its regions
        field.value = item.datum.run;
        field.dispatchEvent(new CustomEvent("input", { detail: "whole" }));
        field.closest("details").open = true;
        field.closest("section").scrollIntoView({ block: "center" });
      }
      if (data.models && Number.isInteger(model)) { $("model").value = String(model); draw(); save(); }
    });
  })).then(() => { draw(); document.body.dataset.ready = "true"; });
})();
