// SPDX-License-Identifier: MIT
// Domain intensity. Enumerations are texts in Python, times timezone-aware datetimes.
#include "bindings.hpp"
#include "gil.hpp"
#include "utc_time.hpp"

#include <co2lib/intensity.hpp>

using namespace co2lib;
using namespace co2lib::intensity;
using bindings::from_utc;

namespace {

using SourcePointer = std::shared_ptr<IntensitySource>;

UtcTime to_utc(const py::object& time) { return bindings::to_utc(time, "intensity"); }
std::chrono::nanoseconds to_duration(const py::object& time) { return bindings::to_duration(time, "intensity"); }

/// The enumerator of a text; another text is `intensity.bad_value` naming the field and the choices.
template <class E>
E named(const std::string& value, const char* field, std::initializer_list<E> all) {
  std::string choices;
  for (const E x : all) {
    if (text(x) == value) return x;
    choices.append(choices.empty() ? "" : ", ").append(text(x));
  }
  throw Error("intensity.bad_value", std::string(field) + " is '" + value + "'; it is one of " + choices);
}

Signal signal_of(const std::string& x) { return named(x, "signal", {Signal::average, Signal::marginal}); }
Scope scope_of(const std::string& x) { return named(x, "scope", {Scope::lifecycle, Scope::direct}); }
Basis basis_of(const std::string& x) {
  return named(x, "basis", {Basis::unknown, Basis::consumption, Basis::production});
}
Method method_of(const std::string& x) { return named(x, "method", {Method::location, Method::market}); }
Status status_of(const std::string& x) {
  return named(x, "status", {Status::measured, Status::estimated, Status::forecast, Status::statistic});
}

/// A function of Python that is called, and given up, with the GIL held.
std::shared_ptr<py::function> held(py::function function) {
  return {new py::function(std::move(function)), [](py::function* f) {
            const py::gil_scoped_acquire acquire;
            delete f;
          }};
}

std::optional<RelativeError> error_of(const std::optional<std::pair<double, double>>& x) {
  return x ? std::optional(RelativeError{x->first, x->second}) : std::nullopt;
}

SourcePointer unconst(const std::shared_ptr<const IntensitySource>& source) {
  return std::const_pointer_cast<IntensitySource>(source);  // the interface has const functions only
}

SourcePointer source_of(const py::object& what, SourceOptions options) {
  if (py::isinstance<IntensitySource>(what)) return what.cast<SourcePointer>();
  if (py::isinstance<Trace>(what)) return unconst(make_source(what.cast<Trace>(), options.error));
  if (py::isinstance<CarbonIntensity>(what)) {
    return unconst(make_source(what.cast<CarbonIntensity>(), std::move(options)));
  }
  if (py::isinstance<py::function>(what) || PyCallable_Check(what.ptr()) != 0) {
    const auto function = held(py::reinterpret_borrow<py::function>(what));
    return unconst(make_source(
        [function](UtcTime t) {
          const py::gil_scoped_acquire acquire;
          const py::object answer = (*function)(from_utc(t));
          if (!py::isinstance<CarbonIntensity>(answer)) {
            throw Error("intensity.bad_value",
                        "the function of an intensity source must return a co2lib.CarbonIntensity, "
                        "not " +
                            py::repr(answer).cast<std::string>());
          }
          return answer.cast<CarbonIntensity>();
        },
        std::move(options)));
  }
  throw Error("intensity.bad_value",
              "an intensity source is an IntensitySource, a Trace, a CarbonIntensity or a function of the time, not " +
                  py::repr(what).cast<std::string>());
}

std::vector<EnergySample> samples_of(const py::iterable& items) {
  std::vector<EnergySample> samples;
  for (const py::handle item : items) {
    if (py::isinstance<EnergySample>(item)) {
      samples.push_back(item.cast<EnergySample>());
    } else {
      const auto [start, end, energy] = item.cast<std::tuple<py::object, py::object, Energy>>();
      samples.push_back({to_utc(start), to_utc(end), energy});
    }
  }
  return samples;
}

PriceOptions options_of(const std::string& gap, const std::string& mode, const py::object& max_hold) {
  return {.gap = named(gap, "gap", {Gap::fail, Gap::hold, Gap::interpolate, Gap::climatology}),
          .mode = named(mode, "mode", {Mode::step, Mode::linear}),
          .max_hold = max_hold.is_none() ? PriceOptions{}.max_hold : to_duration(max_hold)};
}

Priced price_with(const std::vector<EnergySample>& samples, const py::object& source, const PriceOptions& options) {
  if (py::isinstance<Trace>(source)) {
    const Trace& trace = source.cast<const Trace&>();
    const bindings::GilReleased released;  // pure computation; the argument keeps the trace alive
    return price(samples, trace, options);
  }
  const SourcePointer pointer = source_of(source, {});
  const bindings::GilReleased released;  // a function of Python takes the GIL itself
  return price(samples, *pointer, options);
}

py::object optional_time(const std::optional<UtcTime>& t) { return t ? from_utc(*t) : py::none(); }
std::optional<UtcTime> optional_utc(const py::object& t) {
  return t.is_none() ? std::nullopt : std::optional(to_utc(t));
}

void bind_records(py::module_& m) {
  py::class_<Record>(m, "Record", "The carbon intensity over [start, end), and how it is known; value None is missing.")
      .def(py::init([](const py::object& start, const py::object& end, std::optional<CarbonIntensity> value,
                       const std::string& signal, const std::string& scope, const std::string& basis,
                       const std::string& method, const std::string& status, std::string provider, std::string zone,
                       std::string origin, std::string factor_set, const py::object& updated_at,
                       const std::optional<Source>& source, std::vector<std::string> flags) {
             Record r;
             r.start = to_utc(start);
             r.end = to_utc(end);
             r.value = value;
             r.signal = signal_of(signal);
             r.scope = scope_of(scope);
             r.basis = basis_of(basis);
             r.method = method_of(method);
             r.status = status_of(status);
             r.provider = std::move(provider);
             r.zone = std::move(zone);
             r.origin = std::move(origin);
             r.factor_set = std::move(factor_set);
             r.updated_at = optional_utc(updated_at);
             if (source) r.source = *source;
             r.flags = std::move(flags);
             return r;
           }),
           py::arg("start"), py::arg("end"), py::arg("value"), py::kw_only(), py::arg("signal") = "average",
           py::arg("scope") = "lifecycle", py::arg("basis") = "unknown", py::arg("method") = "location",
           py::arg("status") = "measured", py::arg("provider") = "", py::arg("zone") = "", py::arg("origin") = "",
           py::arg("factor_set") = "", py::arg("updated_at") = py::none(), py::arg("source") = std::nullopt,
           py::arg("flags") = std::vector<std::string>{})
      .def_property_readonly("start", [](const Record& r) { return from_utc(r.start); })
      .def_property_readonly("end", [](const Record& r) { return from_utc(r.end); })
      .def_readonly("value", &Record::value)
      .def_property_readonly("signal", [](const Record& r) { return text(r.signal); })
      .def_property_readonly("scope", [](const Record& r) { return text(r.scope); })
      .def_property_readonly("basis", [](const Record& r) { return text(r.basis); })
      .def_property_readonly("method", [](const Record& r) { return text(r.method); })
      .def_property_readonly("status", [](const Record& r) { return text(r.status); })
      .def_readonly("provider", &Record::provider)
      .def_readonly("zone", &Record::zone)
      .def_readonly("origin", &Record::origin)
      .def_readonly("factor_set", &Record::factor_set)
      .def_readonly("gas", &Record::gas)
      .def_readonly("raw_value", &Record::raw_value)
      .def_readonly("raw_unit", &Record::raw_unit)
      .def_property_readonly("generated_at", [](const Record& r) { return optional_time(r.generated_at); })
      .def_property_readonly("updated_at", [](const Record& r) { return optional_time(r.updated_at); })
      .def_readonly("source", &Record::source)
      .def_readonly("flags", &Record::flags)
      .def(
          "__eq__", [](const Record& a, const Record& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Record& r) {
        return "<co2lib.intensity.Record " + intensity::detail::range_text(r.start, r.end) + " " +
               (r.value ? to_string(*r.value) : "missing") + ">";
      });

  py::class_<Statistics>(m, "Statistics", "What a trace's known values are like; None where undefined.")
      .def_readonly("count", &Statistics::count, "Intervals with a value.")
      .def_readonly("sum", &Statistics::sum, "Of all values, g/kWh.")
      .def_readonly("mean", &Statistics::mean)
      .def_readonly("min", &Statistics::min)
      .def_readonly("max", &Statistics::max)
      .def_readonly("sd", &Statistics::sd, "Population standard deviation.")
      .def_readonly("cv", &Statistics::cv, "sd / mean.")
      .def_readonly("mean_daily_range", &Statistics::mean_daily_range, "Mean over whole UTC days of max - min.");

  py::class_<EnergySample>(m, "EnergySample", "Energy used over [start, end), evenly spread inside.")
      .def(py::init([](const py::object& start, const py::object& end, Energy energy) {
             return EnergySample{to_utc(start), to_utc(end), energy};
           }),
           py::arg("start"), py::arg("end"), py::arg("energy"))
      .def_property_readonly("start", [](const EnergySample& s) { return from_utc(s.start); })
      .def_property_readonly("end", [](const EnergySample& s) { return from_utc(s.end); })
      .def_readonly("energy", &EnergySample::energy)
      .def(
          "__eq__", [](const EnergySample& a, const EnergySample& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const EnergySample& s) {
        return "<co2lib.intensity.EnergySample " + intensity::detail::range_text(s.start, s.end) + " " +
               to_string(s.energy) + ">";
      });
}

void bind_priced(py::module_& m) {
  py::class_<OriginLine>(m, "OriginLine", "The part of a total that one origin priced.")
      .def_readonly("origin", &OriginLine::origin)
      .def_readonly("energy", &OriginLine::energy)
      .def_readonly("mass", &OriginLine::mass)
      .def("__repr__", [](const OriginLine& o) {
        return "<co2lib.intensity.OriginLine " + o.origin + ": " + to_string(o.mass) + " for " + to_string(o.energy) +
               ">";
      });
  py::class_<RelativeError>(m, "RelativeError", "How far the truth can be from a value, as parts of it.")
      .def(py::init<double, double>(), py::arg("low"), py::arg("high"))
      .def_readonly("low", &RelativeError::low)
      .def_readonly("high", &RelativeError::high)
      .def(
          "__eq__", [](const RelativeError& a, const RelativeError& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const RelativeError& e) {
        return "RelativeError(" + py::repr(py::float_(e.low)).cast<std::string>() + ", " +
               py::repr(py::float_(e.high)).cast<std::string>() + ")";
      });
  py::class_<Priced>(m, "Priced", "The carbon of energy samples, and how it was priced.")
      .def_readonly("mass", &Priced::mass)
      .def_readonly("energy", &Priced::energy)
      .def_readonly("mean", &Priced::mean, "mass / energy; None for no samples.")
      .def_readonly("coverage", &Priced::coverage, "Part of the time that had values of its own.")
      .def_readonly("filled_hours", &Priced::filled_hours, "Time filled by the gap policy, in h.")
      .def_readonly("hours", &Priced::hours, "Time that the samples cover, in h.")
      .def_property_readonly("signal", [](const Priced& p) { return text(p.signal); })
      .def_property_readonly("scope", [](const Priced& p) { return text(p.scope); })
      .def_property_readonly("mode", [](const Priced& p) { return text(p.mode); })
      .def_readonly("error", &Priced::error, "Relative error of the intensity, None where unknown.")
      .def_readonly("origins", &Priced::origins)
      .def_readonly("issues", &Priced::issues)
      .def_readonly("sources", &Priced::sources)
      .def("__str__", [](const Priced& p) { return to_string(p); })
      .def("__repr__", [](const Priced& p) { return "<co2lib.intensity.Priced " + to_string(p) + ">"; });
  py::class_<Repriced>(m, "Repriced", "The same energy priced with two series or sources.")
      .def_readonly("before", &Repriced::before)
      .def_readonly("after", &Repriced::after)
      .def_property_readonly("energy", &Repriced::energy)
      .def_property_readonly("difference", &Repriced::difference, "after - before.");
}

void bind_trace(py::module_& m) {
  py::class_<Trace>(m, "Trace", "A sorted series of non-overlapping records of one signal and scope; immutable.")
      .def(py::init<const std::vector<Record>&>(), py::arg("records"))
      .def_static(
          "regular",
          [](const py::object& start, const py::object& step, const std::vector<std::optional<double>>& g_per_kwh,
             const std::string& signal, const std::string& scope, std::string zone,
             const std::optional<Source>& source) {
            std::vector<std::optional<CarbonIntensity>> values;
            values.reserve(g_per_kwh.size());
            for (const auto& x : g_per_kwh) {
              values.push_back(x ? std::optional(CarbonIntensity::from_g_per_kwh(*x)) : std::nullopt);
            }
            Record attributes;
            attributes.signal = signal_of(signal);
            attributes.scope = scope_of(scope);
            attributes.zone = std::move(zone);
            if (source) attributes.source = *source;
            return Trace::regular(to_utc(start), to_duration(step), values, std::move(attributes));
          },
          py::arg("start"), py::arg("step"), py::arg("g_per_kwh"), py::kw_only(), py::arg("signal") = "average",
          py::arg("scope") = "lifecycle", py::arg("zone") = "", py::arg("source") = std::nullopt,
          "Equal steps (a timedelta or seconds) from start; values in g/kWh, None is missing.")
      .def("__len__", &Trace::size)
      .def_property_readonly("start", [](const Trace& t) { return from_utc(t.start()); })
      .def_property_readonly("end", [](const Trace& t) { return from_utc(t.end()); })
      .def_property_readonly("signal", [](const Trace& t) { return text(t.signal()); })
      .def_property_readonly("scope", [](const Trace& t) { return text(t.scope()); })
      .def_property_readonly("provider", &Trace::provider)
      .def_property_readonly("zone", &Trace::zone)
      .def_property_readonly("source", &Trace::source)
      .def("records", &Trace::records)
      .def(
          "__getitem__",
          [](const Trace& t, std::ptrdiff_t i) {
            const auto n = static_cast<std::ptrdiff_t>(t.size());
            if (i < -n || i >= n)
              throw py::index_error("record " + std::to_string(i) + " of a trace of " + std::to_string(n));
            return t.record(static_cast<std::size_t>(i < 0 ? i + n : i));
          },
          py::arg("index"))
      .def(
          "at", [](const Trace& t, const py::object& time) { return t.at(to_utc(time)); }, py::arg("time"),
          "The value in force; None where missing; raises intensity.out_of_range outside.")
      .def(
          "between",
          [](const Trace& t, const py::object& a, const py::object& b) { return t.between(to_utc(a), to_utc(b)); },
          py::arg("start"), py::arg("end"), "The records that overlap [start, end), uncut.")
      .def("scaled", &Trace::scaled, py::arg("factor"), "Every value times a factor >= 0.")
      .def("stats", &Trace::stats, "Statistics over the known values.")
      .def(
          "price",
          [](const py::object& self, const py::iterable& samples, const std::string& gap, const std::string& mode,
             const py::object& max_hold) {
            return price_with(samples_of(samples), self, options_of(gap, mode, max_hold));
          },
          py::arg("samples"), py::kw_only(), py::arg("gap") = "fail", py::arg("mode") = "step",
          py::arg("max_hold") = py::none(), "Prices energy samples; see co2lib.intensity.price.")
      .def("__repr__", [](const Trace& t) { return "<co2lib.intensity.Trace " + to_string(t) + ">"; });

  const auto csv_options = [](const std::optional<std::string>& scope, const std::optional<std::string>& signal,
                              const std::optional<std::string>& unit, const std::optional<std::string>& zone) {
    CsvOptions options{.unit = unit, .zone = zone};
    if (scope) options.scope = scope_of(*scope);
    if (signal) options.signal = signal_of(*signal);
    return options;
  };
  m.def(
      "read_csv",
      [csv_options](const std::filesystem::path& file, const std::optional<std::string>& scope,
                    const std::optional<std::string>& signal, const std::optional<std::string>& unit,
                    const std::optional<std::string>& zone) {
        const CsvOptions options = csv_options(scope, signal, unit, zone);
        const bindings::GilReleased released;  // reads a file, touches no Python object
        return read_csv(file, options);
      },
      py::arg("file"), py::kw_only(), py::arg("scope") = py::none(), py::arg("signal") = py::none(),
      py::arg("unit") = py::none(), py::arg("zone") = py::none(),
      "Reads a CSV file of Electricity Maps, of CarbonCast, or our own (start,end,value,unit,signal,scope).");
  m.def(
      "parse_csv",
      [csv_options](const std::string& content, const std::optional<std::string>& scope,
                    const std::optional<std::string>& signal, const std::optional<std::string>& unit,
                    const std::optional<std::string>& zone, const std::string& name) {
        return parse_csv(content, csv_options(scope, signal, unit, zone), name);
      },
      py::arg("text"), py::kw_only(), py::arg("scope") = py::none(), py::arg("signal") = py::none(),
      py::arg("unit") = py::none(), py::arg("zone") = py::none(), py::arg("name") = "CSV", "As read_csv, from a text.");
}

void bind_sources(py::module_& m) {
  py::class_<Description>(m, "Description", "What a source is.")
      .def_readonly("name", &Description::name)
      .def_property_readonly("signal", [](const Description& d) { return text(d.signal); })
      .def_property_readonly("scope", [](const Description& d) { return text(d.scope); })
      .def_readonly("sources", &Description::sources);
  py::class_<IntensitySource, SourcePointer>(m, "IntensitySource", "Answers with carbon intensities for times.")
      .def(
          "at",
          [](const SourcePointer& s, const py::object& time) {
            const UtcTime t = to_utc(time);
            const bindings::GilReleased released;  // a function of Python takes the GIL itself
            return s->at(t);
          },
          py::arg("time"), "The record in force.")
      .def(
          "between",
          [](const SourcePointer& s, const py::object& start, const py::object& end) {
            const UtcTime a = to_utc(start);
            const UtcTime b = to_utc(end);
            const bindings::GilReleased released;  // as above
            return s->between(a, b);
          },
          py::arg("start"), py::arg("end"), "The records that overlap [start, end).")
      .def("describe", [](const SourcePointer& s) { return s->describe(); })
      .def(
          "line",
          [](const SourcePointer& s, const py::object& start, const py::object& end) {
            return s->line(to_utc(start), to_utc(end));
          },
          py::arg("start"), py::arg("end"), "What answers for [start, end), in a line for people.")
      .def_property_readonly("relative_error", [](const SourcePointer& s) { return s->relative_error(); })
      .def("__repr__",
           [](const SourcePointer& s) { return "<co2lib.intensity.IntensitySource " + s->describe().name + ">"; });

  m.def(
      "make_source",
      [](const py::object& what, std::string name, const std::string& signal, const std::string& scope,
         const py::object& resolution, const std::optional<std::pair<double, double>>& relative_error) {
        SourceOptions options;
        options.name = std::move(name);
        options.signal = signal_of(signal);
        options.scope = scope_of(scope);
        if (!resolution.is_none()) options.resolution = to_duration(resolution);
        options.error = error_of(relative_error);
        return source_of(what, std::move(options));
      },
      py::arg("what"), py::kw_only(), py::arg("name") = "", py::arg("signal") = "average",
      py::arg("scope") = "lifecycle", py::arg("resolution") = py::none(), py::arg("relative_error") = py::none(),
      "A source from a CarbonIntensity, a Trace or a function (datetime) -> CarbonIntensity.");
  m.def(
      "location_source",
      [](std::string location, const std::string& scope) {
        return unconst(location_source(location, scope_of(scope)));
      },
      py::arg("location"), py::kw_only(), py::arg("scope") = "lifecycle",
      "The annual factor of a place by the UTC year of the time priced.");
  m.def(
      "world_average", [](const std::string& scope) { return unconst(world_average(scope_of(scope))); }, py::kw_only(),
      py::arg("scope") = "lifecycle", "The world average by the UTC year of the time priced.");

  py::class_<Place>(m, "Place", "A country, a subdivision, a cloud region or WORLD, as the tables know it.")
      .def_readonly("key", &Place::key, "As the tables write it: FRA, US-WY, aws:eu-north-1.")
      .def_readonly("name", &Place::name, "English; empty where the tables have none.")
      .def_readonly("country", &Place::country, "ISO 3166-1 alpha-3; empty for WORLD.")
      .def_readonly("country_name", &Place::country_name, "English.")
      .def_readonly("subdivision", &Place::subdivision, "ISO 3166-2, of a cloud region too; empty where unknown.")
      .def(
          "__eq__", [](const Place& a, const Place& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Place& p) {
        return "<co2lib.intensity.Place " + p.key + (p.name.empty() ? "" : " (" + p.name + ")") + ">";
      });
  py::class_<Factor>(m, "Factor", "The annual mean intensity of a place, and the row it comes from.")
      .def_readonly("value", &Factor::value)
      .def_property_readonly("g_per_kwh", [](const Factor& f) { return f.value.g_per_kwh(); })
      .def_readonly("year", &Factor::year)
      .def_property_readonly("scope", [](const Factor& f) { return text(f.scope); })
      .def_property_readonly("basis", [](const Factor& f) { return text(f.basis); })
      .def_property_readonly(
          "method", [](const Factor& f) { return text(f.method); },
          "published, generation_mix, direct_plus_upstream or estimate.")
      .def_readonly("gas", &Factor::gas, "What is counted: CO2e, or CO2 alone.")
      .def_readonly("place", &Factor::place, "What was asked for, as the tables write it.")
      .def_readonly("via", &Factor::via, "The place whose row it is: FRA, US-WY, gcp:us-central1, WORLD.")
      .def_property_readonly(
          "line", [](const Factor& f) { return line(f); },
          "What was asked, what answered, of which year and how: US-WY 2023, direct plus upstream.")
      .def_readonly("source", &Factor::source)
      .def_readonly("error", &Factor::error)
      .def_readonly("issues", &Factor::issues)
      .def(
          "__eq__", [](const Factor& a, const Factor& b) { return a == b; }, py::is_operator())
      .def("__str__", [](const Factor& f) { return to_string(f); })
      .def("__repr__", [](const Factor& f) { return "<co2lib.intensity.Factor " + to_string(f) + ">"; });
  m.def(
      "factor",
      [](const std::string& location, const std::string& scope, std::optional<int> year) {
        return factor(location, {.scope = scope_of(scope), .year = year});
      },
      py::arg("location"), py::kw_only(), py::arg("scope") = "lifecycle", py::arg("year") = py::none(),
      "Looks up a country (FRA, FR), a subdivision (US-WY), a cloud region (aws:eu-north-1) or WORLD.\n\n"
      "The newest row of the year or before counts, without a year the newest; the remarks are in issues. Raises\n"
      "intensity.unknown_zone (a LookupError) with the three nearest places in details.");
  m.def(
      "world_factor",
      [](const std::string& scope, std::optional<int> year) {
        return world_factor({.scope = scope_of(scope), .year = year});
      },
      py::kw_only(), py::arg("scope") = "lifecycle", py::arg("year") = py::none(), "The average of the world.");
  m.def("place", &place, py::arg("location"), "What the tables know of a location; raises intensity.unknown_zone.");
  m.def("places", &places, "Every place with a key of its own, sorted by key.");
  m.def("locations", &locations, "The keys of places().");
}

void bind_functions(py::module_& m) {
  m.def("convert", static_cast<double (*)(double, std::string_view, std::string_view)>(&intensity::convert),
        py::arg("value"), py::arg("from_unit"), py::arg("to_unit"),
        "Converts between unit texts of energy, mass or intensity; CO2 words may follow the mass unit.");
  m.def(
      "parse_time", [](const std::string& stamp) { return from_utc(parse_time(stamp)); }, py::arg("text"),
      "Reads a time stamp with its offset as a datetime in UTC; raises intensity.bad_time.");
  m.def(
      "format_time", [](const py::object& time) { return format_utc(to_utc(time)); }, py::arg("time"),
      "Writes 2024-05-01T12:00:00Z, with .120 before the Z if the milliseconds are not 0.");
  m.def(
      "price",
      [](const py::iterable& samples, const py::object& source, const std::string& gap, const std::string& mode,
         const py::object& max_hold) {
        return price_with(samples_of(samples), source, options_of(gap, mode, max_hold));
      },
      py::arg("samples"), py::arg("source"), py::kw_only(), py::arg("gap") = "fail", py::arg("mode") = "step",
      py::arg("max_hold") = py::none(),
      "Grams of energy samples: energy times the mean of the series over each sample.");
  m.def(
      "combine", [](const std::vector<Priced>& parts) { return combine(parts); }, py::arg("parts"),
      "One total of parts priced apart; raises intensity.mixed_signals.");
  m.def(
      "reprice",
      [](const py::iterable& items, const py::object& stored, const py::object& other, const std::string& gap,
         const std::string& mode, const py::object& max_hold) {
        const std::vector<EnergySample> samples = samples_of(items);
        const PriceOptions options = options_of(gap, mode, max_hold);
        const SourcePointer a = source_of(stored, {});
        const SourcePointer b = source_of(other, {});
        const bindings::GilReleased released;  // a function of Python takes the GIL itself
        return reprice(samples, *a, *b, options);
      },
      py::arg("samples"), py::arg("stored"), py::arg("other"), py::kw_only(), py::arg("gap") = "fail",
      py::arg("mode") = "step", py::arg("max_hold") = py::none(), "Prices stored samples with two sources.");
  m.def(
      "sci",
      [](Energy energy, CarbonIntensity i, CarbonMass total_embodied, const py::object& time_reserved,
         const py::object& lifespan, double resources_reserved, double total_resources, double functional_units) {
        const CarbonMass share =
            bindings::value_or_throw(sci_embodied(total_embodied, Seconds(to_duration(time_reserved)),
                                                  Seconds(to_duration(lifespan)), resources_reserved, total_resources),
                                     "intensity");
        const double score = bindings::value_or_throw(sci(energy, i, share, functional_units), "intensity");
        return std::make_tuple(energy * i, share, score);
      },
      py::arg("energy"), py::arg("intensity"), py::arg("total_embodied"), py::arg("time_reserved"), py::arg("lifespan"),
      py::arg("resources_reserved"), py::arg("total_resources"), py::arg("functional_units"),
      "(operational, embodied, g per functional unit) of the software carbon intensity.");
}

}  // namespace

void register_intensity(py::module_& m) {
  py::module_ sub = bindings::submodule(m, "intensity", "Domain intensity.");
  bind_records(sub);
  bind_priced(sub);
  bind_trace(sub);
  bind_sources(sub);
  bind_functions(sub);
}
