#include "command.h"
const struct command command_compare = {.name = "compare"};
