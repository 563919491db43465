#pragma once

#include "cli/command.h"

// The members of the family `expunge log`, a file each.
namespace expunge::cli {

[[nodiscard]] base::ExitStatus log_verify_command(Invocation call);
[[nodiscard]] base::ExitStatus log_show_command(Invocation call);
[[nodiscard]] base::ExitStatus log_checkpoint_command(Invocation call);
[[nodiscard]] base::ExitStatus log_certificate_command(Invocation call);
[[nodiscard]] base::ExitStatus log_consistency_command(Invocation call);
[[nodiscard]] base::ExitStatus log_verify_certificate_command(Invocation call);
[[nodiscard]] base::ExitStatus log_timestamp_command(Invocation call);

}  // namespace expunge::cli
