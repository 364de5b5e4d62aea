/*
 * The folder of a day, while it is written: FOLDER/.DATE.part, which becomes FOLDER/DATE when all is there. One
 * process at a time writes it; what a killed one left is removed.
 */
#ifndef CLIENT_REPORT_FOLDER_H
#define CLIENT_REPORT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct report_folder {
    const char *path;             /* FOLDER; borrowed */
    char date[16], part[32];      /* "2004-08-23", ".2004-08-23.part" */
    int parent, within, partners; /* descriptors of FOLDER, of the part, of its partners/ */
};

/* Makes FOLDER where it is missing, and the part anew. date: YYYY-MM-DD. False with a sentence. */
bool report_folder_begin(struct report_folder *folder, const char *path, const char *date, char *why,
                         size_t why_size);

/* A new file, NULL with a sentence; partner: a code, for partners/CODE<name>; NULL: name alone. */
FILE *report_folder_open(const struct report_folder *folder, const char *partner, const char *name, char *why,
                         size_t why_size);

/* Closes it. False with a sentence if not all of it could be written. */
bool report_folder_close(FILE *stream, char *why, size_t why_size);

/* Gives the part its name; files of the same name that were there before are replaced, others stay. */
bool report_folder_publish(struct report_folder *folder, char *why, size_t why_size);

/* Removes the part, if it was not published, and lets go of all. Also of a folder that was not begun (all zero). */
void report_folder_end(struct report_folder *folder);

#endif
