#include "runtime/cmd/controller_threads.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "controllers/all/all.h"
#include "runtime/base/version.h"

namespace muster::cmd {

void ControllerThreads::start(
    const std::vector<std::string>& names, store::Objects& objects,
    const std::function<std::function<void(const reconcile::Outcome&)>(const std::string& name)>& observer) {
  for (std::unique_ptr<Controller>& controller : make_controllers(names)) {
    auto worker = std::make_unique<Worker>(controller->name().data());
    reconcile::RunnerOptions options;
    options.build = str(version(), "+", build_revision());
    if (observer) options.on_outcome = observer(std::string(controller->name()));
    worker->runner = std::make_unique<reconcile::Runner>(std::move(controller), objects, worker->loop, worker->random,
                                                         std::move(options));
    worker->loop.post([target = worker->runner.get()] { target->start(); });
    workers_.push_back(std::move(worker));
  }
}

void ControllerThreads::stop() {
  for (auto& worker : workers_) {
    worker->loop.stop();
    worker->runner.reset();
  }
}

Result<std::vector<std::string>> choose_controllers(const std::string& text) {
  const std::vector<std::string> all = controller_names();
  if (text.empty()) return all;
  std::vector<std::string> chosen;
  std::vector<std::string> without;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    const bool taken_away = !word.empty() && word[0] == '-';
    const std::string name(taken_away ? word.substr(1) : word);
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      return Error{
          Code::malformed, str("--controllers: there is no controller ", name, "; there are: ", join(all, ", ")), {}};
    }
    (taken_away ? without : chosen).push_back(name);
  }
  if (!chosen.empty() && !without.empty()) {
    return Error{Code::malformed,
                 str("--controllers: name those to run (", join(chosen, ","), "), or those to leave out (-",
                     join(without, ",-"), "), not both"),
                 {}};
  }
  if (chosen.empty()) chosen = all;
  chosen.erase(std::remove_if(chosen.begin(), chosen.end(),
                              [&](const std::string& name) {
                                return std::find(without.begin(), without.end(), name) != without.end();
                              }),
               chosen.end());
  return chosen;
}

}  // namespace muster::cmd
