// Streams that last: the engine's events and a container's log. For this folder only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/engine.h"

namespace muster::drivers::docker {

// Tells an empty name whenever the stream is there again, also the first time: what happened before is unknown.
std::unique_ptr<Subscription> follow_events(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                            const std::map<std::string, std::string>& labels, EventCallback callback);

std::unique_ptr<Subscription> read_log(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                       const std::string& name, const LogOptions& log, LogCallbacks callbacks);

}  // namespace muster::drivers::docker
