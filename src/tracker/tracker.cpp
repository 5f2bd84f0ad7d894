// SPDX-License-Identifier: MIT
#include <co2lib/tracker/tracker.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <random>
#include <set>

#include <pthread.h>
#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <co2lib/meter/sensors.hpp>
#include <co2lib/version.hpp>

#include "tracker/state.hpp"

namespace co2lib::tracker {

namespace detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// How long a caller waits for sensors that another thread is reading, and for the sampling thread to end.
constexpr milliseconds patience{1000};
/// How long a region's edge waits: beyond it the edge is a time only.
constexpr milliseconds edge_patience{50};

nanoseconds from_seconds(double seconds) { return nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9))); }

// ---------------------------------------------------------------------------------------------------------------------
// Fork: the states alive in this process, so that none is forked while it changes, and all are inert in the child.
// ---------------------------------------------------------------------------------------------------------------------

struct Alive {
  std::mutex mutex;
  std::set<State*> states;
  /// In a forked child: the parent's states. They stay, since destroying what a thread waits on waits for that thread,
  /// which is not there.
  std::vector<std::shared_ptr<State>> inherited;
};

Alive& alive() {
  static Alive* const instance = new Alive;  // never destroyed: a fork handler may run during exit
  return *instance;
}

void before_fork() {
  alive().mutex.lock();
  for (State* s : alive().states) s->mutex.lock();
}

void after_fork_in_parent() {
  for (State* s : alive().states) s->mutex.unlock();
  alive().mutex.unlock();
}

void after_fork_in_child() {
  for (State* s : alive().states) {
    s->forked = true;
    s->log.close();
    (void)s->thread.release();  // the thread exists in the parent only: there is nothing to join here
    s->mutex.unlock();
    if (auto kept = s->weak_from_this().lock()) alive().inherited.push_back(std::move(kept));
  }
  alive().states.clear();
  alive().mutex.unlock();
}

void watch_forks(State* state) {
  static const int registered = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  (void)registered;
  const std::lock_guard lock(alive().mutex);
  alive().states.insert(state);
}

