// muster events
#include "runtime/cmd/events.h"

#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

std::string object_of(const Event& event) {
  return str(to_lower(event.involved_object.kind), "/", event.involved_object.name);
}

std::string last_seen(const Event& event, Time now) {
  std::string age = format_age(now - event.last_timestamp);
  return event.count > 1 ? str(age, " (x", event.count, ")") : age;
}

void sort_by_time(std::vector<std::shared_ptr<Event>>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a->last_timestamp < b->last_timestamp; });
}

Result<std::vector<std::shared_ptr<Event>>> list(Session& session, const std::string& query) {
  TRY(const auto objects, fetch_all(session, kind_of<Event>(), query));
  std::vector<std::shared_ptr<Event>> out;
  out.reserve(objects.size());
  for (const auto& object : objects) out.push_back(std::static_pointer_cast<Event>(object));
  sort_by_time(out);
  return out;
}

void print(const Event& event, Time now) {
  std::printf("%-10s  %-7s  %-20s  %s  %s\n", last_seen(event, now).c_str(), event.type.c_str(), event.reason.c_str(),
              object_of(event).c_str(), event.message.c_str());
}

int run(const Arguments& arguments) {
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  std::string query;
  if (arguments.has("for")) {
    auto reference = parse_reference({arguments.get("for")});
    if (!reference.ok()) return fail_usage(events_verb(), reference.error());
    query = "fieldSelector=" + http::percent_encode(str("involvedObject.kind=", reference->kind->kind,
                                                        ",involvedObject.name=", reference->name));
    if (reference->kind->scope == Scope::cluster) session->ns = "default";
  }
  if (arguments.has("watch")) {
    const std::string path =
        str(client::path_of(kind_of<Event>(), session->ns), "?watch=true", query.empty() ? "" : "&", query);
    const Status status = session->api->lines(path, {{"Accept", "application/json"}}, [&](std::string_view line) {
      const auto node = parse_json(line);
      if (!node.ok() || node->find("object") == nullptr || node->text_of("type") == "DELETED") return true;
      const auto object =
          decode_object(*node->find("object"), &kind_of<Event>(), DecodeOptions{Unknown::ignore, {}}, nullptr);
      if (object.ok()) print(static_cast<const Event&>(**object), system_now());
      return flush_output();
    });
    return status.ok() ? exit_code::ok : fail(status.error());
  }
  const auto events = list(*session, query);
  if (!events.ok()) return fail(events.error());
  if (events->empty()) {
    std::fprintf(stderr, "No events found in namespace %s.\n", session->ns.c_str());
    return exit_code::ok;
  }
  TablePrinter table({"LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"});
  for (const auto& event : *events)
    table.add({last_seen(*event, system_now()), event->type, event->reason, object_of(*event), event->message});
  std::printf("%s", table.text().c_str());
  return exit_code::ok;
}

}  // namespace

Result<std::vector<std::shared_ptr<Event>>> events_about(Session& session, const std::string& ns,
                                                         const std::string& uid) {
  const std::string kept = session.ns;
  session.ns = ns.empty() ? "default" : ns;
  auto events = list(session, "fieldSelector=involvedObject.uid%3D" + http::percent_encode(uid));
  session.ns = kept;
  return events;
}

std::string events_text(const std::vector<std::shared_ptr<Event>>& events, Time now, std::size_t indent) {
  if (events.empty()) return std::string(indent, ' ') + "<none>\n";
  TablePrinter table({"LAST SEEN", "TYPE", "REASON", "MESSAGE"}, {indent, {}, 0});
  for (const auto& event : events) table.add({last_seen(*event, now), event->type, event->reason, event->message});
  return table.text();
}

const Verb& events_verb() {
  static const Verb verb{"events",
                         "",
                         "list what happened",
                         "Prints the events of a namespace, the newest last.\n\n"
                         "  muster events\n"
                         "  muster events --for service/web -w\n",
                         client_options({{"for", 0, "KIND/NAME", "Only events about this object."},
                                         {"watch", 'w', "", "Go on printing new ones."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
