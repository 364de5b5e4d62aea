/* Applying a document out of a file, and showing what that changes: for catalogue and calendars. */
#ifndef CLIENT_APPLY_H
#define CLIENT_APPLY_H

#include "client/command.h"
#include "client/document.h"

/* Reads the file named by the word `file`, asks the command's method with it as `document`, shows the changes. */
enum status apply_run(struct session *session, const struct command *command, document_reader *reader);

/* Shows {"changes": [{change, what, detail}], "dry_run": bool}. */
void apply_render(struct render *render, const json_t *result);

#endif