std::string random_uuid() {
  std::random_device device;
  std::uniform_int_distribution<unsigned> byte(0, 255);
  std::string text;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    unsigned value = byte(device);
    if (i == 6) value = (value & 0x0fU) | 0x40U;
    if (i == 8) value = (value & 0x3fU) | 0x80U;
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

std::string operating_system() {
  utsname name{};
  if (::uname(&name) != 0) return {};
  return std::string(name.sysname) + "-" + name.release + "-" + name.machine;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

constexpr meter::Domain all_domains[] = {
    meter::Domain::package, meter::Domain::core,   meter::Domain::uncore, meter::Domain::dram,  meter::Domain::psys,
    meter::Domain::gpu,     meter::Domain::module, meter::Domain::rail,   meter::Domain::model, meter::Domain::other};

void check(const Options& o) {
  const auto bad = [](const std::string& option, const std::string& why) {
    throw Error("tracker.bad_config", option + ": " + why);
  };
  const auto period = [&](double x, const char* option) {  // in nanoseconds neither 0 nor beyond 64 bits
    if (!(x >= 1e-6 && x <= 1e9)) bad(option, "must be a number of seconds from 1e-6 to 1e9");
  };
  period(o.period_s, "period_s");
  period(o.power_period_s, "power_period_s");
  period(o.flush_s, "flush_s");
  if (!(o.pue >= 1) || !std::isfinite(o.pue)) throw Error("meter.bad_input", "pue: must be at least 1");
  if (!(o.wue >= 0) || !std::isfinite(o.wue)) throw Error("meter.bad_input", "wue: must be at least 0 L/kWh");
  if (o.tdp_w && !(*o.tdp_w > 0 && std::isfinite(*o.tdp_w))) bad("tdp_w", "must be above 0 W");
  if (o.ram_w && !(*o.ram_w >= 0 && std::isfinite(*o.ram_w))) bad("ram_w", "must be at least 0 W");
  if (o.idle_w && o.scope == meter::Scope::machine) bad("idle_w", "is used by the scopes process and container only");
  const auto per_domain = [&](const std::map<std::string, double>& values, const char* option, bool zero_too) {
    for (const auto& [domain, value] : values) {
      const bool known = std::any_of(std::begin(all_domains), std::end(all_domains),
                                     [&, &name = domain](meter::Domain d) { return meter::text(d) == name; });
      if (!known)
        bad(option, "'" + domain + "' is no domain; there are package, core, uncore, dram, psys, gpu, rail, ...");
      if (!(value > 0 || (zero_too && value == 0)) || !std::isfinite(value))
        bad(option, "must be above 0 for " + domain);
    }
  };
  per_domain(o.p_max_w, "p_max_w", false);
  per_domain(o.slack_s, "slack_s", true);
  if (o.resume && o.log.empty()) bad("resume", "needs the log of the run to continue; give `log`");
  if (const auto* constant = std::get_if<CarbonIntensity>(&o.intensity)) {
    if (!(constant->g_per_kwh() >= 0) || !std::isfinite(constant->g_per_kwh())) {
      bad("intensity", "an average carbon intensity is at least 0 g/kWh");
    }
  }
}

/// The domain a user's meter is counted in when it names none.
meter::Domain domain_of(meter::Device device) {
  switch (device) {
    case meter::Device::cpu:
      return meter::Domain::package;
    case meter::Device::dram:
      return meter::Domain::dram;
    case meter::Device::ram:
      return meter::Domain::model;
    case meter::Device::gpu:
    case meter::Device::npu:
      return meter::Domain::gpu;
    case meter::Device::platform:
    case meter::Device::board:
      return meter::Domain::psys;
  }
  return meter::Domain::other;
}

struct OpenMeter {
  std::shared_ptr<meter::Meter> meter;
  bool quick;  ///< reads memory or a kept descriptor of the kernel's, which never blocks
};

/// The providers of ours whose reads are quick. Libraries of GPU makers are not among them.
bool is_quick(const meter::Meter& m) {
  const std::string provider = m.info().provider;
  return provider == "powercap" || provider == "perf_event" || provider == "msr" || provider.starts_with("model.");
}

std::vector<OpenMeter> open_machine(const Options& o, bool owner) {
  meter::OpenOptions open{.host = o.host, .clock = o.clock, .tdp_w = o.tdp_w, .ram_w = o.ram_w};
  open.powercap_root = o.powercap_root;
  open.container_scope = o.scope == meter::Scope::container;
  if (o.gpus) open.gpus.emplace(o.gpus->begin(), o.gpus->end());
  if (!owner) open.gpus.emplace();
  open.modulus = o.modulus;
  std::vector<OpenMeter> chosen;
  const auto add_own = [&] {
    for (auto& m : meter::open(open)) {
      const bool quick = is_quick(*m);
      chosen.push_back({std::move(m), quick});
    }
  };
  if (!o.meters) {
    add_own();
    return chosen;
  }
  std::vector<std::string> names;
  for (const MeterChoice& choice : *o.meters) {
    if (const auto* name = std::get_if<std::string>(&choice)) {
      names.push_back(*name);
    } else if (std::get<std::shared_ptr<meter::Meter>>(choice) == nullptr) {
      throw Error("tracker.bad_config", "meters: one of them is null");
    } else {
      chosen.push_back({std::get<std::shared_ptr<meter::Meter>>(choice), false});
    }
  }
  const bool gpus_wanted = o.gpus && !o.gpus->empty();  // an error without their provider
  if (!names.empty() || o.meters->empty() || gpus_wanted) {
    open.meters.emplace(names.begin(), names.end());
    add_own();
  }
  return chosen;
}

/// What this process reports: the node's devices if it owns them, and its own share of CPU and memory in any case.
std::vector<OpenMeter> open_meters(const Options& o, bool owner) {
  if (!owner && o.scope != meter::Scope::process) return {};
  std::vector<OpenMeter> machine = open_machine(o, owner);
  if (o.scope == meter::Scope::machine) return machine;
  std::vector<std::shared_ptr<meter::Meter>> whole;
  std::set<std::string> slow;
  for (OpenMeter& m : machine) {
    if (!m.quick) slow.insert(m.meter->info().id);
    whole.push_back(std::move(m.meter));
  }
  std::vector<OpenMeter> divided;
  const meter::ShareOptions share{.scope = o.scope, .pid = std::nullopt, .idle_w = o.idle_w, .host = o.host};
  for (auto& m : meter::share_meters(whole, share)) {
    // A share is read behind the meter it divides, so on the same thread.
    const meter::MeterInfo info = m->info();
    const bool quick = !slow.contains(info.provider == "model.share" ? info.parent : info.id);
    divided.push_back({std::move(m), quick});
  }
  return divided;
}

double measured_j(const LiveMeter& m) {
  return m.info.kind == meter::Kind::counter ? m.info.unit.joules(static_cast<double>(m.counts)) : m.joules.value();
}

/// Blocks all signals while alive, so that a thread started meanwhile never handles one.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// LiveMeter
// ---------------------------------------------------------------------------------------------------------------------

LiveMeter::LiveMeter(std::shared_ptr<meter::Meter> meter_in, const meter::MeterInfo& info_in,
                     std::optional<std::size_t> reader_slot_in)
    : meter(std::move(meter_in)),
      info(info_in),
      reader_slot(reader_slot_in),
      curve(info_in),
      engine(info_in.kind == meter::Kind::counter
                 ? std::variant<meter::CounterEngine, meter::PowerEngine>(meter::CounterEngine(info_in))
                 : std::variant<meter::CounterEngine, meter::PowerEngine>(meter::PowerEngine(info_in))) {
  state.info = info_in;
}

void LiveMeter::add(const meter::Segment& s) {
  if (s.shape == meter::Segment::Shape::gap) {
    state.gaps.push_back({s.begin, s.end, s.joules});
  } else {
    counts += s.counts;
    state.ambiguous += s.ambiguous;
    joules += s.joules;
    low_j += s.low_j;
    high_j += s.high_j;
    state.covered += s.end - s.begin;
    state.samples += s.samples;
  }
  const auto& segments = curve.segments();
  const bool joins = !segments.empty() && latest_edge <= segments.back().begin;
  joins ? curve.append_merged(s) : curve.append(s);
  state.reached_end = s.end;
}

void LiveMeter::take(MonotonicTime time, const meter::Reading& reading_in, bool after_suspend) {
  if (state.first && time == state.last) return;  // a second look at the same instant tells nothing
  last = reading_in;
  if (!state.first) state.first = time;
  state.last = std::max(state.last, time);
  const auto sink = [&](const meter::Segment& s) { add(s); };
  if (auto* counter = std::get_if<meter::CounterEngine>(&engine)) {
    const auto* count = std::get_if<meter::Count>(&reading_in);
    counter->push({time, count != nullptr ? std::optional(count->value) : std::nullopt}, sink, after_suspend);
  } else {
    auto& power = std::get<meter::PowerEngine>(engine);
    const auto* watts = std::get_if<meter::Watts>(&reading_in);
    power.push({time, watts != nullptr ? std::optional(*watts) : std::nullopt}, sink);
  }
  if (!state.any_good) {
    const auto reached = std::visit([](const auto& e) { return e.reached(); }, engine);
    if (reached) {
      state.any_good = true;
      state.reached_begin = *reached;
      state.reached_end = *reached;
    }
  }
  state.events = events();
}

void LiveMeter::finish() {
  if (auto* counter = std::get_if<meter::CounterEngine>(&engine)) {
    counter->finish([&](const meter::Segment& s) { add(s); });
  }
  state.events = events();
}

MeterPoint LiveMeter::point() const { return {counts, joules.value(), low_j.value(), high_j.value()}; }

const meter::Events& LiveMeter::events() const {
  return std::visit([](const auto& e) -> const meter::Events& { return e.events(); }, engine);
}

bool LiveMeter::settled_at(MonotonicTime time) const {
  if (const auto* counter = std::get_if<meter::CounterEngine>(&engine)) {
    if (counter->has_suspect()) return false;
  }
  const auto reached = std::visit([](const auto& e) { return e.reached(); }, engine);
  return (reached && *reached >= time) || state.last >= time + from_seconds(meter::default_max_gap_s);
}

// ---------------------------------------------------------------------------------------------------------------------
// State: start, sampling, stop
// ---------------------------------------------------------------------------------------------------------------------

State::State(const Options& options_in)
    : options(options_in), clock(options_in.clock ? options_in.clock : std::make_shared<SystemClock>()), reader(clock) {
  check(options);
  run.pricing.facility = {options.pue, options.wue};
  run.pricing.location = options.location;
  if (const auto* constant = std::get_if<CarbonIntensity>(&options.intensity)) {
    run.pricing.g_per_kwh = constant->g_per_kwh();
  } else if (const auto* source = std::get_if<std::shared_ptr<const intensity::IntensitySource>>(&options.intensity)) {
    if (*source == nullptr) throw Error("tracker.bad_config", "intensity: the source is null");
    frame_source = *source;
    run.pricing.intensity_text = (*source)->describe().name;
  }
  const PriceChoice price = choose_price(run.pricing, frame_source);  // refuses a location in no table, now
  run.pricing.location = price.location;

  RunSegment segment;
  const Machine machine = read_machine(options.host);
  segment.boot_id = machine.boot_id;
  segment.pid = ::getpid();
  segment.version = CO2LIB_VERSION;
  segment.context = {.host = machine.hostname,
                     .os = operating_system(),
                     .cpu_model = machine.cpu_model,
                     .logical_cpus = machine.logical_cpus,
                     .memory_bytes = machine.memory_bytes,
                     .project = options.project,
                     .slurm_job_id = environment("SLURM_JOB_ID")};
  segment.owner = options.owner.value_or([] {
    for (const char* name : {"LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK"}) {
      const std::string rank = environment(name);
      if (!rank.empty()) return rank == "0";
    }
    return true;
  }());

  run.run_id = options.run_id.empty() ? random_uuid() : options.run_id;
  bool resumed = false;
  if (!options.log.empty()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(options.log, error);
    if (!error && size > 0) {
      Run earlier = load(options.log);
      if (!options.resume) {
        throw Error("tracker.bad_log",
                    options.log.string() + ": already holds run " + earlier.run_id +
                        "; give another file, or resume with that run_id",
                    {{"run_id", earlier.run_id}}, ErrorCategory::os);
      }
      if (!options.run_id.empty() && options.run_id != earlier.run_id) {
        throw Error("tracker.bad_log",
                    options.log.string() + ": holds run " + earlier.run_id + ", not " + options.run_id,
                    {{"run_id", earlier.run_id}}, ErrorCategory::os);
      }
      run.run_id = earlier.run_id;
      run.segments = std::move(earlier.segments);
      run.issues = std::move(earlier.issues);
      resumed = true;
    }
    log.open(options.log);
    log.seq = static_cast<std::int64_t>(run.segments.size()) * 1'000'000'000;
  }

  for (auto& [m, quick] : open_meters(options, segment.owner)) {
    meter::MeterInfo info = m->info();
    if (info.domain == meter::Domain::other && info.provider == "user") info.domain = domain_of(info.device);
    const std::string domain(meter::text(info.domain));
    if (const auto ceiling = options.p_max_w.find(domain); ceiling != options.p_max_w.end()) {
      info.p_max_w = ceiling->second;
    }
    if (const auto slack = options.slack_s.find(domain); slack != options.slack_s.end()) info.slack_s = slack->second;
    const bool taken =
        std::any_of(meters.begin(), meters.end(), [&](const LiveMeter& o) { return o.info.id == info.id; });
    if (info.id.empty() || taken) {
      throw Error("tracker.bad_config", "meters: the id '" + info.id + "' is empty or used twice; ids are unique");
    }
    const auto slot = quick ? std::nullopt : std::optional(reader.add(m));
    meters.emplace_back(std::move(m), info, slot);
    const auto divided =
        std::find_if(meters.begin(), meters.end(), [&](const LiveMeter& o) { return o.info.id == info.parent; });
    if (info.provider == "model.share" && divided != meters.end()) meters.back().cadence = divided->cadence;
  }
  for (std::size_t i = 0; i < meters.size(); ++i) {
    for (std::size_t j = i + 1; j < meters.size(); ++j) {
      if (meters[i].info.domain == meter::Domain::package && meters[j].info.domain == meter::Domain::package &&
          meters[i].info.kind == meter::Kind::counter && meters[j].info.kind == meter::Kind::counter) {
        pairs.push_back({i, j, {}});
      }
    }
  }
  readings.assign(meters.size(), {.reading = meter::Failed{}});

  segment.begin = clock->monotonic();
  segment.begin_utc = clock->utc();
  segment.end = segment.begin;
  segment.end_utc = segment.begin_utc;
  anchor_mono = segment.begin;
  anchor_utc = segment.begin_utc;
  asleep = clock->boottime() - segment.begin;
  for (const LiveMeter& m : meters) segment.meters.push_back(m.state);
  segment.issues = price.issues;
  if (options.on_log) {
    for (const Issue& issue : price.issues) options.on_log("warning", co2lib::to_string(issue));
  }
  run.segments.push_back(std::move(segment));
  update_roles();
  if (log.is_open()) {
    log.add(run_line({run.run_id, log.seq++, anchor_mono, anchor_utc}, run, run.segments.back(), resumed));
    for (const Issue& issue : price.issues) {
      log.add(issue_line({run.run_id, log.seq++, anchor_mono, anchor_utc}, issue));
    }
    write_out(options.fsync);
  }
  watch_forks(this);
}

State::~State() {
  const std::lock_guard lock(alive().mutex);
  alive().states.erase(this);
}

void State::begin_sampling() {
  sweep(What::all, patience);
  {
    const std::lock_guard lock(mutex);
    RunSegment& segment = run.segments.back();
    Frame frame{.mono = segment.begin, .utc = segment.begin_utc, .meters = {}, .g_per_kwh = std::nullopt};
    for (const LiveMeter& m : meters) frame.meters.push_back(m.point());
    segment.frames.push_back(std::move(frame));
  }
  const SignalsBlocked blocked;
  thread = std::make_unique<std::jthread>([self = shared_from_this()] { self->loop(); });
}

void State::loop() {
  bool has_power = false;
  bool has_counter = false;
  double counter_s = std::min(options.period_s, 30.0);
  for (const LiveMeter& m : meters) {
    (m.cadence == meter::Kind::power ? has_power : has_counter) = true;
    if (m.info.wrap.is_known()) {  // keep-alive: a counter is read at least four times a turn
      const double turn_s = m.info.unit.joules(static_cast<double>(m.info.wrap.counts())) / meter::p_max_w(m.info);
      counter_s = std::min(counter_s, std::max(turn_s / 4, 0.001));
    }
  }
  constexpr MonotonicTime never = MonotonicTime::max();
  const nanoseconds counter_period = from_seconds(counter_s);
  const nanoseconds power_period = from_seconds(options.power_period_s);
  const nanoseconds flush_period = from_seconds(options.flush_s);
  const MonotonicTime start = run.segments.back().begin;
  MonotonicTime next_counter = has_counter ? start + counter_period : never;
  MonotonicTime next_power = has_power ? start + power_period : never;
  MonotonicTime next_flush = start + flush_period;

  while (clock->wait_until(waiter, std::min({next_counter, next_power, next_flush}))) {
    const MonotonicTime now = clock->monotonic();
    const bool flush = now >= next_flush;
    const bool counters = now >= next_counter || flush;
    const bool powers = now >= next_power || flush;
    if (counters || powers) sweep(counters && powers ? What::all : counters ? What::counters : What::powers, patience);
    // Absolute deadlines; a tick that was missed is counted, not repeated.
    const auto advance = [&](MonotonicTime& next, nanoseconds period, std::optional<meter::Kind> kind) {
      if (next == never || now < next) return;
      const auto missed = (now - next) / period;
      next += (missed + 1) * period;
      if (missed > 0 && kind) {
        const std::lock_guard lock(mutex);
        for (LiveMeter& m : meters) {
          if (m.cadence != *kind) continue;
          std::visit([&](auto& e) { e.events().late_ticks += missed; }, m.engine);
          m.state.events = m.events();
        }
      }
    };
    advance(next_counter, counter_period, meter::Kind::counter);
    advance(next_power, power_period, meter::Kind::power);
    if (flush) {
      const Step step = price_step();
      {
        const std::lock_guard lock(mutex);
        if (stopped) break;
        check_clocks();
        flush_locked(step);
      }
      write_out(options.fsync);
      advance(next_flush, flush_period, std::nullopt);
    }
  }
  sweep(What::all, patience);
  {
    const std::lock_guard lock(finished_mutex);
    finished = true;
  }
  finished_changed.notify_all();
}

bool State::sweep(What what, milliseconds limit, Edge* edge) {
  if (!sensors.acquire(limit)) {
    const std::lock_guard lock(mutex);
    const int at = reading.load();
    if (at >= 0 && limit >= patience) note_blocked(meters[static_cast<std::size_t>(at)]);
    if (edge != nullptr) *edge = edge_now();
    return false;
  }
  const auto wanted = [&](const LiveMeter& m) {
    return what == What::all || (what == What::counters) == (m.cadence == meter::Kind::counter);
  };
  const MonotonicTime before = clock->monotonic();
  slots.clear();
  for (std::size_t i = 0; i < meters.size(); ++i) {
    if (!wanted(meters[i])) continue;
    if (meters[i].reader_slot) {
      slots.push_back(*meters[i].reader_slot);
      continue;
    }
    reading = static_cast<int>(i);
    readings[i].reading = read_once(*meters[i].meter, before);
    readings[i].time = clock->monotonic();
  }
  reading = -1;
  if (!slots.empty()) {
    reader.read(slots, before, answers);
    std::size_t next = 0;
    for (std::size_t i = 0; i < meters.size(); ++i) {
      if (wanted(meters[i]) && meters[i].reader_slot) readings[i] = std::move(answers[next++]);
    }
  }
  {
    const std::lock_guard lock(mutex);
    if (!stopped) {
      const MonotonicTime now = clock->monotonic();
      const MonotonicTime offset = clock->boottime() - now;
      const bool slept = offset - asleep > std::chrono::seconds(1);
      if (slept) {
        RunSegment& segment = run.segments.back();
        segment.suspended += Seconds(offset - asleep);
        note({"suspended", "machine", "the machine slept during the run; that time is neither covered nor estimated"});
        asleep = offset;
      }
      for (std::size_t i = 0; i < meters.size(); ++i) {
        if (!wanted(meters[i])) continue;
        if (readings[i].blocked) note_blocked(meters[i]);
        meters[i].take(readings[i].time, readings[i].reading, slept);
      }
      for (MirrorPair& pair : pairs) {
        const auto* a = std::get_if<meter::Count>(&readings[pair.first].reading);
        const auto* b = std::get_if<meter::Count>(&readings[pair.second].reading);
        if (what != What::powers && a != nullptr && b != nullptr) {
          pair.test.push(a->value, b->value, meters[pair.first].info.unit, meters[pair.first].info.wrap);
        }
      }
      if (edge != nullptr) {
        edge->at = now;
        edge->meters.assign(meters.size(), now);
        for (std::size_t i = 0; i < meters.size(); ++i) {
          if (wanted(meters[i]) && !std::holds_alternative<meter::Failed>(readings[i].reading)) {
            edge->meters[i] = readings[i].time;
          }
        }
      }
      if (!closed.empty()) settle(false);
    } else if (edge != nullptr) {
      *edge = edge_now();
    }
  }
  sensors.release();
  return true;
}

void State::note_blocked(const LiveMeter& m) {
  note(
      {"blocked", m.info.id,
       "the sensor did not answer within 1 s; it is left out until it does, and what it did not measure is estimated"});
}

void State::note(Issue issue) {
  RunSegment& segment = run.segments.back();
  const std::size_t before = segment.issues.size();
  add_issue(segment.issues, std::move(issue));
  if (segment.issues.size() != before && log.is_open()) {
    const MonotonicTime now = clock->monotonic();
    log.add(issue_line({run.run_id, log.seq++, now, anchor_utc + (now - anchor_mono)}, segment.issues.back()));
  }
}

void State::check_clocks() {
  const MonotonicTime now = clock->monotonic();
  const UtcTime utc = clock->utc();
  const MonotonicTime offset = clock->boottime() - now;
  const auto step = utc - (anchor_utc + (now - anchor_mono));
  // Sleep moves the wall clock too; what remains is a step.
  const auto unexplained = step - std::max(offset - asleep, MonotonicTime::zero());
  static constexpr auto second = std::chrono::nanoseconds(std::chrono::seconds(1));
  const auto slept = std::chrono::duration_cast<nanoseconds>(run.segments.back().suspended);
  const bool explained_by_sleep = step > nanoseconds::zero() && step <= slept + second;
  if ((unexplained > second || unexplained < -second) && !explained_by_sleep) {
    note({"clock_step", "clock", "the wall clock was set during the run; times after it may be shifted"});
  }
  anchor_mono = now;
  anchor_utc = utc;
}

void State::update_roles() {
  std::vector<meter::MeterInfo> infos;
  for (LiveMeter& m : meters) {
    infos.push_back(m.info);
    m.state.mirror_of.reset();
  }
  roles = meter::zone_roles(infos, [&](std::size_t i, std::size_t j) {
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const MirrorPair& p) { return p.first == i && p.second == j; });
    return pair != pairs.end() && pair->test.mirrored(measured_j(meters[i]), measured_j(meters[j]));
  });
  for (std::size_t i = 0; i < meters.size(); ++i) meters[i].state.mirror_of = roles[i].mirror_of;
}

