#include "cli/log_commands.h"

namespace expunge::cli {

base::ExitStatus log_command(Invocation call) {
  static const std::vector<Command> kCommands = {
      {"verify", "check every line, signature and the checkpoint", log_verify_command},
      {"show", "print the entries", log_show_command},
      {"checkpoint", "print the newest checkpoint", log_checkpoint_command},
      {"certificate", "certificates of destruction, to check, to read and to print",
       log_certificate_command},
      {"consistency", "prove that the log continues a checkpoint kept elsewhere",
       log_consistency_command},
      {"verify-certificate", "check a certificate, without the log",
       log_verify_certificate_command},
      {"timestamp", "have an authority outside say when a checkpoint existed",
       log_timestamp_command},
  };
  return dispatch(kCommands, std::move(call));
}

}  // namespace expunge::cli
