#include "runtime/store/commit_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::store {
namespace {

constexpr std::size_t longest_word = 512;  // of a journal's entry and of the writer
constexpr std::size_t most_journal_rows = 2'000;

std::string quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Error bad(std::size_t line, std::string_view what) {
  return Error{Code::malformed, str("line ", line, ": ", what), {}};
}

// Calls for each line, counted from 1; the last one may lack its newline.
template <class Each>
Status each_line(std::string_view text, Each each) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    TRY_VOID(each(++number, text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

Result<Node> map_of(std::size_t number, std::string_view line) {
  auto node = parse_json(line);
  if (!node.ok()) return std::move(node).error().under(str("line ", number));
  if (!node->is_map()) return bad(number, "not a JSON object");
  return node;
}

struct VerbName {
  Verb verb;
  std::string_view name;
};
constexpr std::array verbs{VerbName{Verb::create, "create"}, VerbName{Verb::update, "update"},
                           VerbName{Verb::update_status, "updateStatus"}, VerbName{Verb::remove, "delete"}};

std::string_view name_of(Verb verb) {
  return std::find_if(verbs.begin(), verbs.end(), [&](const VerbName& each) { return each.verb == verb; })->name;
}

struct PropagationName {
  Propagation propagation;
  std::string_view name;
};
constexpr std::array propagations{PropagationName{Propagation::background, "Background"},
                                  PropagationName{Propagation::foreground, "Foreground"},
                                  PropagationName{Propagation::orphan, "Orphan"}};

void append_write(std::string& out, const Write& write) {
  out += str("{\"verb\":\"", name_of(write.verb), "\"");
  if (write.verb == Verb::remove) {
    const auto propagation = std::find_if(propagations.begin(), propagations.end(), [&](const PropagationName& each) {
      return each.propagation == write.propagation;
    });
    out += str(",\"apiVersion\":\"", write.key.kind->api_version(), "\",\"kind\":\"", write.key.kind->kind,
               "\",\"namespace\":", quote(write.key.ns), ",\"name\":", quote(write.key.name),
               ",\"preconditions\":{\"uid\":", quote(write.expected_uid), ",\"resourceVersion\":\"",
               write.expected_revision, "\"},\"propagationPolicy\":\"", propagation->name, "\"}\n");
    return;
  }
  out += ",\"object\":";
  encode_object(*write.object, out);
  out += "}\n";
}

Result<ObjectPtr> object_at(std::size_t number, const Node& line) {
  const Node* object = line.find("object");
  if (object == nullptr) return bad(number, "there is no object");
  auto decoded = decode_object(*object, nullptr, DecodeOptions{}, nullptr);
  if (!decoded.ok()) return std::move(decoded).error().under(str("line ", number));
  return ObjectPtr(std::move(decoded).value());
}

Result<Write> read_removal(std::size_t number, const Node& line) {
  Write write;
  write.verb = Verb::remove;
  const Kind* kind = find_kind(line.text_of("apiVersion"), line.text_of("kind"));
  if (kind == nullptr) return bad(number, "apiVersion and kind name no kind");
  write.key = Key{kind, std::string(line.text_of("namespace")), std::string(line.text_of("name"))};
  if (const Node* conditions = line.find("preconditions")) {
    write.expected_uid = conditions->text_of("uid");
    if (const std::string_view text = conditions->text_of("resourceVersion"); !text.empty()) {
      const auto revision = parse_int(text);
      if (!revision || *revision < 0) return bad(number, "preconditions.resourceVersion is not a number");
      write.expected_revision = *revision;
    }
  }
  if (const std::string_view name = line.text_of("propagationPolicy"); !name.empty()) {
    const auto found = std::find_if(propagations.begin(), propagations.end(),
                                    [&](const PropagationName& each) { return each.name == name; });
    if (found == propagations.end()) return bad(number, "propagationPolicy is unknown");
    write.propagation = found->propagation;
  }
  return write;
}

Result<Write> read_write(std::size_t number, const Node& line) {
  const std::string_view name = line.text_of("verb");
  const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const VerbName& each) { return each.name == name; });
  if (found == verbs.end()) return bad(number, "verb must be create, update, updateStatus or delete");
  if (found->verb == Verb::remove) return read_removal(number, line);
  Write write;
  write.verb = found->verb;
  TRY(write.object, object_at(number, line));
  return write;
}

// Times are nanoseconds: a decision is replayed with exactly the time it was made with.
std::string journal_json(const JournalRow& row) {
  return str("{\"revision\":", row.revision,
             ",\"time\":", std::chrono::duration_cast<std::chrono::nanoseconds>(row.time.time_since_epoch()).count(),
             ",\"controller\":", quote(row.controller), ",\"key\":", quote(row.key), ",\"build\":", quote(row.build),
             ",\"seed\":\"", hex(row.seed, 16), "\",\"plan\":\"", hex(row.plan_hash, 16), "\"}");
}

Result<std::uint64_t> hex_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return bad(1, "seed and plan must be hex digits");
  return value;
}

