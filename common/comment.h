/*
 * Comments of configuration files, taken out before libConfuse reads them: it (3.3) counts the lines of
 * comments wrongly, and what it says of a mistake below one would name a wrong line.
 */
#ifndef COMMON_COMMENT_H
#define COMMON_COMMENT_H

/*
 * Overwrites the comments of a NUL-terminated text (from # or // to the end of the line, and between
 * slash-star and star-slash) with blanks; line ends stay, and so does what is quoted.
 */
void comment_blank(char *text);

#endif
