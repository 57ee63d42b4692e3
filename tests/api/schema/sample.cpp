#include "tests/api/schema/sample.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "api/schema/json.h"

namespace muster {

using sample::Container;
using sample::Meta;
using sample::Mode;
using sample::Port;
using sample::Reason;
using sample::Rollout;
using sample::Spec;
using sample::Thing;

namespace {
bool is_word(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter != ' ' && letter != '/'; });
}
constexpr Pattern word{is_word, "a word without spaces and slashes"};
}  // namespace

template <>
Type Describe<Mode>::type() {
  return enumeration<Mode>("Mode", "How tasks are counted.", {"REPLICA", "DAEMON"});
}
template <>
Type Describe<Reason>::type() {
  return enumeration<Reason>("Reason", "Why it stopped.", {"", "Failed", "UserInitiated"});
}
template <>
Type Describe<Port>::type() {
  return object<Port>("Port", "A port.",
                      field<&Port::container_port>("containerPort", "Inside.").required().range(1, 65535),
                      field<&Port::host_port>("hostPort", "Outside.").range(0, 65535));
}
template <>
Type Describe<Container>::type() {
  return object<Container>("Container", "One container.",
                           field<&Container::name>("name", "The name.").required().max_length(20).pattern(word),
                           field<&Container::image>("image", "The image, such as nginx:1.27.").required(),
                           field<&Container::cpu>("cpu", "CPU units, 1024 a core.").range(0, 262144),
                           field<&Container::memory>("memory", "MiB.").range(6, 1'000'000),
                           field<&Container::essential>("essential", "Whether the task ends with it."),
                           field<&Container::command>("command", "The command.").max_items(10),
                           field<&Container::ports>("portMappings", "Ports.").keyed_by("containerPort"),
                           field<&Container::labels>("dockerLabels", "Labels.").pattern(word).max_length(30));
}
template <>
Type Describe<Rollout>::type() {
  return object<Rollout>(
      "Rollout", "How to roll out.", field<&Rollout::maximum>("maximumPercent", "Upper bound.").range(100, 1000),
      field<&Rollout::minimum>("minimumHealthyPercent", "Lower bound.").range(0, 100),
      field<&Rollout::settle>("settle", "How long a task must run.").between(Duration{}, std::chrono::hours(1)));
}
template <>
Type Describe<Spec>::type() {
  return object<Spec>(
      "Spec", "What is wanted.", field<&Spec::family>("family", "The family.").pattern(word),
      field<&Spec::desired_count>("desiredCount", "How many.").range(0, 1000),
      field<&Spec::mode>("schedulingStrategy", "The way of counting."),
      field<&Spec::reason>("reason", "Why it stopped."),
      field<&Spec::containers>("containerDefinitions", "The containers.").required().keyed_by("name").max_items(5),
      field<&Spec::rollout>("deploymentConfiguration", "How to roll out."),
      field<&Spec::canary>("canary", "The same for the first task."),
      field<&Spec::lost_after>("lostAfter", "When a silent host is given up.")
          .between(std::chrono::seconds(1), std::chrono::hours(1)),
      field<&Spec::named_ports>("namedPorts", "Ports by name."), field<&Spec::tier>("tier", "The tier."),
      field<&Spec::zones>("zones", "Where.").keep_zero().max_length(8).pattern(word),
      field<&Spec::paused>("paused", "Stops rolling out.").keep_zero(), field<&Spec::extra>("extra", "Anything."));
}
template <>
Type Describe<Meta>::type() {
  return object<Meta>("Meta", "Metadata.", field<&Meta::name>("name", "The name.").required(),
                      field<&Meta::resource_version>("resourceVersion", "The revision.").as_text(),
                      field<&Meta::created>("creationTimestamp", "When it was made.").whole_seconds(),
                      field<&Meta::observed>("observed", "When it was seen."),
                      field<&Meta::labels>("labels", "Labels."),
                      field<&Meta::controller>("controller", "Whether it manages."));
}
template <>
Type Describe<Thing>::type() {
  return object<Thing>("Thing", "A thing of the tests.", unstored_field("apiVersion", "The version."),
                       unstored_field("kind", "The kind."), field<&Thing::metadata>("metadata", "Metadata.").required(),
                       field<&Thing::spec>("spec", "What is wanted.").required());
}