Result<JournalRow> read_journal(const Node& node) {
  JournalRow row;
  const Node* revision = node.find("revision");
  if (revision == nullptr || revision->kind != Node::Kind::integer) return bad(1, "journal: there is no revision");
  row.revision = revision->integer;
  const Node* time = node.find("time");
  if (time == nullptr || time->kind != Node::Kind::integer) return bad(1, "journal: there is no time");
  row.time = Time{std::chrono::nanoseconds(time->integer)};
  row.controller = node.text_of("controller");
  row.key = node.text_of("key");
  row.build = node.text_of("build");
  if (row.controller.size() > longest_word || row.key.size() > 2 * longest_word || row.build.size() > longest_word)
    return bad(1, "journal: a text is too long");
  TRY(row.seed, hex_number(node.text_of("seed")));
  TRY(row.plan_hash, hex_number(node.text_of("plan")));
  return row;
}

struct TypeName {
  FeedType type;
  std::string_view begin;  // of the line
};
constexpr std::array types{TypeName{FeedType::added, R"({"type":"ADDED","object":)"},
                           TypeName{FeedType::modified, R"({"type":"MODIFIED","object":)"},
                           TypeName{FeedType::deleted, R"({"type":"DELETED","object":)"},
                           TypeName{FeedType::bookmark, R"({"type":"BOOKMARK","object":)"},
                           TypeName{FeedType::error, R"({"type":"ERROR","object":)"}};

}  // namespace

std::string write_batch(const Batch& batch) {
  std::string out = str("{\"writer\":", quote(batch.writer), ",\"journal\":[");
  for (const JournalRow& row : batch.journal) {
    if (out.back() != '[') out += ',';
    out += journal_json(row);
  }
  out += "]}\n";
  for (const Write& write : batch.writes) append_write(out, write);
  return out;
}

Result<Batch> read_batch(std::string_view text) {
  Batch batch;
  TRY_VOID(each_line(text, [&](std::size_t number, std::string_view line) -> Status {
    TRY(const Node node, map_of(number, line));
    if (number == 1) {
      batch.writer = node.text_of("writer");
      if (batch.writer.empty() || batch.writer.size() > longest_word) return bad(1, "writer must name who writes");
      const Node* journal = node.find("journal");
      if (journal == nullptr) return {};
      if (journal->items.size() > most_journal_rows)
        return Error{Code::too_large, str("more than ", most_journal_rows, " entries of the journal"), {}};
      for (const Node& item : journal->items) {
        TRY(JournalRow row, read_journal(item));
        batch.journal.push_back(std::move(row));
      }
      return {};
    }
    if (batch.writes.size() == limits::batch_objects)
      return Error{Code::too_large, str("a batch holds at most ", limits::batch_objects, " writes"), {}};
    TRY(Write write, read_write(number, node));
    batch.writes.push_back(std::move(write));
    return {};
  }));
  if (batch.writer.empty()) return bad(1, "writer must name who writes");
  return batch;
}

std::string write_committed(const Committed& committed) {
  std::string out = str("{\"resourceVersion\":\"", committed.revision, "\"}\n");
  for (const Admitted& result : committed.results) {
    out += str("{\"changed\":", result.changed ? "true" : "false", ",\"deleted\":", result.deleted ? "true" : "false");
    out += ",\"warnings\":[";
    for (const Warning& warning : result.warnings) {
      if (out.back() != '[') out += ',';
      out += str("{\"field\":", quote(warning.field), ",\"message\":", quote(warning.message), "}");
    }
    out += "],\"object\":";
    encode_object(*result.object, out);
    out += "}\n";
  }
  return out;
}

Result<Committed> read_committed(std::string_view text) {
  Committed committed;
  bool begun = false;
  TRY_VOID(each_line(text, [&](std::size_t number, std::string_view line) -> Status {
    TRY(const Node node, map_of(number, line));
    if (number == 1) {
      const auto revision = parse_int(node.text_of("resourceVersion"));
      if (!revision) return bad(1, "there is no resourceVersion");
      committed.revision = *revision;
      begun = true;
      return {};
    }
    Admitted result;
    const Node* changed = node.find("changed");
    const Node* deleted = node.find("deleted");
    result.changed = changed == nullptr || changed->boolean;
    result.deleted = deleted != nullptr && deleted->boolean;
    if (const Node* warnings = node.find("warnings")) {
      for (const Node& item : warnings->items)
        result.warnings.push_back({std::string(item.text_of("field")), std::string(item.text_of("message"))});
    }
    TRY(result.object, object_at(number, node));
    committed.results.push_back(std::move(result));
    return {};
  }));
  if (!begun) return bad(1, "there is no resourceVersion");
  return committed;
}

std::string write_feed_line(FeedType type, std::string_view object) {
  const auto found = std::find_if(types.begin(), types.end(), [&](const TypeName& each) { return each.type == type; });
  return str(found->begin, object, "}\n");
}

std::string write_bookmark(std::int64_t revision) {
  return write_feed_line(FeedType::bookmark, str(R"({"metadata":{"resourceVersion":")", revision, "\"}}"));
}

Result<FeedLine> read_feed_line(std::string_view line) {
  const auto found = std::find_if(types.begin(), types.end(), [&](const TypeName& each) {
    return line.substr(0, each.begin.size()) == each.begin;
  });
  if (found == types.end() || line.back() != '}')
    return Error{Code::malformed, str("not an event: ", line.substr(0, 100)), {}};
  return FeedLine{found->type, line.substr(found->begin.size(), line.size() - found->begin.size() - 1)};
}

}  // namespace muster::store
