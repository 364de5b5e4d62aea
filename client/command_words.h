/* From the words of a line to the command that they name. */
#ifndef CLIENT_COMMAND_WORDS_H
#define CLIENT_COMMAND_WORDS_H

#include "client/command.h"

/*
 * Runs the command of session->commands that argv's first word, or first two, name; the others are its words and
 * options. argc is at least 1. Says so where there is no such command, and which may have been meant.
 */
enum status command_words_run(struct session *session, int argc, char **argv);

#endif
