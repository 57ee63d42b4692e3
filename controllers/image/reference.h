// Names of images, as Docker reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::image {

struct Reference {
  std::string repository;  // as written, with its registry
  std::string tag;         // "latest" when neither a tag nor a digest is given
  std::string digest;      // "sha256:..."; empty: none is given
  bool operator==(const Reference&) const = default;
};

// Of any text; whether it can be an image's name is the engine's to say.
Reference parse(std::string_view image);
// "repository@sha256:..."
std::string with_digest(const Reference& reference, std::string_view digest);
// How engines list it: "busybox" for "docker.io/library/busybox".
std::string familiar(std::string_view repository);
// The whole name as engines list it: "busybox:latest", "busybox@sha256:...".
std::string listed(std::string_view image);
// "127.0.0.1:5000"; "docker.io" when the name has none.
std::string registry_of(std::string_view repository);
// Of "repository@sha256:..." names the digest that the repository has for the image; empty when there is none.
std::string digest_in(const std::vector<std::string>& names, std::string_view repository);

}  // namespace muster::image
