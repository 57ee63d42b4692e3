// Bytes both ways: exec, attach, and connections to a container's ports. For this folder only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/engine.h"

namespace muster::drivers::docker {

std::unique_ptr<Channel> open_exec(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                   const std::string& name, const std::vector<std::string>& command,
                                   ProcessStreams streams, ChannelCallbacks callbacks);
std::unique_ptr<Channel> open_attach(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                     const std::string& name, ProcessStreams streams, ChannelCallbacks callbacks);
std::unique_ptr<Channel> open_connection(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                         const std::string& name, int port, ChannelCallbacks callbacks);

}  // namespace muster::drivers::docker
