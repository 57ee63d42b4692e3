#include "api/query/pattern.h"

#include <array>
#include <bit>
#include <utility>

#include "api/query/pattern_syntax.h"

namespace muster::query {
namespace {

constexpr std::size_t program_most = 4'000;
constexpr std::size_t steps_most = 40'000;  // nested repetitions of nothing make no instructions, but take time

class Compiler {
 public:
  Status emit(const PatternNode& node) {
    if (++steps_ > steps_most || program.size() > program_most) {
      return Error{Code::invalid, "pattern: its repetitions make it too large", {}};
    }
    switch (node.kind) {
      case PatternKind::byte: add({Pattern::Op::byte, node.byte, 0, 0}); return {};
      case PatternKind::any: add({Pattern::Op::any, 0, 0, 0}); return {};
      case PatternKind::begin: add({Pattern::Op::begin, 0, 0, 0}); return {};
      case PatternKind::end: add({Pattern::Op::end, 0, 0, 0}); return {};
      case PatternKind::set: return emit_set(node);
      case PatternKind::sequence:
        for (const auto& child : node.children) TRY_VOID(emit(*child));
        return {};
      case PatternKind::choice: return emit_choice(node);
      case PatternKind::repeat: return emit_repeat(node);
    }
    return {};
  }

  std::uint32_t add(Pattern::Instruction instruction) {
    program.push_back(instruction);
    return static_cast<std::uint32_t>(program.size() - 1);
  }

  std::vector<Pattern::Instruction> program;
  std::vector<Pattern::Set> sets;

 private:
  std::uint32_t next() const { return static_cast<std::uint32_t>(program.size()); }

  Status emit_set(const PatternNode& node) {
    std::uint32_t number = 0;
    while (number < sets.size() && sets[number] != node.set) ++number;
    if (number == sets.size()) sets.push_back(node.set);
    add({Pattern::Op::set, 0, number, 0});
    return {};
  }

  Status emit_choice(const PatternNode& node) {
    std::vector<std::uint32_t> exits;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i + 1 == node.children.size()) {
        TRY_VOID(emit(*node.children[i]));
        break;
      }
      const auto split = add({Pattern::Op::split, 0, 0, 0});
      program[split].first = next();
      TRY_VOID(emit(*node.children[i]));
      exits.push_back(add({Pattern::Op::jump, 0, 0, 0}));
      program[split].second = next();
    }
    for (const auto exit : exits) program[exit].first = next();
    return {};
  }

  Status emit_repeat(const PatternNode& node) {
    const PatternNode& child = *node.children.front();
    for (std::uint32_t i = 0; i < node.least; ++i) TRY_VOID(emit(child));
    if (node.unbounded) {
      const auto split = add({Pattern::Op::split, 0, 0, 0});
      program[split].first = next();
      TRY_VOID(emit(child));
      add({Pattern::Op::jump, 0, split, 0});
      program[split].second = next();
      return {};
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.least; i < node.most; ++i) {
      splits.push_back(add({Pattern::Op::split, 0, 0, 0}));
      program[splits.back()].first = next();
      TRY_VOID(emit(child));
    }
    for (const auto split : splits) program[split].second = next();
    return {};
  }

  std::size_t steps_ = 0;
};

constexpr std::size_t small_program = 64;

// Instructions of a small program, one a bit: nothing is allocated.
class SmallThreads {
 public:
  std::uint64_t waiting = 0;
  bool accepted = false;

