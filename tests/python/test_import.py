# SPDX-License-Identifier: MIT
"""Domains are registered when first used: in every order, from several threads, after a fork."""

from __future__ import annotations

import itertools
import os
import pickle
import subprocess
import sys
import textwrap

import pytest

import co2lib
from co2lib import hub, meter, numeric, preindex

DOMAINS = ("hub", "intensity", "meter", "numeric", "preindex", "random", "testing", "tracker")
"""The submodules of co2lib._core that are filled when first used."""

NEEDS = {"testing": {"meter"}}
"""What bindings/module.cpp says that they need, filled; what they only name is not."""

HELPERS = """
    import os, sys, threading
    import co2lib
    from co2lib import _core

    DOMAINS = %r

    def waiting():
        return {d for d in DOMAINS if all(name[0] == "_" for name in vars(sys.modules["co2lib._core." + d]))}

    def texts():
        "Every signature and docstring of the core: a type that was registered too late stands there as C++."
        found = {}
        for domain in DOMAINS:
            module = getattr(_core, domain)
            for name in dir(module):
                value = getattr(module, name)
                found[domain, name] = getattr(value, "__doc__", None)
                for part in vars(value) if isinstance(value, type) else ():
                    found[domain, name, part] = getattr(getattr(value, part), "__doc__", None)
        return found

    def in_a_child(function, seconds=60):
        "What `function` returns in a fork, as a text; it must end in time."
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            import signal, traceback
            signal.alarm(seconds)
            try:
                os.write(writer, str(function()).encode())
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            text = stream.read().decode()
        assert os.waitpid(child, 0)[1] == 0, (text, "failed or did not end")
        return text
"""


def fresh(code: str, *arguments: str) -> str:
    """Return what a new interpreter prints."""
    program = textwrap.dedent(HELPERS) % (DOMAINS,) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_import_registers_no_domain() -> None:
    assert fresh("print(waiting() == set(DOMAINS))") == "True\n"
    assert fresh("co2lib.Energy.from_kwh(1); co2lib.Host(); print(waiting() == set(DOMAINS))") == "True\n"


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_registers_itself_and_what_it_needs(domain: str) -> None:
    code = f"dir(_core.{domain}); print(*sorted(set(DOMAINS) - waiting()))"
    assert set(fresh(code).split()) == {domain} | NEEDS.get(domain, set())


def test_a_run_registers_no_domain_but_its_own() -> None:
    code = """
        with co2lib.track(location="FRA", meters=[]) as run:
            pass
        print(run.footprint, *sorted(set(DOMAINS) - waiting()))
    """
    assert fresh(code).split()[-1] == "tracker"


USES = {
    "meter": {
        "run.footprint.devices[0].record.meter.modelled": "True",
        "type(run.footprint.devices[0].record.energy).__name__": "EnergyEstimate",
        "run.footprint.totals.total.present": "True",
        "[type(m).__name__ for m in run.tracker.run().meters][:1]": "['MeterInfo']",
        "type(_core.tracker.Options(meters=[lambda: 5.0]).meters[0]).__module__": "co2lib._core.meter",
    },
    "intensity": {
        "_core.tracker.Options(intensity=co2lib.intensity.world_average()).intensity.at.__name__": "at",
        "_core.tracker.account([], co2lib.intensity.world_average()).it_energy": "0 J",
        "issubclass(co2lib.intensity.LiveSource, co2lib.intensity.IntensitySource)": "True",
        "co2lib.intensity.EnergySample.start.__doc__ is not None": "True",
    },
}


REST = {
    "run.footprint.devices[0].provider.startswith('model.')": "True",
    "run.footprint.facility.pue": "1.0",
    "len(run.footprint.machines[0].parts) > 0": "True",
    "run.footprint.origins[0].origin": "annual_factor",
    "run.footprint.regions": "{}",
    "run.tracker.run().run_id == run.run_id": "True",
    "run.tracker.result(3)": "None",
    "_core.tracker.Options().pue": "1.0",
    "_core.tracker.Tracker(_core.tracker.Options(meters=[])).running": "True",
    "co2lib.tracker.Facility(pue=1.2).pue": "1.2",
    "co2lib.tracker.RegionResult.energy.__doc__ is not None": "True",
    "co2lib.tracker.Account.__module__": "co2lib._core.tracker",
    "'load' in dir(_core.tracker)": "True",
}
"""What few runs need of the tracker, and what it is."""


