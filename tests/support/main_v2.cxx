// Catch2 2.x has no library with a main() that every distribution ships; 3.x does.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
