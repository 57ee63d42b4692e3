#include "api/state/selector.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "api/base/text.h"
#include "api/types/names.h"
#include "api/types/patterns.h"

namespace muster {

namespace {

using Operator = Requirement::Operator;

constexpr std::size_t most_bytes = 16U << 10U;
constexpr std::size_t most_requirements = 256;
constexpr std::size_t most_values = 1'024;

Error malformed(std::string message) {
  return {Code::malformed, std::move(message), {}};
}

Status check_key(std::string_view key) {
  if (is_qualified_name(key)) return {};
  return malformed(str("\"", key, "\" is not a label key: it must be ", patterns::qualified_name.rule));
}

Status check_value(std::string_view value) {
  if (is_label_value(value)) return {};
  return malformed(str("\"", value, "\" is not a label value: it must be ", patterns::label_value.rule));
}

// Kubernetes' grammar of label selectors, read from left to right.
class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : text_(text) {}

  Result<LabelSelector> parse() {
    LabelSelector selector;
    if (peek().empty()) return selector;
    while (true) {
      if (selector.requirements.size() == most_requirements) {
        return malformed(str("more than ", most_requirements, " requirements"));
      }
      TRY(Requirement requirement, parse_requirement());
      selector.requirements.push_back(std::move(requirement));
      const std::string_view next = take();
      if (next.empty()) break;
      if (next != ",") return found(next, "',' or the end");
    }
    return selector;
  }

 private:
  Result<Requirement> parse_requirement() {
    Requirement requirement;
    const bool negated = peek() == "!";
    if (negated) take();
    const std::string_view key = take();
    if (key.empty() || symbol(key)) return found(key, "a label key");
    TRY_VOID(check_key(key));
    requirement.key = key;
    const std::string_view next = peek();
    if (negated || next.empty() || next == ",") {
      requirement.op = negated ? Operator::not_exists : Operator::exists;
      return requirement;
    }
    take();
    if (next == "in" || next == "notin") {
      requirement.op = next == "in" ? Operator::in : Operator::not_in;
      TRY_VOID(parse_set(requirement.values));
      return requirement;
    }
    return parse_comparison(next, std::move(requirement));
  }

  Result<Requirement> parse_comparison(std::string_view op, Requirement requirement) {
    if (op == "=" || op == "==") {
      requirement.op = Operator::equals;
    } else if (op == "!=") {
      requirement.op = Operator::not_equals;
    } else if (op == ">") {
      requirement.op = Operator::greater;
    } else if (op == "<") {
      requirement.op = Operator::less;
    } else {
      return found(op, "one of =, ==, !=, in, notin, <, >");
    }
    std::string_view value;
    if (const std::string_view next = peek(); !next.empty() && next != ",") {
      if (symbol(next)) return found(next, "a value");
      value = take();
    }
    TRY_VOID(check_value(value));
    if ((requirement.op == Operator::greater || requirement.op == Operator::less) && !parse_int(value)) {
      return malformed(str("\"", value, "\" after ", op, " is not an integer"));
    }
    requirement.values.emplace_back(value);
    return requirement;
  }

  // "(a,b)"; an empty place is the empty value.
  Status parse_set(std::vector<std::string>& values) {
    if (const std::string_view open = take(); open != "(") return found(open, "'('");
    while (true) {
      std::string_view value;
      if (const std::string_view next = peek(); next != "," && next != ")") {
        if (next.empty() || symbol(next)) return found(next, "a value, ',' or ')'");
        value = take();
      }
      TRY_VOID(check_value(value));
      if (values.size() == most_values) return malformed(str("more than ", most_values, " values in one set"));
      values.emplace_back(value);
      const std::string_view next = take();
      if (next == ")") return {};
      if (next != ",") return found(next, "',' or ')'");
    }
  }

  Error found(std::string_view what, std::string_view expected) const {
    return malformed(str("found ", what.empty() ? std::string("the end") : str("'", what, "'"), ", expected ", expected,
                         " at byte ",
                         what.empty() ? text_.size() : static_cast<std::size_t>(what.data() - text_.data())));
  }

