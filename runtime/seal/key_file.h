// The file that holds the keys: one a line, the newest last. Only its owner may read it, and it belongs beside no
// backup of the database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "runtime/seal/cipher.h"

namespace muster::seal {

// Never empty; the last one seals, all of them open.
using Keys = std::vector<Key>;

const Key* find_key(const Keys& keys, std::string_view id);

// Code::not_found when there is no file; Code::forbidden when others than its owner may read or write it;
// Code::malformed, naming the line, when it holds anything but keys.
Result<Keys> read_keys(const std::string& path);
// Replaces the file as a whole, mode 0600, durable when it returns, with its folder. The heading, lines that begin with
// '#', tells whoever opens the file what the keys are for.
extern const std::string_view secrets_heading;
Status write_keys(const std::string& path, const Keys& keys, std::string_view heading = secrets_heading);

}  // namespace muster::seal