Step State::price_step() {
  Step step;
  MonotonicTime last{};
  UtcTime utc{};
  {
    const std::lock_guard lock(mutex);
    step.now = clock->monotonic();
    last = run.segments.back().frames.back().mono;
    utc = anchor_utc + (step.now - anchor_mono);
  }
  if (!frame_source || step.now <= last) return step;
  // A kilowatt-hour spread over the time since the last flush shows the mean intensity.
  const intensity::EnergySample probe{utc - (step.now - last), utc, Energy::from_kwh(1)};
  try {
    const intensity::Priced priced = intensity::price(std::span(&probe, 1), *frame_source);
    step.g_per_kwh = priced.mass.grams();
    step.issues = priced.issues;
  } catch (const Error& error) {
    step.issues.push_back({error.code(), "intensity", error.what()});
  } catch (const std::exception& error) {
    step.issues.push_back({"intensity_failed", "intensity", error.what()});
  }
  return step;
}

void State::flush_locked(const Step& step) {
  RunSegment& segment = run.segments.back();
  if (!pairs.empty()) update_roles();
  const MonotonicTime now = std::max(step.now, segment.frames.back().mono);
  segment.end = now;
  segment.end_utc = anchor_utc + (now - anchor_mono);
  Frame frame{.mono = now, .utc = segment.end_utc, .meters = {}, .g_per_kwh = std::nullopt};
  segment.meters.clear();
  for (const LiveMeter& m : meters) {
    frame.meters.push_back(m.point());
    segment.meters.push_back(m.state);
  }
  frame.g_per_kwh = step.g_per_kwh;
  for (const Issue& issue : step.issues) note(issue);
  segment.frames.push_back(std::move(frame));
  settle(false);
  compact();
  if (log.is_open()) {
    std::vector<std::pair<std::string, meter::Reading>> raw;
    for (const LiveMeter& m : meters) raw.emplace_back(m.info.id, m.last);
    log.add(sample_line({run.run_id, log.seq++, now, segment.end_utc}, raw), true);
    // Every gap stands in two lines, so that one lost line loses none.
    std::vector<std::size_t> gaps;
    for (const MeterState& m : segment.meters) gaps.push_back(m.gaps.size());
    log.add(totals_line({run.run_id, log.seq++, now, segment.end_utc}, segment, gaps_logged.first));
    gaps_logged = {std::move(gaps_logged.second), std::move(gaps)};
  }
}

