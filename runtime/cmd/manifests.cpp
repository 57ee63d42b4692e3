#include "runtime/cmd/manifests.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/ecs/task_definition.h"
#include "api/schema/yaml.h"
#include "runtime/base/file.h"

namespace muster::cmd {
namespace {

namespace fs = std::filesystem;

// What others refer to comes first.
int rank(const Kind& kind) {
  constexpr std::string_view order[] = {"Namespace", "Cluster", "ContainerInstance", "TaskDefinition", "Service",
                                        "TaskRun",   "Task"};
  const auto* found = std::find(std::begin(order), std::end(order), kind.kind);
  return static_cast<int>(found - std::begin(order));
}

bool is_manifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_regular_file(error) && is_manifest(entry.path())) found.push_back(entry.path().string());
    }
    if (error) return Error{Code::internal, str(path, ": ", error.message()), {}};
    if (found.empty()) return Error{Code::not_found, str(path, ": the folder has no *.yaml, *.yml or *.json"), {}};
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Result<std::string> read_standard_input() {
  std::string text;
  std::array<char, 65'536> buffer{};
  while (std::cin.read(buffer.data(), buffer.size()) || std::cin.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > limits::manifest_bytes)
      return Error{Code::too_large, str("standard input holds more than ", limits::manifest_bytes, " bytes"), {}};
  }
  return text;
}

class Loader {
 public:
  Loader(std::string default_ns, std::vector<Warning>& warnings)
      : default_ns_(std::move(default_ns)), warnings_(warnings) {}

  void load(const std::string& path) {
    const std::string source = path == "-" ? "standard input" : path;
    auto text = path == "-" ? read_standard_input() : read_file(path, limits::manifest_bytes);
    if (!text.ok()) return failed(std::move(text).error());
    auto documents = parse_yaml(*text);
    if (!documents.ok()) return failed(std::move(documents).error().under(source));
    if (documents->empty()) return failed(Error{Code::malformed, str(source, ": the file holds no object"), {}});
    for (const Node& document : *documents) add(document, source, 0);
  }

  Result<std::vector<Manifest>> finish() {
    if (!error_.causes.empty() || !error_.message.empty()) return std::move(error_);
    std::stable_sort(manifests_.begin(), manifests_.end(), [](const Manifest& a, const Manifest& b) {
      return rank(*a.object->kind) < rank(*b.object->kind);
    });
    for (std::size_t i = 0; i < manifests_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const Object& a = *manifests_[i].object;
        const Object& b = *manifests_[j].object;
        if (a.kind == b.kind && !a.metadata.name.empty() && a.metadata.name == b.metadata.name &&
            a.metadata.ns == b.metadata.ns) {
          return Error{
              Code::invalid,
              str(display_name(a), " is there twice: in ", manifests_[j].source, " and in ", manifests_[i].source),
              {}};
        }
      }
    }
    return std::move(manifests_);
  }

 private:
  void failed(Error error) {
    if (error_.message.empty()) {
      error_ = std::move(error);
      return;
    }
    error_.message += str("\n", error.text());
  }

  void add(const Node& node, const std::string& source, int depth) {
    if (manifests_.size() >= limits::manifest_documents)
      return failed(Error{Code::too_large, str(source, ": more than ", limits::manifest_documents, " objects"), {}});
    const std::string_view kind = node.text_of("kind");
    if (depth == 0 && kind.size() >= 4 && kind.substr(kind.size() - 4) == "List" && node.find("items") != nullptr) {
      for (const Node& item : node.find("items")->items) add(item, source, depth + 1);
      return;
    }
    std::shared_ptr<Object> object;
    Node written = node;
    if (ecs::is_ecs_task_definition(node)) {
      auto translated = ecs::from_ecs(node, warnings_);
      if (!translated.ok()) return failed(std::move(translated).error().under(source));
      object = std::move(translated).value();
      written = object_node(*object);
    } else {
      auto decoded = decode_object(node, nullptr, DecodeOptions{Unknown::error, source}, &warnings_);
      if (!decoded.ok()) return failed(std::move(decoded).error());
      object = std::move(decoded).value();
    }
    Meta& meta = object->metadata;
    if (object->kind->scope == Scope::cluster) {
      meta.ns.clear();
      written.at("metadata").erase("namespace");
    } else {
      if (meta.ns.empty()) meta.ns = default_ns_;
      written.at("metadata").at("namespace") = Node::of(meta.ns);
    }
    Manifest manifest{std::move(object), std::move(written), source};
    manifests_.push_back(std::move(manifest));
  }

  std::string default_ns_;
  std::vector<Warning>& warnings_;
  std::vector<Manifest> manifests_;
  Error error_{Code::malformed, {}, {}};
};

}  // namespace

Result<std::vector<Manifest>> load_manifests(const std::vector<std::string>& paths, const std::string& default_ns,
                                             std::vector<Warning>& warnings) {
  if (paths.empty()) return Error{Code::malformed, "name what to read with -f FILE, -f FOLDER or -f -", {}};
  TRY(const std::vector<std::string> files, files_of(paths));
  Loader loader(default_ns, warnings);
  for (const std::string& file : files) loader.load(file);
  return loader.finish();
}

}  // namespace muster::cmd
