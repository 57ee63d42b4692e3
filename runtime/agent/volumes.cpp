#include "runtime/agent/volumes.h"

#include <memory>
#include <utility>

#include "api/base/text.h"
#include "runtime/agent/translate.h"

namespace muster::agent {
namespace {

constexpr std::string_view cannot_create = "CannotCreateVolumeError";

// What is still to be done, from the back.
struct Provision {
  drivers::Volumes& volumes;
  std::vector<task::VolumeConfig> left;
  drivers::DoneVoid done;
};

void next(const std::shared_ptr<Provision>& work);

void create(const std::shared_ptr<Provision>& work) {
  const task::VolumeConfig config = std::move(work->left.back());
  work->left.pop_back();
  work->volumes.create_volume(to_driver(config), [work, name = config.name](Status status) {
    if (!status.ok()) {
      Error error = std::move(status).error();
      error.message = str(error.message, " (volume ", name, ')');
      return work->done(std::move(error));
    }
    next(work);
  });
}

void next(const std::shared_ptr<Provision>& work) {
  if (work->left.empty()) return work->done({});
  const task::VolumeConfig& config = work->left.back();
  if (config.provision == task::Provision::make) return create(work);
  work->volumes.volume_present(config.name, [work](const Result<bool>& present) {
    if (!present.ok()) return work->done(present.error());
    const task::VolumeConfig& wanted = work->left.back();
    if (!*present && wanted.provision == task::Provision::ensure) return create(work);
    if (!*present) {
      return work->done(Error{Code::invalid,
                              str(cannot_create, ": this host has no volume ", wanted.name,
                                  ", and its autoprovision is false: make it, or let it be made by autoprovision"),
                              {}});
    }
    work->left.pop_back();
    next(work);
  });
}

struct Removal {
  drivers::Volumes& volumes;
  std::vector<std::string> left;
  Status worst;
  drivers::DoneVoid done;
};

// All are tried, whatever becomes of the others.
void next(const std::shared_ptr<Removal>& work) {
  if (work->left.empty()) return work->done(std::move(work->worst));
  const std::string name = std::move(work->left.back());
  work->left.pop_back();
  work->volumes.remove_volume(name, [work](Status status) {
    if (!status.ok()) work->worst = std::move(status);
    next(work);
  });
}

}  // namespace

void provide_volumes(drivers::Driver& driver, std::vector<task::VolumeConfig> wanted, drivers::DoneVoid done) {
  drivers::Volumes* volumes = driver.volumes();
  if (wanted.empty()) return done({});
  if (volumes == nullptr) {
    return done(Error{
        Code::invalid, str(cannot_create, ": the container driver of this host has no volumes: ", wanted[0].name), {}});
  }
  next(std::make_shared<Provision>(Provision{*volumes, {wanted.rbegin(), wanted.rend()}, std::move(done)}));
}

void remove_volumes(drivers::Driver& driver, std::map<std::string, std::string> labels, drivers::DoneVoid done) {
  drivers::Volumes* volumes = driver.volumes();
  if (volumes == nullptr) return done({});
  volumes->list_volumes(std::move(labels), [volumes, done = std::move(done)](Result<std::vector<std::string>> names) {
    if (!names.ok()) return done(std::move(names).error());
    next(std::make_shared<Removal>(Removal{*volumes, std::move(*names), {}, done}));
  });
}

}  // namespace muster::agent
