// All verbs; each in the file of its name. The table that lists them is in main.cpp.
#pragma once

#include "runtime/cmd/verb.h"

namespace muster::cmd {

const Verb& server_verb();
const Verb& controllers_verb();
const Verb& agent_verb();
const Verb& dev_verb();
const Verb& apply_verb();
const Verb& diff_verb();
const Verb& delete_verb();
const Verb& get_verb();
const Verb& describe_verb();
const Verb& logs_verb();
const Verb& exec_verb();
const Verb& attach_verb();
const Verb& cp_verb();
const Verb& port_forward_verb();
const Verb& top_verb();
const Verb& events_verb();
const Verb& why_verb();
const Verb& why_not_verb();
const Verb& scale_verb();
const Verb& edit_verb();
const Verb& patch_verb();
const Verb& label_verb();
const Verb& annotate_verb();
const Verb& cordon_verb();
const Verb& uncordon_verb();
const Verb& drain_verb();
const Verb& run_verb();
const Verb& rollout_status_verb();
const Verb& rollout_restart_verb();
const Verb& rollout_undo_verb();
const Verb& rollout_pause_verb();
const Verb& rollout_resume_verb();
const Verb& rollout_promote_verb();
const Verb& rollout_abort_verb();
const Verb& wait_verb();
const Verb& explain_verb();
const Verb& token_create_verb();
const Verb& token_list_verb();
const Verb& token_delete_verb();
const Verb& version_verb();
const Verb& completion_verb();

// All of them, in the order of `muster --help`.
const std::vector<const Verb*>& all_verbs();

}  // namespace muster::cmd