  void add(const std::vector<Pattern::Instruction>& program, std::uint32_t start, std::size_t position,
           std::size_t size) {
    std::array<std::uint8_t, 2 * small_program> stack{};  // each instruction is seen once and pushes at most two
    std::size_t top = 0;
    stack[top++] = static_cast<std::uint8_t>(start);
    while (top > 0) {
      const std::uint32_t at = stack[--top];
      const std::uint64_t bit = std::uint64_t{1} << at;
      if ((seen_ & bit) != 0) continue;
      seen_ |= bit;
      const auto& instruction = program[at];
      switch (instruction.op) {
        case Pattern::Op::jump: stack[top++] = static_cast<std::uint8_t>(instruction.first); break;
        case Pattern::Op::split:
          stack[top++] = static_cast<std::uint8_t>(instruction.second);
          stack[top++] = static_cast<std::uint8_t>(instruction.first);
          break;
        case Pattern::Op::begin:
          if (position == 0) stack[top++] = static_cast<std::uint8_t>(at + 1);
          break;
        case Pattern::Op::end:
          if (position == size) stack[top++] = static_cast<std::uint8_t>(at + 1);
          break;
        case Pattern::Op::accept: accepted = true; break;
        case Pattern::Op::byte:
        case Pattern::Op::any:
        case Pattern::Op::set: waiting |= bit; break;
      }
    }
  }

 private:
  std::uint64_t seen_ = 0;
};

// The instructions that wait for a byte, each once.
class Threads {
 public:
  explicit Threads(std::size_t size) : seen_(size, 0) {}
  const std::vector<std::uint32_t>& waiting() const { return waiting_; }
  bool accepted() const { return accepted_; }
  void clear() {
    waiting_.clear();
    accepted_ = false;
    ++round_;
  }
  void add(const std::vector<Pattern::Instruction>& program, std::uint32_t start, std::size_t position,
           std::size_t size) {
    stack_.push_back(start);
    while (!stack_.empty()) {
      const auto at = stack_.back();
      stack_.pop_back();
      if (seen_[at] == round_) continue;
      seen_[at] = round_;
      const auto& instruction = program[at];
      switch (instruction.op) {
        case Pattern::Op::jump: stack_.push_back(instruction.first); break;
        case Pattern::Op::split:
          stack_.push_back(instruction.second);
          stack_.push_back(instruction.first);
          break;
        case Pattern::Op::begin:
          if (position == 0) stack_.push_back(at + 1);
          break;
        case Pattern::Op::end:
          if (position == size) stack_.push_back(at + 1);
          break;
        case Pattern::Op::accept: accepted_ = true; break;
        case Pattern::Op::byte:
        case Pattern::Op::any:
        case Pattern::Op::set: waiting_.push_back(at); break;
      }
    }
  }

 private:
  std::vector<std::uint32_t> seen_, waiting_, stack_;
  std::uint32_t round_ = 0;
  bool accepted_ = false;
};

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
  TRY(auto tree, read_pattern(text));
  Compiler compiler;
  TRY_VOID(compiler.emit(*tree));
  compiler.add({Op::accept, 0, 0, 0});
  Pattern pattern;
  pattern.program_ = std::move(compiler.program);
  pattern.sets_ = std::move(compiler.sets);
  return pattern;
}

bool Pattern::takes(const Instruction& instruction, std::uint8_t byte) const {
  return instruction.op == Op::byte  ? instruction.byte == byte
         : instruction.op == Op::any ? byte != '\n'
                                     : sets_[instruction.first].test(byte);
}

bool Pattern::matches_small(std::string_view value) const {
  SmallThreads now;
  now.add(program_, 0, 0, value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (now.waiting == 0) return false;
    SmallThreads next;
    for (auto left = now.waiting; left != 0; left &= left - 1) {
      const auto at = static_cast<std::uint32_t>(std::countr_zero(left));
      if (takes(program_[at], static_cast<std::uint8_t>(value[i]))) next.add(program_, at + 1, i + 1, value.size());
    }
    now = next;
  }
  return now.accepted;
}

bool Pattern::matches(std::string_view value) const {
  if (program_.empty()) return value.empty();
  if (program_.size() <= small_program) return matches_small(value);
  Threads now(program_.size()), next(program_.size());
  now.clear();
  now.add(program_, 0, 0, value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (now.waiting().empty()) return false;
    const auto byte = static_cast<std::uint8_t>(value[i]);
    next.clear();
    for (const auto at : now.waiting()) {
      if (takes(program_[at], byte)) next.add(program_, at + 1, i + 1, value.size());
    }
    std::swap(now, next);
  }
  return now.accepted();
}

}  // namespace muster::query
