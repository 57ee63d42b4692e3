#include "runtime/agent/metadata/record.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/pki/digest.h"

namespace muster::agent::metadata {
namespace {

constexpr std::size_t most_bytes = 4096;
constexpr std::size_t key_digits = 64;
constexpr std::size_t id_bytes = 16;  // of the MAC
constexpr unsigned private_file = 0600;
constexpr int highest_port = 65535;

std::string path_in(const std::string& data_dir) {
  return data_dir + "/metadata.json";
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    out += digits[value >> 4U];
    out += digits[value & 15U];
  }
  return out;
}

std::optional<Record> parse(const std::string& text) {
  const Result<Node> node = parse_json(text);
  if (!node.ok() || !node->is_map()) return std::nullopt;
  Record record;
  record.key = node->text_of("key");
  const Node* port = node->find("port");
  if (record.key.size() != key_digits || !is_hex(record.key)) return std::nullopt;
  if (port != nullptr && port->kind == Node::Kind::integer && port->integer > 0 && port->integer <= highest_port) {
    record.port = static_cast<int>(port->integer);
  }
  return record;
}

}  // namespace

Result<Record> load_record(const std::string& data_dir, Random& random) {
  const auto anew = [&random] { return Record{random_hex32(random) + random_hex32(random), 0}; };
  if (data_dir.empty()) return anew();
  const auto text = read_file(path_in(data_dir), most_bytes);
  if (!text.ok() && text.error().code == Code::not_found) return anew();
  if (text.ok()) {
    if (std::optional<Record> record = parse(*text)) return std::move(*record);
  } else if (text.error().code != Code::too_large) {
    return text.error();
  }
  log::error("containers that were made before find no task metadata any more: a file cannot be read",
             {{"file", path_in(data_dir)}});
  return anew();
}

Status save_record(const std::string& data_dir, const Record& record) {
  if (data_dir.empty()) return {};
  Node node = Node::map();
  node.at("key") = Node::of(record.key);
  node.at("port") = Node::of(static_cast<std::int64_t>(record.port));
  return write_file(path_in(data_dir), write_json(node) + "\n", private_file);
}

std::string endpoint_id(const Record& record, std::string_view task_uid, std::string_view container) {
  // A uid has no slash, so two containers never have one text.
  const std::string mac = pki::hmac_sha256(record.key, str(task_uid, '/', container));
  return str(task_uid, '-', hex(std::string_view(mac).substr(0, id_bytes)));
}

std::optional<std::string> task_of(std::string_view endpoint_id) {
  const std::size_t dash = endpoint_id.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || endpoint_id.size() - dash - 1 != 2 * id_bytes) return std::nullopt;
  if (!is_hex(endpoint_id.substr(dash + 1))) return std::nullopt;
  return std::string(endpoint_id.substr(0, dash));
}

bool same_id(std::string_view left, std::string_view right) {
  return pki::same_secret(left, right);
}

}  // namespace muster::agent::metadata
