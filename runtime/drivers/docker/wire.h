// The Docker Engine API's JSON, both ways. Pure; what comes in is not trusted, unknown and missing fields are
// tolerated.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"

namespace muster::drivers::docker {

struct ApiVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};
inline constexpr ApiVersion oldest_version{1, 40};
inline constexpr ApiVersion newest_version{1, 43};

std::optional<ApiVersion> parse_version(std::string_view text);

// GET /version
struct Server {
  std::string engine;  // "docker 20.10.24", "podman 4.3.1"
  ApiVersion api;      // the one to speak
};
// Code::invalid when the engine is too old.
Result<Server> decode_server(std::string_view body);
// GET /info. The engine's name and API version come from the server.
Result<Info> decode_info(std::string_view body, const Server& server);
// GET /networks/{name}: its IPv4 networks that have a gateway.
std::vector<Bridge> decode_bridges(std::string_view body);

struct LogPolicy {
  std::string max_size;
  int max_files = 0;
};
// The body of POST /containers/create. Code::invalid for text that is not UTF-8.
Result<std::string> encode_create(const ContainerConfig& config, const LogPolicy& log);

// The body of POST /volumes/create. Code::invalid for text that is not UTF-8.
Result<std::string> encode_volume(const VolumeConfig& config);
// GET /volumes: the names.
Result<std::vector<std::string>> decode_volumes(std::string_view body);

struct Inspected {
  ContainerState state;
  bool has_terminal = false;  // its log is one raw stream
  std::string network_mode;   // "bridge", "default", "host", "none" or a network's name
  std::string log_driver;     // "json-file"
  Duration check_interval{};  // of its health check; 0: it has none
  int process = 0;            // its first one, as the engine numbers it; 0: it does not run
};
// GET /containers/NAME/json
Result<Inspected> decode_inspect(std::string_view body);
// GET /containers/NAME/stats. Code::not_found when nothing is measured: it does not run.
Result<Usage> decode_usage(std::string_view body);
// The body of POST /containers/NAME/exec. Code::invalid for text that is not UTF-8.
Result<std::string> encode_exec(const std::vector<std::string>& command, const ProcessStreams& streams);
// The body of POST /exec/ID/start.
std::string encode_exec_start(const ProcessStreams& streams);
// The answer to POST /containers/NAME/exec: the exec's id.
Result<std::string> decode_exec(std::string_view body);
// GET /exec/ID/json: the exit code; nothing while it runs.
Result<std::optional<int>> decode_exec_end(std::string_view body);
// GET /containers/json: the names, without the leading '/'.
Result<std::vector<std::string>> decode_names(std::string_view body);
// {"label":["k=v"], "type":["container"]}; the type only when it is not empty.
std::string encode_filters(const std::map<std::string, std::string>& labels, std::string_view type);
// The "message" of an error's body, or the body itself, cut.
std::string decode_error(std::string_view body);

// One line of GET /events: the name of a container whose state may have changed; "" when the line does not tell.
// Nothing for events that change no state (exec, attach, resize ...), for what is not an event, and for containers that
// have another value of one of these labels: Podman sends those that match any of several.
std::optional<std::string> decode_event(std::string_view line, const std::map<std::string, std::string>& labels = {});

// One line of POST /images/create.
struct PullLine {
  std::string layer;                    // may be empty
  std::string status;                   // "Downloading"
  std::int64_t current = 0, total = 0;  // bytes, while it is downloaded or extracted
  std::string error;                    // not empty: the pull has failed
};
std::optional<PullLine> decode_pull(std::string_view line);

// GET /images/NAME/json
Result<Image> decode_image(std::string_view body);
// GET /images/json
Result<std::vector<Image>> decode_images(std::string_view body);
// GET /containers/json: the ids of the images that the containers were made from.
Result<std::set<std::string>> decode_used_images(std::string_view body);
// GET /distribution/NAME/json: the digest.
Result<std::string> decode_distribution(std::string_view body);
// The value of the header X-Registry-Auth.
std::string encode_auth(const RegistryAuth& auth);

struct ImageName {
  std::string name;
  std::string tag;  // a tag, or a digest "sha256:..."; "latest" when there is none
};
// Code::invalid when it cannot be an image's name.
Result<ImageName> parse_image(std::string_view image);

}  // namespace muster::drivers::docker
