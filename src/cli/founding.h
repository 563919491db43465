#pragma once

#include <string>
#include <vector>

#include "audit/keys.h"
#include "base/sys.h"
#include "cli/config.h"
#include "cli/made.h"
#include "cli/options.h"
#include "run/succession.h"

// What `init` makes: index, keys and log.
namespace expunge::cli {

/// Where they are to stand.
struct Places {
  std::string index_path, log_directory;
  audit::KeyFiles keys{{}};
};

/// Throws Failure(usage) when any of them is there, or was left half made; `more`, as the file of a
/// new configuration, likewise, together with what was left of it. The message says what to remove
/// where there is no log, which is made last; and, where only the configuration of an interrupted
/// init is not in its place, how to put it there.
void require_nothing_there(const Places& places, const std::string& new_config = "");

/// Makes keys, index and log where `config` says: durable on return. What it makes, it adds to
/// `made` beforehand; of two at once one makes a key, and the other throws Failure(usage) and has
/// made nothing. With `old`, index and log begin with what may be believed of that log.
void make_books(base::Sys& sys, const Config& config, const run::OldLog* old, Made& made,
                base::Time now);

/// Has the index, which belongs to a believed old log still, learn of that what people decided and
/// it does not know (run/lost_words.h), and says each. `is_behind`: the index is older.
void learn_from_old_log(base::Sys& sys, const Config& config, const run::OldLog& old,
                        const archive::Index& index, archive::Index::Writing& writing,
                        bool is_behind);

/// Refuses the options that say what a new configuration is to hold.
void refuse_new_config(const Options& options);

/// `init` without a directory: index, keys and log for the configuration that there is.
[[nodiscard]] base::ExitStatus init_here(const Invocation& call, const Options& options);

}  // namespace expunge::cli
