// The engine's volumes. For this folder only.
#pragma once

#include <memory>

#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/engine.h"

namespace muster::drivers::docker {

// No callback comes after its end.
std::unique_ptr<Volumes> make_volumes(std::shared_ptr<Engine> engine, const DockerOptions& options);

}  // namespace muster::drivers::docker
