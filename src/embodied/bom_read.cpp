// SPDX-License-Identifier: MIT
// Bills of materials in: `carbon-bom/1`, JSON or YAML, with imports (docs/embodied.md, "The file").
//
// 1. Every key is known or refused; every message names file, line and path.
// 2. A file that several imports name is read once; ids get the prefixes of the imports, quantities multiply.
// 3. Imports form no cycle, are at most 16 deep and 10 000 in all, make at most 100 000 parts and stay in the folder of
// the first file.
// 4. What rows a part needs is looked up by `footprint`, which knows all tables; here only the form is checked.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include <co2lib/embodied/bom.hpp>

#include "detail/files.hpp"
#include "embodied/field_in.hpp"
#include "embodied/part_class.hpp"
#include "embodied/quantity_in.hpp"

namespace co2lib::embodied {

namespace {

using co2lib::detail::DocumentValue;
using Kind = DocumentValue::Kind;

constexpr std::size_t most_levels = 16;
constexpr std::size_t most_parts = 100'000;
constexpr std::size_t most_imports = 10'000;
constexpr double most_pieces = 1e15;
constexpr std::array top_keys{"schema",  "name",  "ci_table",   "lifetime_years", "factors",
                              "imports", "parts", "truncation", "profile_gsd"};

template <class List>
bool contains(const List& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

/// Files by their name relative to the folder of the first one: given in memory, or read.
class Files {
 public:
  /// `seen`, unless it is null, takes every text that is read.
  Files(const ParseOptions& options, BomFiles* seen) : options_(options), seen_(seen) {}

  /// The path of a file named in another one, in short form; `embodied.bad_bom` if it leaves the folder.
  std::filesystem::path resolve(const std::filesystem::path& from, const Spot& spot) const {
    const std::filesystem::path named(text_in(spot));
    if (named.empty()) spot.bad("the name of a file is empty");
    const std::filesystem::path path =
        named.is_absolute() ? named.lexically_normal() : (from.parent_path() / named).lexically_normal();
    if (options_.allow_outside) return path;
    bool outside = path.is_absolute() || path.begin()->string() == "..";
    if (!outside && options_.files.empty() && !options_.folder.empty()) {  // links that lead out
      std::error_code error;
      const auto root = std::filesystem::weakly_canonical(options_.folder, error);
      const auto real = std::filesystem::weakly_canonical(options_.folder / path, error);
      const auto relative = real.lexically_relative(root);
      outside = error || relative.empty() || relative.begin()->string() == "..";
    }
    if (outside) {
      spot.bad(fmt::format("'{}' is outside of the folder of the first file; move it there, or allow it in the call",
                           named.string()));
    }
    return path;
  }

  std::string read(const std::filesystem::path& path, const Spot& spot) const {
    if (!options_.files.empty()) {
      const auto found = options_.files.find(path.generic_string());
      if (found == options_.files.end()) spot.bad(fmt::format("there is no file '{}'", path.generic_string()));
      return found->second;
    }
    const auto text = co2lib::detail::read_file(options_.folder / path, bom_rules.bytes);
    if (!text) spot.bad(fmt::format("'{}': {}", path.string(), text.issue().text));
    if (seen_ != nullptr) seen_->files[path.generic_string()] = *text;
    return *text;
  }

 private:
  const ParseOptions& options_;
  BomFiles* seen_;
};

class Reader {
 public:
  explicit Reader(const ParseOptions& options, BomFiles* seen = nullptr) : files_(options, seen) {}

  Bom read(std::string_view text, const std::string& name) {
    const DocumentValue top = bom_document(text, name);
    const std::filesystem::path path = std::filesystem::path(name).filename();
    chain_.push_back(path.generic_string());
    file(top, name, path, {.prefix = "", .ci_table = "", .quantity = 1}, &bom_);
    return std::move(bom_);
  }

 private:
  struct Context {
    std::string prefix;
    std::string ci_table;
    double quantity = 1;
  };

  /// Reads one file; `first` is the bill of materials for the first one, whose totals count.
  void file(const DocumentValue& top, const std::string& name, const std::filesystem::path& path, Context context,
            Bom* first) {
    const Spot root{top, name, ""};
    if (top.kind != Kind::map) root.bad(fmt::format("expected a map with schema and parts, found {}", top.what()));
    for (const auto& [key, value] : top.entries) {
      if (!contains(top_keys, key.text)) {
        root.at(value, key.text).bad(fmt::format("the key is not known; known: {}", fmt::join(top_keys, ", ")));
      }
    }
    const DocumentValue* schema = top.find("schema");
    if (schema == nullptr || schema->kind != Kind::scalar || schema->text != "carbon-bom/1") {
      root.at(schema == nullptr ? top : *schema, "schema").bad("the schema must be carbon-bom/1");
    }
    if (const DocumentValue* value = top.find("ci_table")) context.ci_table = text_in(root.at(*value, "ci_table"));
    check_totals(root, first);
    if (const DocumentValue* value = top.find("factors")) tables(root.at(*value, "factors"), path);
    if (const DocumentValue* value = top.find("imports")) imports(root.at(*value, "imports"), path, context);
    if (const DocumentValue* value = top.find("parts")) {
      if (value->kind != Kind::list) {
        root.at(*value, "parts").bad(fmt::format("expected a list, found {}", value->what()));
      }
      for (std::size_t i = 0; i < value->items.size(); ++i) {
        part({value->items[i], name, fmt::format("parts[{}]", i)}, context);
      }
    }
    if (first != nullptr) first->ci_table = context.ci_table;
  }

  /// name, lifetime, truncation and profile: those of an imported file are checked and do not count.
  static void check_totals(const Spot& root, Bom* first) {
    const DocumentValue& top = root.value;
    Bom unused;
    Bom& bom = first == nullptr ? unused : *first;
    if (const DocumentValue* value = top.find("name")) bom.name = text_in(root.at(*value, "name"));
    if (const DocumentValue* value = top.find("lifetime_years")) {
      const Spot spot = root.at(*value, "lifetime_years");
      if (is_name(*value)) {
        bom.lifetime_years = RowId{value->text};
      } else {
        const Factor factor = factor_in(spot, "year", "lifetime");
        if (!(factor.lower() > 0)) out_of_range(spot.place() + ": a lifetime must be above 0");
        bom.lifetime_years = factor;
      }
    }
    if (const DocumentValue* value = top.find("truncation")) {
      const Spot spot = root.at(*value, "truncation");
      bom.truncation = factor_in(spot, "1", "truncation");
      if (!(bom.truncation->lower() > 0)) out_of_range(spot.place() + ": the truncation must be above 0");
    }
    if (const DocumentValue* value = top.find("profile_gsd")) {
      const Spot spot = root.at(*value, "profile_gsd");
      bom.profile_gsd = number_in(spot, "1");
      if (!(*bom.profile_gsd > 1)) {
        throw Error("embodied.bad_factor", spot.place() + ": a geometric standard deviation is above 1");
      }
    }
  }

  void tables(const Spot& spot, const std::filesystem::path& path) {
    if (spot.value.kind != Kind::list) spot.bad(fmt::format("expected a list of files, found {}", spot.value.what()));
    for (std::size_t i = 0; i < spot.value.items.size(); ++i) {
      const Spot item{spot.value.items[i], spot.file, fmt::format("{}[{}]", spot.path, i)};
      const std::filesystem::path file = files_.resolve(path, item);
      if (!tables_.insert(file.generic_string()).second) continue;
      bom_.tables.push_back(
          std::make_shared<const FactorTable>(parse_factors(files_.read(file, item), file.generic_string())));
    }
  }

  void imports(const Spot& spot, const std::filesystem::path& path, const Context& context) {
    if (spot.value.kind != Kind::map) {
      spot.bad(fmt::format("expected a map of prefixes to files, found {}", spot.value.what()));
    }
    for (const auto& [key, value] : spot.value.entries) {
      const Spot here = spot.at(value, key.text);
      if (key.text.empty()) here.bad("the prefix is empty");
      std::int64_t quantity = 1;
      const DocumentValue* named = &value;
      if (value.kind == Kind::map) {
        for (const auto& [inner, ignored] : value.entries) {
          if (inner.text != "file" && inner.text != "qty") {
            here.at(ignored, inner.text).bad("the key is not known; known: file, qty");
          }
        }
        named = value.find("file");
        if (named == nullptr) here.bad("the file is missing; write {file: parts/radio.yaml, qty: 2}");
        if (const DocumentValue* count = value.find("qty")) quantity = integer_in(here.at(*count, "qty"), 0);
      }
      import(here, *named, path,
             {context.prefix + key.text + ".", context.ci_table, pieces(here, context.quantity, quantity)});
    }
  }

  void import(const Spot& spot, const DocumentValue& named, const std::filesystem::path& from, const Context& context) {
    const Spot file_spot{named, spot.file, spot.path};
    const std::filesystem::path path = files_.resolve(from, file_spot);
    const std::string name = path.generic_string();
    if (contains(chain_, name)) {
      throw Error("embodied.import_cycle",
                  fmt::format("{}: the imports go in a circle: {} -> {}; leave one of them out", file_spot.place(),
                              fmt::join(chain_, " -> "), name));
    }
    if (chain_.size() > most_levels) {
      spot.bad(fmt::format("imports are more than {} levels deep: {}", most_levels, fmt::join(chain_, " -> ")));
    }
    auto known = documents_.find(name);
    if (known == documents_.end()) {
      known = documents_.emplace(name, bom_document(files_.read(path, file_spot), name)).first;
    }
    if (++imported_ > most_imports) spot.bad("more than 10 000 imports in all");
    chain_.push_back(name);
    file(known->second, name, path, context, nullptr);
    chain_.pop_back();
  }

  static double pieces(const Spot& spot, double outer, std::int64_t quantity) {
    const double all = outer * static_cast<double>(quantity);
    if (all > most_pieces) out_of_range(spot.place() + ": more than 10^15 pieces in all");
    return all;
  }

  void part(const Spot& spot, const Context& context) {
    if (spot.value.kind != Kind::map) spot.bad(fmt::format("expected a map, found {}", spot.value.what()));
    const auto text_of = [&](const char* key, bool required) {
      const DocumentValue* value = spot.value.find(key);
      if (value == nullptr && required) spot.bad(fmt::format("the field {} is missing", key));
      return value == nullptr ? std::string() : text_in(spot.at(*value, key));
    };
    Part part;
    const std::string id = text_of("id", true);
    if (id.empty()) spot.bad("the id is empty");
    part.id = context.prefix + id;
    part.part_class = text_of("class", true);
    part.place = fmt::format("{} ({})", spot.place(), part.id);
    part.source = text_of("source", false);
    part.note = text_of("note", false);
    part.ci_table = context.ci_table;
    part.quantity = context.quantity;
    if (const DocumentValue* value = spot.value.find("qty")) {
      part.quantity = pieces(spot, context.quantity, integer_in(spot.at(*value, "qty"), 0));
    }
    if (const DocumentValue* value = spot.value.find("scope")) {
      const Spot here = spot.at(*value, "scope");
      part.scope = parse<Scope>(text_in(here), here.place(), "embodied.bad_bom");
    }
    const ClassRule* rule = class_rule(part.part_class);
    if (rule == nullptr) {
      spot.bad(fmt::format("'{}' is not a class; known: {}", part.part_class, known_classes()));
    }
    for (const auto& [key, value] : spot.value.entries) {
      if (!contains(part_keys, key.text)) read_field(part, *rule, spot.at(value, key.text), key.text);
    }
    for (const FieldRule& needed : rule->fields) {
      if (needed.required && !part.fields.contains(needed.name)) {
        spot.bad(fmt::format("the field {} is missing ({} of class {})", needed.name, part.id, rule->name));
      }
    }
    if (rule->needs_source && part.source.empty()) {
      throw Error("embodied.missing_source",
                  fmt::format("{}: the class {} needs a source; say where the number is from", part.place, rule->name));
    }
    if (!ids_.insert(part.id).second) spot.bad(fmt::format("the id {} stands twice; ids are unique", part.id));
    if (bom_.parts.size() >= most_parts) spot.bad("more than 100 000 parts");
    bom_.parts.push_back(std::move(part));
  }

  Files files_;
  Bom bom_;
  std::vector<std::string> chain_;
  std::map<std::string, DocumentValue> documents_;
  std::set<std::string> tables_;
  std::set<std::string> ids_;
  std::size_t imported_ = 0;
};

}  // namespace

Bom parse_bom(std::string_view text, const ParseOptions& options) {
  return Reader(options).read(text, options.name.empty() ? "bom" : options.name);
}

namespace {

ParseOptions options_for(const std::filesystem::path& file, bool allow_outside) {
  ParseOptions options;
  options.name = file.string();
  options.folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  options.allow_outside = allow_outside;
  return options;
}

}  // namespace

Bom load(const std::filesystem::path& file, bool allow_outside) {
  const std::string text = co2lib::detail::read_file_or_throw(file, "embodied.bad_bom");
  return parse_bom(text, options_for(file, allow_outside));
}

BomFiles read_bom(const std::filesystem::path& file, bool allow_outside) {
  const std::string text = co2lib::detail::read_file_or_throw(file, "embodied.bad_bom");
  const ParseOptions options = options_for(file, allow_outside);
  BomFiles texts{.name = file.filename().generic_string(), .files = {}};
  (void)Reader(options, &texts).read(text, options.name);
  texts.files[texts.name] = text;
  return texts;
}

Bom parse_bom(const BomFiles& texts) {
  const auto first = texts.files.find(texts.name);
  if (first == texts.files.end()) {
    throw Error("embodied.bad_bom", fmt::format("'{}' is not among the files given with it", texts.name));
  }
  return parse_bom(first->second, {.name = texts.name, .files = texts.files, .folder = {}, .allow_outside = true});
}

}  // namespace co2lib::embodied
