#include "controllers/image/reference.h"

#include "api/base/text.h"

namespace muster::image {
namespace {

constexpr std::string_view hub = "docker.io";

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

// A first part without any of these is a folder on the hub.
bool is_registry(std::string_view part) {
  return part.find_first_of(".:") != std::string_view::npos || part == "localhost";
}

}  // namespace

Reference parse(std::string_view image) {
  Reference out;
  const std::size_t at = image.find('@');
  if (at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  out.repository = image.substr(0, colon);
  if (colon != std::string_view::npos) {
    out.tag = image.substr(colon + 1);
  } else if (out.digest.empty()) {
    out.tag = "latest";
  }
  return out;
}

std::string with_digest(const Reference& reference, std::string_view digest) {
  return str(reference.repository, '@', digest);
}

std::string registry_of(std::string_view repository) {
  const std::size_t slash = repository.find('/');
  if (slash == std::string_view::npos || !is_registry(repository.substr(0, slash))) return std::string(hub);
  const std::string_view registry = repository.substr(0, slash);
  return registry == "index.docker.io" ? std::string(hub) : std::string(registry);
}

std::string familiar(std::string_view repository) {
  for (const std::string_view prefix : {"docker.io/", "index.docker.io/"}) {
    if (!starts(repository, prefix)) continue;
    repository.remove_prefix(prefix.size());
    break;
  }
  constexpr std::string_view official = "library/";
  if (starts(repository, official) && registry_of(repository) == hub) repository.remove_prefix(official.size());
  return std::string(repository);
}

std::string listed(std::string_view image) {
  const Reference reference = parse(image);
  const std::string repository = familiar(reference.repository);
  return reference.digest.empty() ? str(repository, ':', reference.tag) : str(repository, '@', reference.digest);
}

std::string digest_in(const std::vector<std::string>& names, std::string_view repository) {
  const std::string wanted = familiar(repository);
  for (const std::string& name : names) {
    const std::size_t at = name.find('@');
    if (at != std::string::npos && familiar(std::string_view(name).substr(0, at)) == wanted) return name.substr(at + 1);
  }
  return {};
}

}  // namespace muster::image
