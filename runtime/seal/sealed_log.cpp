#include "runtime/seal/sealed_log.h"

#include <deque>
#include <utility>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/types/configuration.h"
#include "api/types/kinds.h"

namespace muster::seal {
namespace {

using store::Row;

// A record: this, the key's id, a colon, base64. No JSON begins so.
constexpr std::string_view mark = "sealed:1:";
constexpr std::size_t id_digits = 16;
constexpr std::size_t rewrite_rows = 256;
constexpr std::size_t rewrite_bytes = 8U << 20U;

bool is_secret(const Row& row) {
  static const std::string secrets = kind_of<Secret>().resource();
  return row.kind == secrets;
}

// Where the record belongs; zero bytes cannot be part of a name.
std::string place_of(const Row& row, std::string_view key_id) {
  std::string out;
  for (const std::string_view part : {mark, key_id, row.kind, row.ns, row.name}) out.append(part).append(1, '\0');
  return out + str(row.revision, row.deleted ? " deleted" : "");
}

std::string seal_row(const Key& key, const Row& row, Random& random) {
  return str(mark, key.id, ":", encode_base64(encrypt(key, row.object, place_of(row, key.id), random)));
}

Result<std::string_view> key_id_of(const Row& row) {
  const std::size_t begin = mark.size();
  if (!row.object.starts_with(mark) || row.object.size() <= begin + id_digits || row.object[begin + id_digits] != ':') {
    return Error{
        Code::internal, str("the Secret ", row.ns, "/", row.name, " is not sealed: the database is damaged"), {}};
  }
  return row.object.substr(begin, id_digits);
}

Result<std::string> open_row(const Keys& keys, const Row& row) {
  TRY(const std::string_view id, key_id_of(row));
  const Key* key = find_key(keys, id);
  if (key == nullptr) {
    return Error{Code::internal,
                 str("the Secret ", row.ns, "/", row.name, " is sealed with the key ", id,
                     ", which is not in the key file: restore the file that belongs to this database"),
                 {}};
  }
  const auto bytes = decode_base64(row.object.substr(mark.size() + id_digits + 1));
  auto plain = bytes ? decrypt(*key, *bytes, place_of(row, id))
                     : Result<std::string>(Error{Code::internal, "the sealed record is no base64", {}});
  if (!plain.ok()) return std::move(plain).error().under(str("the Secret ", row.ns, "/", row.name));
  return plain;
}

class SealedLog final : public store::Log {
 public:
  SealedLog(std::unique_ptr<store::Log> log, Keys keys, Random& random)
      : log_(std::move(log)), keys_(std::move(keys)), random_(random) {}

  Status replay(const std::function<Status(const Row& row)>& each) override {
    return log_->replay([&](const Row& row) -> Status {
      if (!is_secret(row)) return each(row);
      TRY(const std::string plain, open_row(keys_, row));
      Row opened = row;
      opened.object = plain;
      return each(opened);
    });
  }
  Status append(const std::vector<Row>& rows, const std::vector<store::JournalRow>& journal) override {
    return with_sealed(rows, [&](const std::vector<Row>& sealed) { return log_->append(sealed, journal); });
  }
  Status rewrite(const std::vector<Row>& rows) override {
    return with_sealed(rows, [&](const std::vector<Row>& sealed) { return log_->rewrite(sealed); });
  }
  Status maintain() override { return log_->maintain(); }
  Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) override {
    return log_->compact(revisions, horizon, journal_before);
  }
  std::int64_t compacted() const override { return log_->compacted(); }
  Result<std::string> read_value(std::string_view name) override { return log_->read_value(name); }
  Status write_value(std::string_view name, std::string_view value) override { return log_->write_value(name, value); }
  std::int64_t size_bytes() const override { return log_->size_bytes(); }

 private:
  template <class Pass>
  Status with_sealed(const std::vector<Row>& rows, Pass pass) {
    std::vector<Row> copy;
    std::deque<std::string> texts;  // their addresses stay
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!is_secret(rows[i])) continue;
      if (copy.empty()) copy = rows;
      copy[i].object = texts.emplace_back(seal_row(keys_.back(), rows[i], random_));
    }
    return pass(copy.empty() ? rows : copy);
  }

  std::unique_ptr<store::Log> log_;
  const Keys keys_;
  Random& random_;
};

Result<bool> holds_secrets(store::Log& log) {
  bool found = false;
  TRY_VOID(log.replay([&](const Row& row) -> Status {
    found = found || is_secret(row);
    return {};
  }));
  return found;
}

// Rows that an older key has sealed, a part at a time; each part is durable before the next one begins.
class Renewal {
 public:
  Renewal(store::Log& log, const Keys& keys, Random& random) : log_(log), keys_(keys), random_(random) {}

  // A log cannot be written while it is read: the revisions come first, then the rows, part by part.
  Status run() {
    while (true) {
      TRY_VOID(log_.replay([&](const Row& row) { return see(row); }));
      if (rows_.empty()) return {};
      TRY_VOID(log_.rewrite(rows_));
      TRY_VOID(log_.maintain());
      rows_.clear();
      texts_.clear();
      bytes_ = 0;
    }
  }

 private:
  Status see(const Row& row) {
    if (!is_secret(row) || rows_.size() == rewrite_rows || bytes_ > rewrite_bytes) return {};
    TRY(const std::string_view id, key_id_of(row));
    if (id == keys_.back().id) return {};
    TRY(const std::string plain, open_row(keys_, row));
    Row renewed = row;
    renewed.object = plain;
    const std::string sealed = seal_row(keys_.back(), renewed, random_);
    renewed.kind = texts_.emplace_back(row.kind);
    renewed.ns = texts_.emplace_back(row.ns);
    renewed.name = texts_.emplace_back(row.name);
    renewed.object = texts_.emplace_back(sealed);
    bytes_ += sealed.size();
    rows_.push_back(renewed);
    return {};
  }

  store::Log& log_;
  const Keys& keys_;
  Random& random_;
  std::vector<Row> rows_;
  std::deque<std::string> texts_;
  std::size_t bytes_ = 0;
};

Result<Keys> read_or_make_keys(store::Log& log, const std::string& path, Random& random) {
  auto read = read_keys(path);
  if (read.ok() || read.error().code != Code::not_found) return read;
  TRY(const bool sealed, holds_secrets(log));
  if (sealed) {
    return Error{Code::not_found,
                 str("the key file ", path,
                     " is missing, and the database holds Secrets that are sealed with its keys: restore the file"),
                 {}};
  }
  Keys keys{make_key(random)};
  TRY_VOID(write_keys(path, keys));
  return keys;
}

}  // namespace

std::unique_ptr<store::Log> seal_log(std::unique_ptr<store::Log> log, Keys keys, Random& random) {
  return std::make_unique<SealedLog>(std::move(log), std::move(keys), random);
}

Result<std::unique_ptr<store::Log>> seal_log_by_file(std::unique_ptr<store::Log> log, const std::string& path,
                                                     Random& random, Rotation rotation) {
  TRY(Keys keys, read_or_make_keys(*log, path, random));
  if (rotation == Rotation::new_key) {
    // In the file before the first row: a row whose key is lost is lost.
    keys.push_back(make_key(random));
    TRY_VOID(write_keys(path, keys));
  }
  if (keys.size() > 1) {
    TRY_VOID(Renewal(*log, keys, random).run());
    keys.erase(keys.begin(), keys.end() - 1);
    TRY_VOID(write_keys(path, keys));
  }
  return seal_log(std::move(log), std::move(keys), random);
}

}  // namespace muster::seal
