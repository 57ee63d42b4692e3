// By which certificates the agent of a container instance is let in. Kept as a Secret of type muster.dev/agent in the
// namespace muster-system, named `agent-` and a hash of the instance's name:
//
//   instance                  the container instance's name
//   id                        of the join; renewals keep it
//   token                     the id of the join token that was used
//   keys                      the hashes of the keys that have certificates, newest first, one a line: at most two, so
//                             that an agent to which the answer to its renewal is lost still gets in
//   until                     RFC 3339: the end of the newest certificate
//   instance-uid              of the ContainerInstance, once the agent has connected
//
// From then on the instance owns it, so that it is collected with it.
//
// A host is let in no longer as soon as its ContainerInstance or this Secret is deleted, and when another host has
// joined under the name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "api/state/state.h"
#include "api/types/configuration.h"
#include "runtime/pki/certificate.h"

namespace muster::server {

struct Enrolment {
  std::string instance, id, token;
  std::vector<std::string> keys;
  Time until{};
  std::string instance_uid;
  std::int64_t revision = 0;  // of the Secret, which a write must name; not kept
};

// The Secret's name.
std::string enrolment_name(std::string_view instance);
bool is_enrolment(const Secret& secret);
// Name, namespace, type, data and the revision.
Secret secret_of(const Enrolment& enrolment);
// Code::invalid when the Secret is none, or not the one of its instance's name.
Result<Enrolment> read_enrolment(const Secret& secret);

// The one that holds. Code::unauthorized when the host has never joined or is let in no longer.
Result<Enrolment> find_enrolment(const State& state, std::string_view instance);
// The same, looked up by a connection that was let in earlier: the join must still be that one.
Result<Enrolment> find_enrolment(const State& state, std::string_view instance, std::string_view id);

// The container instance that a certificate's subject is the agent of; nothing when it is not an agent's.
std::string_view instance_of(const pki::Subject& subject);
pki::Subject agent_subject(std::string_view instance);
// Under which the agent serves its figures: NAME.containerinstances.muster.dev, where that is a legal name, and the
// address it speaks from. `peer` is that with its port.
std::vector<std::string> agent_names(std::string_view instance, const std::string& peer);
// Code::unauthorized when the certificate is an agent's whose enrolment does not hold or does not know its key.
Status check_enrolled(const State& state, const pki::Certificate& certificate);

}  // namespace muster::server
