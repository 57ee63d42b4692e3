#include "runtime/cmd/verbs.h"

namespace muster::cmd {

const std::vector<const Verb*>& all_verbs() {
  static const std::vector<const Verb*> verbs{&dev_verb(),
                                              &server_verb(),
                                              &controllers_verb(),
                                              &agent_verb(),
                                              &apply_verb(),
                                              &diff_verb(),
                                              &delete_verb(),
                                              &get_verb(),
                                              &describe_verb(),
                                              &logs_verb(),
                                              &exec_verb(),
                                              &attach_verb(),
                                              &cp_verb(),
                                              &port_forward_verb(),
                                              &top_verb(),
                                              &events_verb(),
                                              &why_verb(),
                                              &why_not_verb(),
                                              &scale_verb(),
                                              &edit_verb(),
                                              &patch_verb(),
                                              &label_verb(),
                                              &annotate_verb(),
                                              &cordon_verb(),
                                              &uncordon_verb(),
                                              &drain_verb(),
                                              &run_verb(),
                                              &rollout_status_verb(),
                                              &rollout_restart_verb(),
                                              &rollout_undo_verb(),
                                              &rollout_pause_verb(),
                                              &rollout_resume_verb(),
                                              &rollout_promote_verb(),
                                              &rollout_abort_verb(),
                                              &wait_verb(),
                                              &explain_verb(),
                                              &token_create_verb(),
                                              &token_list_verb(),
                                              &token_delete_verb(),
                                              &version_verb(),
                                              &completion_verb()};
  return verbs;
}

}  // namespace muster::cmd
