// SPDX-License-Identifier: MIT
// A footprint as a list of operations on variables, evaluated for many draws, corners or swings at once.
//
// 1. Every operation is monotone in each operand, with a direction that is known: so the total's direction in every
//    variable follows from one pass backwards (`directions`), and its bounds are two evaluations at corners.
// 2. A block of lanes is evaluated at once, lane by lane with the same operations: one lane for a value, one per
// corner,
//    one per draw. No result depends on the size of a block.
// 3. Draws depend on seed, draw and name alone (room `random`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <co2lib/embodied/factor.hpp>
#include <co2lib/embodied/logic.hpp>

namespace co2lib::embodied {

/// A place in the list of operations.
enum class Node : std::uint32_t {};

/// A random variable: a factor, its `id` the name; the hash of the name that its draws have.
struct Variable {
  Factor factor;
  std::uint64_t hash = 0;
  std::string place{};  ///< where it was met first, for messages
};

/// Equal names are one variable and must say the same of it.
[[nodiscard]] inline bool same_variable(const Factor& a, const Factor& b) {
  return a.value == b.value && a.low == b.low && a.high == b.high && a.dist == b.dist && a.gsd == b.gsd;
}

/// In which directions a variable moves the total.
struct Direction {
  bool up = false;
  bool down = false;
};

class Model {
 public:
  /// Numbers known to the model, not negative. All operands of all operations are not negative.
  Node constant(double value);

  /// A factor: a constant if it does not vary, else the variable of its name. Factors of one name must agree, else
  /// `embodied.bad_factor` naming both places.
  Node factor(const Factor& factor, const std::string& place);

  Node add(Node a, Node b);
  Node multiply(Node a, Node b);
  Node divide(Node a, Node b);
  Node scale(Node a, double k) { return multiply(a, constant(k)); }
  Node sum(std::vector<Node> terms);

  /// a^(1 - weight) b^weight.
  Node between(Node a, Node b, double weight);

  /// The gas of an abatement between 95 and 99 %; falls in the abatement if gpa99 < gpa95, which `bounds` checks.
  Node gas(Node gpa95, Node gpa99, Node abatement);

  Node die_yield(YieldModel model, Node area, Node d0, Node alpha);

  [[nodiscard]] const std::vector<Variable>& variables() const noexcept { return variables_; }
  [[nodiscard]] std::size_t size() const noexcept { return operations_.size(); }

  /// Draws a variable by another name than its own.
  void draw_as(std::size_t variable, std::uint64_t hash) { variables_[variable].hash = hash; }

  /// The direction of `root` in each variable.
  [[nodiscard]] std::vector<Direction> directions(Node root) const;

  /// Values of all nodes, `lanes` each, in `values` (node-major). Row i of `inputs` holds variable i in every lane.
  void evaluate(std::span<const double> inputs, std::size_t lanes, std::vector<double>& values) const;

  /// The node's lanes in what `evaluate` filled.
  [[nodiscard]] static std::span<const double> lanes_of(Node node, const std::vector<double>& values,
                                                        std::size_t lanes) {
    return {values.data() + static_cast<std::size_t>(node) * lanes, lanes};
  }

  /// `embodied.not_monotone` where in some lane the gas rises with the abatement.
  void check_gas(const std::vector<double>& values, std::size_t lanes) const;

 private:
  enum class Kind : std::uint8_t { constant, variable, add, multiply, divide, sum, between, gas, yield };
  struct Operation {
    Kind kind{};
    YieldModel model{};
    Node a{};
    Node b{};
    Node c{};
    double number = 0;        ///< constant, weight
    std::uint32_t first = 0;  ///< of a sum's terms; of a variable its place
    std::uint32_t count = 0;
  };

  Node push(Operation operation);
  void run(const Operation& operation, double* out, const double* values, std::span<const double> inputs,
           std::size_t lanes) const;

  std::vector<Operation> operations_;
  std::vector<Node> terms_;
  std::vector<Variable> variables_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<std::string, std::pair<Factor, std::string>, std::less<>> seen_;  ///< of names whose factor is a constant
};

/// What a processor has; the bits are the same with all of them.
enum class Instructions : std::uint8_t { plain, avx2, avx512 };

/// The best that this processor has.
[[nodiscard]] Instructions instructions() noexcept;

/// Draws first .. first + count - 1 of a variable, the same bits as `Factor::at(random::draw(seed, d, name))`.
void draw_block(const Variable& variable, std::uint64_t seed, std::uint64_t first, std::span<double> out,
                Instructions with = instructions());

/// The same draws before the quantile: uniform in (0, 1).
void uniform_block(std::uint64_t hash, std::uint64_t seed, std::uint64_t first, std::span<double> out,
                   Instructions with = instructions());

}  // namespace co2lib::embodied
