// Bounds on everything that comes from outside, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::limits {

inline constexpr std::size_t body_bytes = 3U << 20U;    // request body (Kubernetes: 3 MiB)
inline constexpr std::size_t object_bytes = 1U << 20U;  // one stored object
inline constexpr std::size_t configuration_object_bytes =
    2U << 20U;                                                 // ... a Secret or ConfigMap, whose values take base64
inline constexpr std::size_t document_depth = 64;              // nesting of JSON and YAML
inline constexpr std::size_t raw_depth = 40;                   // of a value that is kept but not interpreted
inline constexpr std::size_t document_nodes = 200'000;         // values in one document
inline constexpr std::size_t alias_expansions = 1'000;         // nodes that YAML aliases may add
inline constexpr std::size_t manifest_bytes = 16U << 20U;      // one manifest file
inline constexpr std::size_t manifest_documents = 5'000;       // documents in one file
inline constexpr std::size_t annotations_bytes = 256U << 10U;  // as Kubernetes
inline constexpr std::size_t configuration_bytes = 1U << 20U;  // values of a Secret or ConfigMap, as Kubernetes
inline constexpr std::size_t causes = 64;                      // findings reported at once
inline constexpr std::size_t role_parts = 65'536;              // single permissions of a role that is granted
inline constexpr std::size_t batch_objects = 1'024;            // design.md section 5
inline constexpr std::size_t patch_steps = 5'000'000;          // values that a JSON patch moves or looks at
inline constexpr std::size_t patch_operations = 10'000;        // of one JSON patch (Kubernetes)
inline constexpr std::size_t batch_bytes = 16U << 20U;         // one batch as a request body
inline constexpr std::int64_t tasks_per_service = 100'000;
inline constexpr std::size_t containers_per_task = 10;            // ECS quota
inline constexpr std::size_t task_definition_bytes = 64U << 10U;  // ECS quota

// Streams: exec, attach, port-forward. A side that is read faster than the other takes it is paused at the first mark
// and read again at the second.
inline constexpr std::size_t command_words = 1'000;           // of one exec
inline constexpr std::size_t stream_pause_bytes = 1U << 20U;  // waiting for one slow reader
inline constexpr std::size_t stream_resume_bytes = 256U << 10U;
inline constexpr std::size_t stream_piece_bytes = 64U << 10U;   // one message of a tunnel
inline constexpr std::size_t stream_message_bytes = 1U << 20U;  // ... that is accepted
inline constexpr std::size_t open_streams = 1'000;              // that a server has open at once
inline constexpr std::size_t agent_streams = 256;               // ... and one agent
inline constexpr std::size_t forwarded_connections = 128;       // of one port-forward
inline constexpr std::size_t forwarded_ports = 32;              // ... over channels

}  // namespace muster::limits
