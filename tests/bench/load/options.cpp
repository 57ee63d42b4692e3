#include "tests/bench/load/options.h"

#include "api/base/text.h"

namespace muster::bench {
namespace {

Error usage(std::string_view what) {
  return {Code::malformed, std::string(what), {}};
}

Status read_phases(std::string_view text, std::set<Phase>& phases) {
  for (const std::string_view word : split(text, ',')) {
    if (word == "scale-down") {
      phases.insert(Phase::scale_down);
    } else if (word == "rolling-update") {
      phases.insert(Phase::rolling_update);
    } else if (word == "kill-agents") {
      phases.insert(Phase::kill_agents);
    } else {
      return usage(str("--phases ", word, ": there are scale-down, rolling-update and kill-agents"));
    }
  }
  return {};
}

Status read_option(std::string_view name, std::string_view value, LoadOptions& options) {
  if (name == "--muster") {
    options.muster = value;
    return {};
  }
  if (name == "--data-dir") {
    options.data_dir = value;
    return {};
  }
  if (name == "--docker-host") {
    options.docker_host = value;
    return {};
  }
  if (name == "--image") {
    options.image = value;
    return {};
  }
  if (name == "--phases") return read_phases(value, options.phases);
  const auto number = parse_int(value);
  if (!number || *number < 0) return usage(str(name, " ", value, ": a number is expected"));
  const auto size = static_cast<std::size_t>(*number);
  if (name == "--agents") {
    options.agents = size;
  } else if (name == "--tasks") {
    options.tasks = size;
  } else if (name == "--services") {
    options.services = size;
  } else if (name == "--kill") {
    options.kill = size;
  } else if (name == "--writers") {
    options.writers = size;
  } else if (name == "--watchers") {
    options.watchers = size;
  } else if (name == "--rounds") {
    options.rounds = size;
  } else if (name == "--object-bytes") {
    options.object_bytes = size;
  } else if (name == "--seconds") {
    options.measured = std::chrono::seconds(*number);
  } else if (name == "--patience") {
    options.patience = std::chrono::seconds(*number);
  } else {
    return usage(str("there is no option ", name));
  }
  return {};
}

}  // namespace

Result<LoadOptions> read_options(int count, char** words) {
  LoadOptions options;
  if (count < 2) return usage("a mode is expected: tasks, writes, reads, watch or docker");
  options.mode = words[1];
  if (options.mode == "reads") options.tasks = 10'000;
  for (int i = 2; i < count; i += 2) {
    if (i + 1 == count) return usage(str(words[i], " needs a value"));
    TRY_VOID(read_option(words[i], words[i + 1], options));
  }
  if (options.muster.empty()) return usage("--muster is missing: the program under test");
  if (options.agents == 0 || options.tasks == 0 || options.writers == 0 || options.watchers == 0 ||
      options.object_bytes < 512) {
    return usage("agents, tasks, writers and watchers must not be 0, nor objects smaller than 512 bytes");
  }
  if (options.mode == "docker" && (options.docker_host.empty() || options.image.empty()))
    return usage("--docker-host and --image are missing");
  if (options.rounds == 0) options.rounds = options.mode == "watch" || options.mode == "reads" ? 50 : 5;
  if (options.services == 0) options.services = (options.tasks + 999) / 1'000;
  if (options.services > options.tasks) return usage("more services than tasks");
  return options;
}

}  // namespace muster::bench