void State::write_out(bool synced, bool wait) {
  std::unique_lock write_lock(writing, std::defer_lock);
  if (wait) {
    write_lock.lock();
  } else if (!write_lock.try_lock()) {
    return;  // somebody is at it
  }
  std::deque<LogLine> lines;
  {
    const std::lock_guard lock(mutex);
    if (!log.is_open()) return;
    if (log.has_dropped()) {
      note({"log_lines_dropped", options.log.string(),
            "too many lines waited to be written: regions and samples are missing in the log, totals are not"});
    }
    lines = log.take();
  }
  const std::optional<std::string> failure = log.write(lines, synced);
  {
    const std::lock_guard lock(mutex);
    write_at = most_lines_waiting;
    if (!failure) return;
    log.put_back(std::move(lines));
    write_at = std::max(write_at, 2 * log.waiting());
    add_issue(run.segments.back().issues,
              {"log_write_failed", options.log.string(), *failure + "; the lines are kept and tried again"});
  }
  write_lock.unlock();  // who is told may stop the run
  if (!options.on_log) return;
  try {
    options.on_log("warning", options.log.string() + ": " + *failure);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the issue tells; the sampling thread goes on
  }
}

RunSegment State::segment_copy(std::optional<double> g_per_kwh) const {
  RunSegment segment = run.segments.back();
  const MonotonicTime now = clock->monotonic();
  segment.end = now;
  segment.end_utc = anchor_utc + (now - anchor_mono);
  Frame frame{.mono = now, .utc = segment.end_utc, .meters = {}, .g_per_kwh = std::nullopt};
  frame.g_per_kwh = g_per_kwh;
  segment.meters.clear();
  for (LiveMeter m : meters) {  // a copy each: an open suspect is settled in it only
    m.finish();
    frame.meters.push_back(m.point());
    segment.meters.push_back(m.state);
  }
  segment.frames.push_back(std::move(frame));
  return segment;
}

