#include "cli/cli.h"

int main(int argc, char** argv) {
  return expunge::cli::main_program(argc, argv);
}
