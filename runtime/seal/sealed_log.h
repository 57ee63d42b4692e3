// A log whose Secrets are sealed: what lies on the disk tells nothing of them, what is read back is plain. The store
// above notices nothing.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "runtime/seal/key_file.h"
#include "runtime/store/log.h"

namespace muster::seal {

enum class Rotation { keep, new_key };

// Rows of Secrets go through `keys`: each is bound to its kind, namespace, name and revision, its uid being a part of
// what is sealed, so that none can be put in the place of another one. A row that is not sealed is an error.
std::unique_ptr<store::Log> seal_log(std::unique_ptr<store::Log> log, Keys keys, Random& random);

// The same with the keys in a file, which is made when there is none and nothing is sealed yet. With
// Rotation::new_key a key is added first. What older keys have sealed is sealed anew with the newest, and then they are
// dropped; so a rotation that was interrupted is completed by the next call. The log must be held by this process
// alone. Code::not_found when the file is missing that the rows need; errors of read_keys() and of the log.
Result<std::unique_ptr<store::Log>> seal_log_by_file(std::unique_ptr<store::Log> log, const std::string& path,
                                                     Random& random, Rotation rotation);

}  // namespace muster::seal