Run State::copy_run() {
  if (!forked) {
    const Step step = price_step();
    const std::lock_guard lock(mutex);
    Run copy = run;
    if (!stopped) copy.segments.back() = segment_copy(step.g_per_kwh);
    return copy;
  }
  Run copy = run;
  if (!stopped) copy.segments.back() = segment_copy(run.segments.back().frames.back().g_per_kwh);
  add_issue(copy.segments.back().issues,
            {"forked", "process", "this is the parent's state at the fork; call start() to measure here"});
  return copy;
}

Footprint State::snapshot() {
  {
    const std::lock_guard lock(mutex);
    if (final_footprint) return *final_footprint;
  }
  if (!forked) sweep(What::all, patience);
  return copy_run().footprint();
}

Footprint State::stop() {
  if (forked) return snapshot();
  const std::lock_guard one_at_a_time(stopping);
  {
    const std::lock_guard lock(mutex);
    if (final_footprint) return *final_footprint;
  }
  waiter.interrupt();
  reader.hurry(patience);
  if (thread) {
    bool ended = false;
    {
      std::unique_lock lock(finished_mutex);
      ended = co2lib::detail::wait_for(finished_changed, lock, 2 * patience, [&] { return finished; });
    }
    if (ended) {
      thread->join();
    } else {
      // A sensor of ours holds the thread. It is left behind; what it reads later is dropped.
      const std::lock_guard lock(mutex);
      const int at = reading.load();
      if (at >= 0) {
        note_blocked(meters[static_cast<std::size_t>(at)]);
      } else {
        note({"blocked", "sampler", "the sampling thread did not end in time and was left behind"});
      }
      thread->detach();
    }
    thread.reset();
  }
  reader.close();
  const Step last_step = price_step();
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, mark_id] : marks) {
      if (auto region = take_open(mark_id)) close_locked(region, edge_now());
    }
    marks.clear();
    for (LiveMeter& m : meters) m.finish();
    settle(true);
    check_clocks();
    flush_locked(last_step);
    run.segments.back().ended = true;
    stopped = true;
    if (log.is_open()) {
      log.add(end_line({run.run_id, log.seq++, run.segments.back().end, run.segments.back().end_utc}, "stop"));
    }
  }
  write_out(options.fsync);
  Footprint footprint = run.footprint();
  const std::scoped_lock lock(writing, mutex);
  log.close();
  final_footprint = std::move(footprint);
  return *final_footprint;
}

