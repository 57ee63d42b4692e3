// What `agent` and `dev` let a user choose about images.
#pragma once

#include <string>
#include <vector>

#include "runtime/agent/image_cleaner.h"
#include "runtime/agent/images.h"
#include "runtime/cmd/verb.h"

namespace muster::cmd {

struct ImageChoices {
  image::PullBehavior behavior = image::PullBehavior::standard;
  Duration pull_inactivity = std::chrono::minutes(1);
  std::string docker_config;  // a file; empty: none
  agent::CleanerOptions cleaner;
};

std::vector<Option> image_options();
// What is not given stays as it is in `choices`.
Status read_image_options(const Arguments& arguments, ImageChoices& choices);
// For the agent.
agent::ImageOptions to_agent(const ImageChoices& choices);

}  // namespace muster::cmd
