#include "cli/cli.h"

int main(int argc, char** argv) {
  return expunge::cli::run_command(argc, argv);
}