  static bool symbol(std::string_view token) { return std::string_view("!=<>(),").find(token.front()) != token.npos; }
  static bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  std::string_view peek() const {
    std::size_t begin = at_;
    while (begin < text_.size() && space(text_[begin])) ++begin;
    if (begin == text_.size()) return {};
    const std::string_view rest = text_.substr(begin);
    if (rest.starts_with("==") || rest.starts_with("!=")) return rest.substr(0, 2);
    if (symbol(rest)) return rest.substr(0, 1);
    std::size_t size = 0;
    while (size < rest.size() && !space(rest[size]) && !symbol(rest.substr(size))) ++size;
    return rest.substr(0, size);
  }
  // Empty at the end.
  std::string_view take() {
    const std::string_view token = peek();
    at_ = token.empty() ? text_.size() : static_cast<std::size_t>(token.data() - text_.data()) + token.size();
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool holds(const Requirement& requirement, const std::string* value) {
  const auto listed = [&] {
    return std::find(requirement.values.begin(), requirement.values.end(), *value) != requirement.values.end();
  };
  switch (requirement.op) {
    case Operator::equals:
    case Operator::in: return value != nullptr && listed();
    case Operator::not_equals:
    case Operator::not_in: return value == nullptr || !listed();
    case Operator::exists: return value != nullptr;
    case Operator::not_exists: return value == nullptr;
    case Operator::greater:
    case Operator::less: {
      if (value == nullptr || requirement.values.empty()) return false;
      const std::optional<std::int64_t> number = parse_int(*value);
      const std::optional<std::int64_t> limit = parse_int(requirement.values.front());
      if (!number || !limit) return false;
      return requirement.op == Operator::greater ? *number > *limit : *number < *limit;
    }
  }
  return false;
}

struct Term {
  std::string field, value;
  Operator op = Operator::equals;
};

// One term with its escapes resolved.
Result<Term> parse_term(std::string_view text) {
  const std::size_t sign = text.find_first_of("=!");
  if (sign == std::string_view::npos || (text[sign] == '!' && text.substr(sign, 2) != "!=")) {
    return malformed(str("invalid selector: '", text, "'; expected FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE"));
  }
  Term term;
  term.op = text[sign] == '!' ? Operator::not_equals : Operator::equals;
  term.field = trim(text.substr(0, sign));
  std::string_view rest = text.substr(sign + 1);
  if (rest.starts_with('=')) rest.remove_prefix(1);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
      if (i == rest.size() || std::string_view("\\,=").find(rest[i]) == std::string_view::npos) {
        return malformed(str("invalid field selector: '", rest, R"(': \ stands only before \ , or =)"));
      }
    } else if (rest[i] == '=') {
      return malformed(str("invalid field selector: '", rest, R"(': write = in a value as \=)"));
    }
    term.value += rest[i];
  }
  return term;
}

// Splits at commas that are not escaped.
std::vector<std::string_view> terms_of(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  terms.push_back(text.substr(std::min(begin, text.size())));
  return terms;
}

}  // namespace

bool LabelSelector::matches(const Labels& labels) const {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& requirement) {
    const auto found = labels.find(requirement.key);
    return holds(requirement, found == labels.end() ? nullptr : &found->second);
  });
}

Result<LabelSelector> parse_label_selector(std::string_view text) {
  if (text.size() > most_bytes) return malformed(str("label selector: longer than ", most_bytes, " bytes"));
  // The messages below quote what they are about.
  if (!valid_utf8(text)) return malformed("label selector: not UTF-8");
  Result<LabelSelector> selector = LabelParser(text).parse();
  if (!selector) return std::move(selector).error().under("unable to parse label selector");
  return selector;
}

bool FieldSelector::matches(const Object& object) const {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& requirement) {
    const std::optional<std::string> value = field_value(object, requirement.key);
    return holds(requirement, value ? &*value : nullptr);
  });
}

std::string_view FieldSelector::value_of(std::string_view field) const {
  for (const Requirement& requirement : requirements) {
    if (requirement.key == field && requirement.op == Operator::equals) return requirement.values.front();
  }
  return {};
}

Result<FieldSelector> parse_field_selector(std::string_view text, const Kind& kind) {
  if (text.size() > most_bytes) return malformed(str("field selector: longer than ", most_bytes, " bytes"));
  if (!valid_utf8(text)) return malformed("field selector: not UTF-8");
  const std::vector<SelectableField> known = selectable_fields(kind);
  FieldSelector selector;
  for (const std::string_view part : terms_of(text)) {
    if (trim(part).empty()) continue;
    if (selector.requirements.size() == most_requirements) {
      return malformed(str("field selector: more than ", most_requirements, " requirements"));
    }
    TRY(Term term, parse_term(part));
    const bool selectable =
        std::any_of(known.begin(), known.end(), [&](const SelectableField& field) { return field.name == term.field; });
    if (!selectable) {
      std::string names;
      for (const SelectableField& field : known) names += str(names.empty() ? "" : ", ", field.name);
      return malformed(
          str("field label not supported: ", term.field, " (", kind.plural, " can be selected by ", names, ")"));
    }
    Requirement requirement;
    requirement.key = std::move(term.field);
    requirement.op = term.op;
    requirement.values.push_back(std::move(term.value));
    selector.requirements.push_back(std::move(requirement));
  }
  return selector;
}

}  // namespace muster