// ---------------------------------------------------------------------------------------------------------------------
// State: regions
// ---------------------------------------------------------------------------------------------------------------------

Edge State::edge_now() const {
  Edge edge;
  edge.at = clock->monotonic();
  return edge;
}

std::int64_t State::thread_number() {
  return threads.try_emplace(std::this_thread::get_id(), static_cast<std::int64_t>(threads.size()) + 1).first->second;
}

void State::register_open(const std::shared_ptr<OpenRegion>& region) {
  for (std::size_t i = 0; i < meters.size(); ++i) {
    meters[i].latest_edge = std::max(meters[i].latest_edge, region->begin.on(i));
  }
  if (region->name == nullptr) region->name = &unions[region->record.name];
  NameUnion& name = *region->name;
  if (name.open++ == 0) {
    name.begin = region->begin;
    name.only = name.begin.raise_to(name.end) ? 0 : region->record.id;
  } else {
    name.only = 0;
  }
  const auto parent = open.find(region->record.parent);
  if (parent != open.end() && parent->second->record.thread == region->record.thread) {
    OpenRegion& p = *parent->second;
    if (p.open_children++ == 0) {
      p.children_begin = region->begin;
      p.only_child = region->record.id;
    } else {
      p.only_child = 0;
    }
  }
  open.emplace(region->record.id, region);
}

std::uint64_t State::open_region(std::string_view name, const RegionOptions& region_options, bool on_stack) {
  if (forked) return 0;
  if (options.sync) options.sync();
  auto region = std::make_shared<OpenRegion>();
  region->record.name = name;
  region->record.marker = region_options.marker;
  if (!region_options.marker) sweep(What::counters, edge_patience, &region->begin);
  const std::lock_guard lock(mutex);
  if (stopped) return 0;
  if (region->begin.meters.size() != meters.size() || region_options.marker) region->begin = edge_now();
  region->record.id = next_region++;
  region->record.begin = region->begin.at;
  region->record.thread = region_options.thread.value_or(thread_number());
  std::vector<std::uint64_t>& stack = stacks[std::this_thread::get_id()];
  region->record.parent = region_options.parent.value_or(stack.empty() ? 0 : stack.back());
  if (on_stack && !region_options.parent) {
    region->on_stack = true;
    region->stack_of = std::this_thread::get_id();
    stack.push_back(region->record.id);
  }
  register_open(region);
  return region->record.id;
}

std::shared_ptr<OpenRegion> State::take_open(std::uint64_t id) {
  const auto found = open.find(id);
  if (found == open.end()) return nullptr;
  std::shared_ptr<OpenRegion> region = found->second;
  open.erase(found);
  if (region->on_stack) {
    const auto at = stacks.find(region->stack_of);
    if (at != stacks.end()) {
      std::erase(at->second, id);
      if (at->second.empty() && stacks.size() > 64) stacks.erase(at);  // kept for the next region; threads come and go
    }
  }
  return region;
}