@pytest.mark.parametrize("what", REST)
def test_what_few_runs_need_is_registered_when_it_is_asked_for_or_handed_out(what: str) -> None:
    code = f"""
        with co2lib.track(location="FRA", meters=[]) as run:
            pass
        str(run.footprint)
        assert "contextvars" not in sys.modules
        assert "Facility" not in vars(_core.tracker)
        value = {what}
        assert "Facility" in vars(_core.tracker)
        print(value)
    """
    assert fresh(code) == REST[what] + "\n"


def test_a_run_imports_nothing_to_warn_where_nobody_listens() -> None:
    code = """
        with co2lib.track(meters=[]) as run:
            pass
        assert any(i.code == "location_unknown" for i in run.footprint.issues)
        print("logging" in sys.modules)
    """
    assert fresh(code) == "False\n"


@pytest.mark.parametrize(("domain", "what"), [(d, what) for d, uses in USES.items() for what in uses])
def test_what_a_run_gives_out_of_another_domain_is_whole(domain: str, what: str) -> None:
    """The tracker names classes of other domains; their objects can do what they can do elsewhere."""
    code = f"""
        with co2lib.track(location="FRA", meters=[]) as run:
            pass
        assert {domain!r} in waiting()
        value = {what}
        assert {domain!r} not in waiting()
        print(value)
    """
    assert fresh(code) == USES[domain][what] + "\n"


def test_what_tools_ask_of_every_module_registers_nothing() -> None:
    code = """
        import inspect
        for name in ("__file__", "__path__", "__spec__", "__wrapped__", "__warningregistry__"):
            for domain in DOMAINS:
                getattr(sys.modules["co2lib._core." + domain], name, None)
        inspect.getmodule(inspect.currentframe())
        print(waiting() == set(DOMAINS), _core.meter.__name__, _core.meter.__doc__)
    """
    assert fresh(code) == "True co2lib._core.meter Domain meter.\n"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from co2lib._core.meter import MeterInfo", "MeterInfo"),
        ("from co2lib._core.meter import *", "MeterInfo"),
        ("from co2lib._core import meter; MeterInfo = meter.MeterInfo", "MeterInfo"),
        ("import co2lib._core.meter; MeterInfo = co2lib._core.meter.MeterInfo", "MeterInfo"),
        (
            "import importlib; MeterInfo = importlib.import_module('co2lib._core.meter').MeterInfo",
            "MeterInfo",
        ),
        ("from co2lib.meter import MeterInfo", "MeterInfo"),
        ("MeterInfo = co2lib.meter.MeterInfo", "MeterInfo"),
    ],
)
def test_every_way_to_import_a_name_works(statement: str, name: str) -> None:
    assert (
        fresh(f"{statement}\nprint({name}.__module__, {name}.__qualname__)") == f"co2lib._core.meter {name}\n"
    )


def test_a_name_that_is_not_there_is_an_attribute_error_before_and_after() -> None:
    code = """
        for _ in range(2):
            try:
                _core.meter.no_such_name
            except AttributeError as error:
                print(error)
        try:
            from co2lib._core.hub import no_such_name
        except ImportError as error:
            print(error)
    """
    lines = fresh(code).splitlines()
    assert lines[:2] == ["module 'co2lib._core.meter' has no attribute 'no_such_name'"] * 2
    assert "no_such_name" in lines[2]


def test_every_order_gives_the_same_signatures() -> None:
    """Each domain as the first, and each after each other one; the rest follows."""
    orders = [[*pair, *(d for d in DOMAINS if d not in pair)] for pair in itertools.permutations(DOMAINS, 2)]
    code = f"""
        import hashlib
        def of(order):
            for domain in order:
                dir(getattr(_core, domain))
            text = repr(sorted(texts().items(), key=repr))
            assert "::" not in text.replace("::=", ""), text
            return len(texts()), hashlib.sha256(text.encode()).hexdigest()
        found = {{in_a_child(lambda: of(order)) for order in {orders!r}}}
        assert waiting() == set(DOMAINS)
        print(*found)
    """
    assert fresh(code).count("(") == 1, "the texts depend on the order"


def test_the_modules_of_python_import_in_every_order() -> None:
    modules = ("hub", "intensity", "meter", "numeric", "preindex", "tracker", "testing", "codecarbon")
    orders = [[*pair, *(d for d in modules if d not in pair)] for pair in itertools.permutations(modules, 2)]
    code = f"""
        import importlib
        def of(order):
            for name in order:
                module = importlib.import_module("co2lib." + name)
                for one in module.__all__:
                    getattr(module, one)
            with co2lib.track(location="FRA", meters=[]) as run:
                pass
            assert isinstance(run.footprint, co2lib.Footprint)
            assert isinstance(run.footprint, _core.tracker.Footprint)
            assert isinstance(co2lib.tracker.load, type(co2lib.meter.open))
            return "good"
        print(*{{in_a_child(lambda: of(order)) for order in {orders!r}}})
    """
    assert fresh(code) == "good\n"


