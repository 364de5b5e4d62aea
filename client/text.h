/*
 * Text from elsewhere on its way to a terminal: control characters never get there raw, whoever wrote
 * them into a title or an error.
 */
#ifndef CLIENT_TEXT_H
#define CLIENT_TEXT_H

#include <stdbool.h>

/*
 * A copy, for free(), in which control characters (C0, DEL, C1, and those that turn the direction of
 * writing) and bytes that are not UTF-8 stand as <0xNN> or <U+NNNN>. lines: newlines and tabs stay;
 * otherwise each becomes a space. NULL counts as "".
 */
char *text_safe(const char *text, bool lines);

/* As text_safe(), for JSON text: what jansson leaves raw becomes \u00NN. */
char *text_safe_json(const char *json);

/* Writes "entitle: <sentence>" to stderr, safely. */
void text_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes a further line to stderr, indented under the sentence before. */
void text_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sets LC_ALL from the environment, with UTF-8 where that names no character set. */
void text_locale(void);

/* The bytes of the UTF-8 character at text and its code point; 0 if it is none. */
unsigned text_character(const char *text, unsigned *point);

#endif