void State::close_locked(const std::shared_ptr<OpenRegion>& region, Edge end) {
  const std::uint64_t id = region->record.id;
  ClosedRegion c{.region = region,
                 .end = std::move(end),
                 .union_edges = std::nullopt,
                 .closes_children_of = nullptr,
                 .children_begin = std::nullopt};
  region->record.end = c.end.at;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    meters[i].latest_edge = std::max(meters[i].latest_edge, c.end.on(i));
  }
  NameUnion& name = *region->name;
  name.end.raise_to(c.end);
  if (--name.open == 0) {
    c.closes_union = true;
    if (name.only != id) c.union_edges.emplace(name.begin, name.end);
  }
  const auto parent = open.find(region->record.parent);
  if (parent != open.end() && parent->second->record.thread == region->record.thread) {
    OpenRegion& p = *parent->second;
    if (--p.open_children == 0) {
      c.closes_children_of = parent->second;
      if (p.only_child != id) c.children_begin = p.children_begin;
    }
  }
  if (region->open_children > 0) {
    // Children that outlive their parent count up to its end.
    ClosedRegion rest{.region = nullptr,
                      .end = c.end,
                      .union_edges = std::nullopt,
                      .closes_children_of = region,
                      .children_begin = region->children_begin};
    closed.push_back(std::move(rest));
  }
  closed.push_back(std::move(c));
}

bool State::close_region(std::uint64_t id) noexcept {
  if (forked || id == 0) return false;
  bool done = false;
  try {
    if (options.sync) options.sync();
    std::unique_lock lock(mutex);
    const auto found = open.find(id);
    if (found == open.end() || stopped) return false;
    Edge end;
    if (found->second->record.marker) {
      end = edge_now();
    } else {
      lock.unlock();
      sweep(What::counters, edge_patience, &end);
      lock.lock();
    }
    auto region = take_open(id);
    if (!region || stopped) return false;
    close_locked(region, std::move(end));
    done = true;
    settle(false);
    if (most_segments() > compact_at) compact();
    // Many markers between two readings, or many lines between two flushes, do not wait for these.
    const bool crowded = closed.size() > read_at;
    const bool full = log.waiting() > write_at;
    lock.unlock();
    if (crowded) {
      sweep(What::all, edge_patience);
      const std::lock_guard again(mutex);
      settle(false);
      read_at = std::max(most_regions_waiting, 2 * closed.size());
    }
    if (full) write_out(false, false);
  } catch (...) {  // NOLINT(bugprone-empty-catch): `done` tells
  }
  return done;
}

bool State::cancel_region(std::uint64_t id) noexcept {
  if (forked) return false;
  try {
    const std::lock_guard lock(mutex);
    auto region = take_open(id);
    if (!region) return false;
    --region->name->open;
    const auto parent = open.find(region->record.parent);
    if (parent != open.end() && parent->second->record.thread == region->record.thread) {
      OpenRegion& p = *parent->second;
      if (--p.open_children == 0 && p.only_child != id) {
        closed.push_back({.region = nullptr,
                          .end = edge_now(),
                          .union_edges = std::nullopt,
                          .closes_children_of = parent->second,
                          .children_begin = p.children_begin});
      }
    }
    return true;
  } catch (...) {
    return false;
  }
}

bool State::restart_region(std::uint64_t id) noexcept {
  if (forked) return false;
  try {
    std::shared_ptr<OpenRegion> old;
    {
      const std::lock_guard lock(mutex);
      const auto found = open.find(id);
      if (found == open.end()) return false;
      old = found->second;
    }
    Edge begin;
    if (!old->record.marker) sweep(What::counters, edge_patience, &begin);
    const bool on_stack = old->on_stack;
    old->on_stack = false;  // keeps its place on the thread's stack
    if (!cancel_region(id)) return false;
    const std::lock_guard lock(mutex);
    auto region = std::make_shared<OpenRegion>();
    region->record = old->record;
    region->on_stack = on_stack;
    region->stack_of = old->stack_of;
    region->begin = region->record.marker ? edge_now() : std::move(begin);
    region->name = old->name;
    region->record.begin = region->begin.at;
    register_open(region);
    return true;
  } catch (...) {
    return false;
  }
}

void State::mark(std::string_view name) {
  if (forked) return;
  std::uint64_t last = 0;
  {
    const std::lock_guard lock(mutex);
    const auto found = marks.find(std::this_thread::get_id());
    if (found != marks.end()) last = found->second;
  }
  if (last != 0) close_region(last);
  const std::uint64_t id = open_region(name, {.marker = true}, false);
  const std::lock_guard lock(mutex);
  marks[std::this_thread::get_id()] = id;
}

void State::evaluate(const Edge& begin, const Edge& end, meter::Part& total, std::vector<double>* per_meter) const {
  total = {};
  bool has_package = false;
  for (const LiveMeter& m : meters)
    has_package = has_package || m.info.domain == meter::Domain::package ||
                  (m.info.domain == meter::Domain::model && m.info.device == meter::Device::cpu);
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const LiveMeter& m = meters[i];
    double own_j = 0;
    if (roles[i].counted || (!has_package && m.info.domain == meter::Domain::psys)) {
      const meter::WindowEnergy w = m.curve.over(begin.on(i), std::max(begin.on(i), end.on(i)));
      // A stretch of no length used nothing.
      total.add(w.duration_s > 0 ? w.energy_j : std::optional(0.0), w.low_j, w.high_j, w.interval_low_j,
                w.interval_high_j);
      own_j = w.energy_j.value_or(0.0);
    }
    if (per_meter != nullptr) per_meter->push_back(own_j);
  }
}

