// Base64 as Kubernetes' Secrets carry it: the standard alphabet, padded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

std::string encode_base64(std::string_view bytes);
// Line breaks are skipped, as in Go; nothing when the text is no padded base64.
std::optional<std::string> decode_base64(std::string_view text);
// How many bytes the text stands for, without decoding it. Only for text that decodes.
std::size_t decoded_base64_size(std::string_view text);

}  // namespace muster