namespace sample {

Node parsed(std::string_view json) {
  auto node = parse_json(json);
  if (node.ok()) return *std::move(node);
  std::fprintf(stderr, "%s\n%.*s\n", node.error().text().c_str(), static_cast<int>(json.size()), json.data());
  std::abort();
}

std::string random_text(std::mt19937_64& random) {
  static const std::array<std::string_view, 36> words = {
      "",   "true", "null",   "~",     "123",   "0x10", "1e3", "-",  "no", "a: b",   "a #b", "#",
      "\n", "\t",   "a\nb\n", " lead", "tail ", "\"",   "'",   "\\", "é",  "\u2028", "日本", "*a",
      "&a", "!tag", "|",      ">",     "%",     "@",    "`",   "[",  "{}", "---",    "...",  "0o7"};
  std::string text;
  for (auto pieces = random() % 4; pieces > 0; --pieces) {
    if (random() % 2 == 0) {
      text += words[random() % words.size()];
    } else {
      text += static_cast<char>(random() % 128);
    }
  }
  return text;
}

namespace {

bool coin(std::mt19937_64& random) {
  return random() % 2 == 0;
}

std::string random_word(std::mt19937_64& random) {
  return "w" + std::to_string(random() % 1000);
}

std::int32_t up_to(std::mt19937_64& random, std::uint64_t most) {
  return static_cast<std::int32_t>(random() % (most + 1));
}

Rollout random_rollout(std::mt19937_64& random) {
  return Rollout{100 + up_to(random, 900), up_to(random, 100), std::chrono::seconds(random() % 3600)};
}

Container random_container(std::mt19937_64& random, std::size_t index) {
  Container container;
  container.name = "c" + std::to_string(index);
  container.image = "i" + random_text(random);
  container.cpu = up_to(random, 5000);
  if (coin(random)) container.memory = 6 + up_to(random, 5000);
  container.essential = coin(random);
  for (auto count = random() % 4; count > 0; --count) container.command.push_back(random_text(random));
  for (std::int32_t port = 1; port < up_to(random, 4); ++port) container.ports.push_back(Port{port, up_to(random, 9)});
  for (auto count = random() % 3; count > 0; --count) container.labels[random_word(random)] = random_text(random);
  return container;
}

}  // namespace

Thing random_thing(std::mt19937_64& random) {
  Thing thing;
  thing.metadata.name = random_word(random);
  thing.metadata.resource_version = static_cast<std::int64_t>(random() >> 1U);
  if (coin(random)) thing.metadata.created = Time(std::chrono::seconds(random() % 4'000'000'000));
  if (coin(random)) thing.metadata.observed = Time(std::chrono::milliseconds(1 + random() % 4'000'000'000'000));
  if (coin(random)) thing.metadata.controller = coin(random);
  for (auto count = random() % 4; count > 0; --count) {
    thing.metadata.labels[random_text(random)] = random_text(random);
  }
  Spec& spec = thing.spec;
  if (coin(random)) spec.family = random_word(random);
  spec.desired_count = up_to(random, 3);
  spec.mode = coin(random) ? Mode::daemon : Mode::replica;
  spec.reason = static_cast<Reason>(random() % 3);
  for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
    spec.containers.push_back(random_container(random, i));
  }
  if (coin(random)) spec.rollout = random_rollout(random);
  if (coin(random)) spec.canary = coin(random) ? Rollout{} : random_rollout(random);
  if (coin(random)) spec.lost_after = std::chrono::milliseconds(1000 + random() % 100'000);
  if (coin(random)) spec.named_ports[random_text(random)] = Port{80, up_to(random, 2)};
  if (coin(random)) spec.tier = random_text(random);
  if (coin(random)) spec.zones = {"a", random_word(random)};
  spec.paused = coin(random);
  if (coin(random)) spec.extra.json = write_json(random_node(random, 3));
  if (spec.extra.json == "null") spec.extra.json.clear();  // the same as absent
  return thing;
}

Node random_node(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 9 : 7)) {
    case 0: return Node{};
    case 1: return Node::of(coin(random));
    case 2: return Node::of(static_cast<std::int64_t>(random() % 2000) - 1000);
    case 3: return Node::of(static_cast<std::int64_t>(random()));
    case 4: {
      Node node;
      node.kind = Node::Kind::number;
      node.number = static_cast<double>(static_cast<std::int64_t>(random())) / static_cast<double>(1 + random() % 9999);
      return node;
    }
    case 7: {
      Node list = Node::list();
      for (auto count = random() % 4; count > 0; --count) list.items.push_back(random_node(random, depth - 1));
      return list;
    }
    case 8: {
      Node map = Node::map();
      for (auto count = random() % 4; count > 0; --count) map.at(random_text(random)) = random_node(random, depth - 1);
      return map;
    }
    default: return Node::of(random_text(random));
  }
}

}  // namespace sample
}  // namespace muster
