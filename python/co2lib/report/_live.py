# SPDX-License-Identifier: MIT
"""A run while it goes on, as a page of this machine.

1. The server is the standard library's, on 127.0.0.1, and answers only requests that name it so: a page of
   elsewhere that a browser has open cannot read it through a name that points here.
2. Nothing is read while no page asks. A page that asks again without news gets none.
3. The footprint is computed from the whole log, so it is renewed no more often than its cost allows
   (`SHARE` of a core); power and regions come from the new lines alone.
4. Each device is drawn with at most `MOST` values: of neighbours the least and the greatest.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from co2lib._errors import BadValueError, Error
from co2lib._extras import require
from co2lib.report import _page, _text, _theme
from co2lib.report._charts import DASHES, altair, axis, colour, finish, ticks, time_axis
from co2lib.report._figures import json_for_script
from co2lib.report._log import LogReader, Power, decimate
from co2lib.report._run_charts import FAINT, open_bars

if TYPE_CHECKING:
    from co2lib import CarbonMass, Energy
    from co2lib.tracker import Footprint

MOST = 800
MOST_OPEN = 400
MOST_NAMES = 24
SHARE = 0.001
POLICY = _page.POLICY.replace("connect-src 'none'", "connect-src 'self'")


class Watch:
    """What the page shows of a log.

    Parameters
    ----------
    path : path
        The log, which may be written by another process.
    budget : Energy or CarbonMass, optional
        What the run may use.
    units : (str, int), optional
        Name of a region that is a unit of work, and how many there will be in all: the end is forecast from
        it.
    clock : callable
        Seconds that only grow; for tests.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        budget: Energy | CarbonMass | None = None,
        units: tuple[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reader = LogReader(path)
        self.footprint: Footprint | None = None
        self._budget, self._units, self._clock = budget, units, clock
        self._lock = threading.Lock()
        self._next = 0.0
        self._stale = True
        self._count = 0
        self._thin: dict[str, tuple[list[Power], list[Power]]] = {}
        self._taken = 0

    def look(self, seen: str = "") -> dict[str, Any]:
        """Return what there is to show; without news only the mark that the page has seen."""
        with self._lock:
            self._stale = self.reader.read() or self._stale
            now = self._clock()
            if self._stale and (now >= self._next or self.reader.ended):
                self._renew()
            mark = str(self._count)
            return {"seen": mark} if seen == mark else {"seen": mark, **self._shown()}

    def _renew(self) -> None:
        from co2lib import tracker

        before = self._clock()
        self.footprint = tracker.load(self.reader.path).footprint()
        self._next = self._clock() + (self._clock() - before) / SHARE
        self._stale = False
        self._count += 1

    def _series(self, device: str) -> list[Power]:
        """Thin one device; what is thinned already is not looked at again but for its last part."""
        for p in self.reader.powers[self._taken :]:
            self._thin.setdefault(p.device, ([], []))[1].append(p)
        self._taken = len(self.reader.powers)
        old, new = self._thin.get(device, ([], []))
        if len(new) > MOST:
            old += decimate(new, MOST // 2)
            new.clear()
            if len(old) > 2 * MOST:
                old[:] = decimate(old, MOST)
        return decimate([*old, *new], MOST)

    def _shown(self) -> dict[str, Any]:
        footprint = self.footprint
        assert footprint is not None
        in_total = [d for d in footprint.devices if d.in_total]
        letters = _theme.lettered([d.name or d.id for d in in_total])
        start = footprint.start.timestamp()
        size, unit = time_axis(footprint.duration_s)
        points: list[dict[str, Any]] = []
        rows, latest = [], []
        for device in in_total:
            series, label = self._series(device.id), letters[device.name or device.id]
            for p, after in zip_longest(series, series[1:]):
                points.append({"t": (p.start - start) / size, "w": p.watts, "series": label})
                if after is None or after.start > p.end + 1e-6:
                    points.append({"t": (p.end - start) / size, "w": p.watts, "series": label})
                    points.append({"t": (p.end - start) / size, "w": None, "series": label})
            if series:
                watts = [p.watts for p in series]
                latest.append(watts[-1])
                rows.append([label, *map(_text.power, (watts[-1], min(watts), max(watts)))])
        regions = [
            [
                r.name,
                str(r.count),
                _text.energy(r.inclusive.joules),
                _text.mass(r.operational.grams),
                _text.power(
                    r.inclusive.joules / r.duration_s if r.inclusive.joules and r.duration_s else None
                ),
            ]
            for r in footprint.regions.values()
        ]
        now = sum(latest) if latest and not self.reader.ended else 0.0
        return {
            "series": list(letters.values()),
            "unit": unit,
            "points": points,
            **self._open(start, size),
            "devices": rows,
            "regions": regions,
            "texts": {**self._texts(footprint), "power": _text.power(now)},
            "budget": self._spent(footprint),
        }

    def _open(self, start: float, size: float) -> dict[str, Any]:
        """Return the regions as they were open, the longest of them where they are many."""
        known = [s for s in self.reader.stretches if s.watts is not None]
        longest: dict[str, float] = {}
        for s in known:
            longest[s.name] = longest.get(s.name, 0.0) + s.end - s.start
        wanted = set(sorted(longest, key=lambda name: -longest[name])[:MOST_NAMES])
        letters = _theme.lettered([name for name in longest if name in wanted])
        drawn = sorted((s for s in known if s.name in letters), key=lambda s: s.start - s.end)[:MOST_OPEN]
        rows = [
            {
                "t0": (s.start - start) / size,
                "t1": (s.end - start) / size,
                "w": s.watts,
                "series": letters[s.name],
            }
            for s in drawn
        ]
        more = (
            f"Those open longest are drawn, {len(drawn)} of {len(known)}." if len(drawn) < len(known) else ""
        )
        return {"names": list(letters.values()), "open": rows, "open-more": more}

    def _texts(self, footprint: Footprint) -> dict[str, str]:
        energy, carbon = footprint.energy, footprint.operational
        joules, grams = energy.interval, carbon.interval
        low, high = (None, None) if joules is None else (joules.low.joules, joules.high.joules)
        low_g, high_g = (None, None) if grams is None else (grams.low.grams, grams.high.grams)
        end, more = self._end(footprint)
        state = "ended" if self.reader.ended else "running, or its program was killed"
        return {
            "state": f"{state}; {_text.seconds(footprint.duration_s)} in the log",
            "energy": _text.energy(energy.joules),
            "energy-more": _text.between(low, high, _text.ENERGY),
            "carbon": _text.mass(carbon.grams),
            "carbon-more": _text.between(low_g, high_g, _text.MASS),
            "power-more": "the run has ended" if self.reader.ended else "mean since the last line of the log",
            "end": end,
            "end-more": more,
            "priced-with": f"priced with {footprint.priced_with}" if footprint.priced_with else "",
        }

    def _end(self, footprint: Footprint) -> tuple[str, str]:
        from co2lib import Energy, tracker

        if self.reader.ended:
            return _text.energy(footprint.energy.joules), "the run has ended"
        if self._units is None:
            return "unknown", "say how many units there will be: --units epoch=100"
        name, total = self._units
        done = [s.joules for s in self.reader.stretches if s.name == name and s.joules is not None]
        if not done:
            return "unknown", f"no {name} has ended yet"
        if len(done) > total:
            return "unknown", f"{len(done)} of {total} {name} have ended"
        found = tracker.forecast_total([Energy.from_joules(j) for j in done], total)
        text = f"{len(done)} of {total} {name}"
        if found.half_width is not None:
            low, high = (found.total.joules + sign * found.half_width.joules for sign in (-1, 1))
            text += f", {_text.between(max(low, 0.0), high, _text.ENERGY)}"
        grams = self._priced(footprint, found.total.joules)
        text += f"; {_text.mass(grams)} CO2e at the mean price so far" if grams is not None else ""
        return _text.energy(found.total.joules), text + self._left(footprint, found.total.joules)

    @staticmethod
    def _priced(footprint: Footprint, joules: float) -> float | None:
        spent, grams = footprint.energy.joules, footprint.operational.grams
        return None if grams is None or not spent else joules * grams / spent

    def _left(self, footprint: Footprint, joules: float) -> str:
        """Say where the forecast of the end stands to the budget."""
        from co2lib import Energy

        if self._budget is None:
            return ""
        energy = isinstance(self._budget, Energy)
        end = joules if energy else self._priced(footprint, joules)
        allowed = self._budget.joules if isinstance(self._budget, Energy) else self._budget.grams
        return "" if end is None else f"; {_text.percent(100 * end / allowed)} of the budget"

    def _spent(self, footprint: Footprint) -> dict[str, Any] | None:
        from co2lib import Energy

        if self._budget is None:
            return None
        text: Callable[[float | None], str]
        if isinstance(self._budget, Energy):
            used, allowed, text = footprint.energy.joules, self._budget.joules, _text.energy
        else:
            used, allowed, text = footprint.operational.grams, self._budget.grams, _text.mass
        if used is None:
            return {"percent": 0.0, "over": False, "text": f"unknown of {text(allowed)}"}
        percent = 100 * used / allowed
        over = "; the budget is used up" if percent > 100 else ""
        return {
            "percent": percent,
            "over": percent > 100,
            "text": f"{text(used)} of {text(allowed)} ({_text.percent(percent)}){over}",
        }


def prepare() -> None:
    """Load what a page is made of, so that it is served at once; ``core.missing_extra`` without it."""
    altair()
    require("jinja2", extra="viz", needed_for="the live page")
    _page.bundle()


def _page_text(watch: Watch, title: str) -> bytes:
    jinja2 = require("jinja2", extra="viz", needed_for="the live page")
    from co2lib import __version__

    alt = altair()
    rows = alt.NamedData(name="rows")
    chart = (
        alt.Chart(rows)
        .mark_line(interpolate="step-after", strokeWidth=2, strokeJoin="round")
        .encode(
            x=alt.X("t:Q", axis=alt.Axis(grid=False, tickCount=ticks()), scale=alt.Scale(nice=False)),
            y=alt.Y("w:Q", axis=axis("power", "power", tickCount=4), scale=alt.Scale(zero=True)),
            color=colour(["x"] * 8, "css", line=True),
            strokeDash=alt.StrokeDash("series:N", title=None, scale=alt.Scale(domain=["x"])),
        )
    )
    power = finish(chart, "css", height=260).to_dict()
    power["encoding"]["color"]["scale"]["range"] = [_theme.CSS[name] for name in _theme.SERIES]
    power["encoding"]["strokeDash"]["scale"]["range"] = DASHES
    bars = open_bars(rows, "", "css", alt.Scale(range=FAINT, zero=True), {"tickCount": 3})
    regions = finish(bars, "css", height=60).to_dict()
    specs = {"power": power, "open": regions}
    markup = jinja2.utils.markupsafe.Markup
    assets = _page.ASSETS
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((assets / "live.html.j2").read_text(encoding="utf-8"))
    made: str = template.render(
        csp=POLICY,
        css=markup(_page.style()),
        title=title,
        data=markup(json_for_script(specs)),
        bundle=markup(_page.bundle()),
        script=markup((assets / "live.js").read_text(encoding="utf-8")),
        version=__version__,
    )
    return made.encode("utf-8", "backslashreplace")


class Server:
    """Serves a :class:`Watch` on 127.0.0.1 from a thread; a context manager.

    Parameters
    ----------
    watch : Watch
        What the page shows.
    port : int
        0 takes a free one.
    title : str, optional
        Default: the log's name.

    Attributes
    ----------
    url : str
        Where the page is.
    """

    def __init__(self, watch: Watch, port: int = 0, title: str | None = None) -> None:
        page = _page_text(watch, title or watch.reader.path.stem)
        self._asked: float | None = None
        self._last = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            server_version = "co2lib"
            sys_version = ""

            def do_GET(self) -> None:
                port = self.server.server_address[1]  # type: ignore[index]
                own = {f"{host}:{port}" for host in ("127.0.0.1", "localhost")}
                address = urlsplit(self.path)
                if self.headers.get("Host") not in own:
                    self._answer(403, "text/plain", b"this page is for this machine only\n")
                elif address.path == "/":
                    self._answer(200, "text/html; charset=utf-8", page)
                elif address.path == "/data":
                    self._data(parse_qs(address.query).get("seen", [""])[0])
                else:
                    self._answer(404, "text/plain", b"there is nothing here\n")

            def _data(self, seen: str) -> None:
                try:
                    found = watch.look(seen)
                except Error as error:
                    found = {"error": str(error)}
                except Exception as error:  # said in the page, which asks again
                    found = {"error": f"this cannot be shown: {type(error).__name__}: {error}"}
                server._asked = time.monotonic()
                if watch.reader.ended:
                    server._last.set()
                self._answer(200, "application/json", json.dumps(found, allow_nan=False).encode())

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: a library prints nothing."""

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing: a browser that closes a connection early is no fault."""

        try:
            self._server = Quiet(("127.0.0.1", port), Handler)
        except OSError as error:
            raise BadValueError("hub.cannot_serve", f"port {port}: {error.strerror or error}") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="co2lib-watch", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def farewell(self, seconds: float = 2.0) -> None:
        """Wait until a page that is open has seen how the run ended, so long at most."""
        if self._asked is not None and time.monotonic() - self._asked < 3.0:
            self._last.wait(seconds)

    def close(self) -> None:
        """End the thread and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