void State::settle(bool everything) {
  while (!closed.empty()) {
    ClosedRegion& c = closed.front();
    if (!everything) {
      for (std::size_t i = 0; i < meters.size(); ++i) {
        if (!meters[i].settled_at(c.end.on(i))) return;
      }
    }
    meter::Part own;
    if (c.region) {
      RegionRecord& r = c.region->record;
      evaluate(c.region->begin, c.end, own, &r.meters_j);
      r.inclusive = own;
    }
    if (c.closes_children_of) {
      meter::Part part = own;
      if (c.children_begin) evaluate(*c.children_begin, c.end, part, nullptr);
      OpenRegion& parent = *c.closes_children_of;
      if (part.energy_j) {
        parent.children_j += *part.energy_j;
      } else {
        parent.children_unknown = true;
      }
    }
    if (c.region) {
      RegionRecord& r = c.region->record;
      if (own.energy_j && !c.region->children_unknown) r.exclusive_j = *own.energy_j - c.region->children_j;
      if (c.closes_union) {
        meter::Part part = own;
        if (c.union_edges) evaluate(c.union_edges->first, c.union_edges->second, part, nullptr);
        r.union_j = part.energy_j;
      } else {
        r.union_j = 0.0;  // counted by the region that closes the union
      }
      run.segments.back().add_region(r);
      if (own.energy_j) forecasts[r.name].push(Energy::from_joules(*own.energy_j));
      if (log.is_open()) {
        const MonotonicTime at = r.end;
        log.add(region_line({run.run_id, log.seq++, at, anchor_utc + (at - anchor_mono)}, r), true);
      }
    }
    closed.pop_front();
  }
}

std::size_t State::most_segments() const {
  std::size_t most = 0;
  for (const LiveMeter& m : meters) most = std::max(most, m.curve.segments().size());
  return most;
}

void State::compact() {
  // Only the times that an open or waiting region still needs keep their segments apart.
  for (std::size_t i = 0; i < meters.size(); ++i) {
    std::vector<MonotonicTime> needed;
    const auto need = [&](const Edge& e) { needed.push_back(e.on(i)); };
    for (const auto& [id, region] : open) {
      need(region->begin);
      if (region->open_children > 0) need(region->children_begin);
    }
    for (const auto& [name, u] : unions) {
      if (u.open > 0) need(u.begin);
      if (u.open > 0 && u.end.at > u.begin.at) need(u.end);
    }
    for (const ClosedRegion& c : closed) {
      need(c.end);
      if (c.region) need(c.region->begin);
      if (c.union_edges) {
        need(c.union_edges->first);
        need(c.union_edges->second);
      }
      if (c.children_begin) need(*c.children_begin);
    }
    std::sort(needed.begin(), needed.end());
    LiveMeter& m = meters[i];
    // The newest segment stays: the next region may begin inside of it (marker mode).
    const auto& segments = m.curve.segments();
    const MonotonicTime newest = segments.empty() ? MonotonicTime{} : segments.back().begin;
    m.curve.forget_before(needed.empty() ? newest : std::min(newest, needed.front()));
    m.curve.merge_between(needed);
  }
  // Regions that wait for a slow meter keep their segments: try again only when there are twice as many.
  compact_at = std::max<std::size_t>(512, 2 * most_segments());
}

RunForecast State::forecast(std::string_view name, long units_total) {
  if (!forked) sweep(What::all, patience);
  const std::lock_guard lock(mutex);
  settle(false);
  const auto found = forecasts.find(name);
  if (found == forecasts.end()) {
    throw Error("meter.bad_input",
                "region '" + std::string(name) + "' has not ended once; forecast after its first end");
  }
  return found->second.total(units_total);
}

}  // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// Region and Tracker
// ---------------------------------------------------------------------------------------------------------------------

Region::Region(std::shared_ptr<detail::State> state, std::uint64_t id) noexcept : state_(std::move(state)), id_(id) {}

Region::Region(Region&& other) noexcept : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}

Region& Region::operator=(Region&& other) noexcept {
  if (this != &other) {
    end();
    state_ = std::move(other.state_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

Region::~Region() { end(); }

void Region::end() noexcept {
  if (state_ && id_ != 0) state_->close_region(std::exchange(id_, 0));
}

void Region::cancel() noexcept {
  if (state_ && id_ != 0) state_->cancel_region(std::exchange(id_, 0));
}

void Region::restart() noexcept {
  if (state_ && id_ != 0) state_->restart_region(id_);
}

Tracker::Tracker(Options options) : options_(std::move(options)) {
  state_ = std::make_shared<detail::State>(options_);
  state_->begin_sampling();
}

Tracker::Tracker(Tracker&&) noexcept = default;

Tracker& Tracker::operator=(Tracker&& other) noexcept {
  if (this != &other) {
    Tracker old(std::move(*this));  // stops
    options_ = std::move(other.options_);
    state_ = std::move(other.state_);
  }
  return *this;
}

Tracker::~Tracker() {
  try {
    if (state_) state_->stop();
  } catch (...) {  // NOLINT(bugprone-empty-catch): a destructor has no one to tell
  }
}

Region Tracker::region(std::string_view name, const RegionOptions& options) {
  return {state_, state_->open_region(name, options, true)};
}

std::uint64_t Tracker::begin(std::string_view name, const RegionOptions& options) {
  return state_->open_region(name, options, true);
}

bool Tracker::end(std::uint64_t id) noexcept { return state_->close_region(id); }
bool Tracker::cancel(std::uint64_t id) noexcept { return state_->cancel_region(id); }
bool Tracker::restart(std::uint64_t id) noexcept { return state_->restart_region(id); }
void Tracker::mark(std::string_view name) { state_->mark(name); }
Footprint Tracker::snapshot() { return state_->snapshot(); }
Run Tracker::run() { return state_->copy_run(); }
Footprint Tracker::stop() { return state_->stop(); }

void Tracker::start() {
  if (running()) {
    throw Error("tracker.running", "the tracker runs already; stop it first", {}, ErrorCategory::runtime);
  }
  Options options = options_;
  if (!options.resume) options.run_id.clear();  // a new run
  auto state = std::make_shared<detail::State>(options);
  state->begin_sampling();
  state_ = std::move(state);
}

bool Tracker::running() const noexcept {
  if (!state_ || state_->forked) return false;
  const std::lock_guard lock(state_->mutex);
  return !state_->stopped;
}

RunForecast Tracker::forecast(std::string_view region_name, long units_total) {
  return state_->forecast(region_name, units_total);
}

std::string Tracker::run_id() const { return state_->run.run_id; }

}  // namespace co2lib::tracker