def test_threads_that_are_first_at_once_see_whole_modules() -> None:
    """Every thread asks for what is registered last, while others are at it."""
    code = """
        import gc
        USES = [
            lambda: _core.tracker.Tracker.stop,
            lambda: _core.tracker.csv_columns(),
            lambda: _core.meter.region_energies,
            lambda: _core.meter.MeterInfo("x").to_dict(),
            lambda: _core.intensity.sci,
            lambda: _core.intensity.factor("FRA").line,
            lambda: _core.preindex.Options().bins,
            lambda: _core.hub.write_block,
            lambda: _core.testing.FakeHost.set_memory,
            lambda: _core.random.lognormal(0.5, 1.0, 2.0),
            lambda: co2lib.track,
            lambda: co2lib.sensors,
            lambda: dir(_core.numeric).index("percentile"),
        ]
        class Slow:
            "Lets other threads run whenever the collector does, which rests while classes are registered."
            def __del__(self):
                import time
                time.sleep(0)
        def at_once():
            sys.setswitchinterval(1e-6)
            gc.set_threshold(1)
            barrier, wrong = threading.Barrier(2 * len(USES)), []
            def one(use):
                try:
                    barrier.wait()
                    cycle = [Slow()]
                    cycle.append(cycle)
                    del cycle
                    use()
                except BaseException as error:
                    wrong.append(repr(error))
            threads = [threading.Thread(target=one, args=(use,)) for use in USES for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not waiting()
            return wrong
        print(*{in_a_child(at_once) for _ in range(10)})
    """
    assert fresh(code) == "[]\n"


def test_a_domain_is_first_used_after_a_fork() -> None:
    code = """
        def child():
            with co2lib.track(location="FRA", meters=[]) as run:
                pass
            return run.footprint.complete
        print(in_a_child(child), waiting() == set(DOMAINS))
        print(child(), in_a_child(child))
    """
    assert fresh(code) == "True True\nTrue True\n"


def test_a_fork_waits_for_the_thread_that_registers() -> None:
    """A child of such a moment would have half a domain, and a lock that nobody opens."""
    code = """
        import gc, time
        class Slow:
            def __del__(self):
                time.sleep(0.02)
        def while_registering():
            gc.set_threshold(1)
            begun = threading.Event()
            def register():
                begun.set()
                for _ in range(3):
                    cycle = [Slow()]
                    cycle.append(cycle)
                dir(_core.tracker)
                dir(_core.preindex)
            thread = threading.Thread(target=register)
            thread.start()
            begun.wait()
            texts = []
            while thread.is_alive():
                gc.disable()
                texts.append(in_a_child(lambda: len(_core.tracker.csv_columns()), seconds=20))
                gc.enable()
            thread.join()
            return {*texts} <= {"38"}
        print(*{in_a_child(while_registering) for _ in range(5)})
    """
    assert fresh(code) == "True\n"


VALUES = {
    "hub": hub.CardRecord(emissions=1.5),
    "numeric": numeric.median_interval([1.0, 2.0, 3.0]),
    "preindex": preindex.make_options(bins=32),
    "class": meter.MeterInfo,
    "units": co2lib.Energy.from_kwh(2),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_pickle_is_read_by_a_process_that_has_imported_nothing(name: str) -> None:
    stored = pickle.dumps(VALUES[name]).hex()
    code = f"import pickle; print(pickle.dumps(pickle.loads(bytes.fromhex({stored!r}))).hex())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == stored + "\n"


def test_help_and_dir_say_all_at_first_sight() -> None:
    assert "class MeterInfo" in fresh("import pydoc; print(pydoc.plain(pydoc.render_doc(_core.meter)))")
    assert (
        fresh("print('MeterInfo' in dir(_core.meter), '__getattr__' in dir(_core.meter))") == "True False\n"
    )
    assert fresh("print(set(DOMAINS) <= set(dir(_core)))") == "True\n"


@pytest.mark.skipif(not hasattr(os, "register_at_fork"), reason="no forks here")
def test_a_fork_in_a_process_with_all_domains_needs_no_wait() -> None:
    code = """
        texts()
        print(in_a_child(lambda: len(texts()) == len(texts())))
    """
    assert fresh(code) == "True\n"
