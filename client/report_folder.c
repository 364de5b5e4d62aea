/* Names are put in place by rename() only; the lock is on the part's own folder, and goes with the process. */
#include "config.h"

#include "client/memory.h"
#include "client/report_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTNERS "partners"

/* Calls `visit` with each name in a folder (but "." and ".."). False if the folder cannot be read or visit says so.
 */
static bool folder_each(int within, bool (*visit)(int within, const char *name, void *data), void *data)
{
    int copy = openat(within, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    bool good = directory != NULL;
    struct dirent *entry;

    if (directory == NULL && copy >= 0)
        close(copy);
    while (good && (entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = visit(within, entry->d_name, data);
    if (directory != NULL)
        closedir(directory);
    return good;
}

static bool file_remove(int within, const char *name, void *data)
{
    (void)data;
    return unlinkat(within, name, 0) == 0;
}

/* Removes a name in the part: a file, or the folder partners/ with its files. */
static bool entry_remove(int within, const char *name, void *data)
{
    if (strcmp(name, PARTNERS) != 0)
        return file_remove(within, name, data);
    int partners = openat(within, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (partners < 0)
        return false;
    bool good = folder_each(partners, file_remove, NULL);
    close(partners);
    return good && unlinkat(within, name, AT_REMOVEDIR) == 0;
}

/* Opens the part, empty and locked; false with errno, EWOULDBLOCK where another process has it. */
static bool part_open(struct report_folder *folder)
{
    struct stat held, named;

    if (mkdirat(folder->parent, folder->part, 0777) != 0 && errno != EEXIST)
        return false;
    folder->within = openat(folder->parent, folder->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder->within < 0 || flock(folder->within, LOCK_EX | LOCK_NB) != 0)
        return false;
    /* What was locked may have got its final name meanwhile. */
    if (fstat(folder->within, &held) != 0 ||
        fstatat(folder->parent, folder->part, &named, AT_SYMLINK_NOFOLLOW) != 0 || held.st_ino != named.st_ino) {
        errno = EWOULDBLOCK;
        return false;
    }
    if (!folder_each(folder->within, entry_remove, NULL) || mkdirat(folder->within, PARTNERS, 0777) != 0)
        return false;
    folder->partners = openat(folder->within, PARTNERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->partners >= 0;
}

bool report_folder_begin(struct report_folder *folder, const char *path, const char *date, char *why,
                         size_t why_size)
{
    *folder = (struct report_folder){.path = path, .parent = -1, .within = -1, .partners = -1};
    snprintf(folder->date, sizeof folder->date, "%.10s", date);
    snprintf(folder->part, sizeof folder->part, ".%.10s.part", date);
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        folder->parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->parent >= 0 && part_open(folder))
        return true;
    if (errno == EWOULDBLOCK) {
        snprintf(why, why_size, "%s/%s: another process is writing the report of this day", path, date);
        if (folder->within >= 0)
            close(folder->within);
        folder->within = -1; /* it is not ours to remove */
    } else {
        snprintf(why, why_size, "%s/%s: %s", path, folder->parent < 0 ? "" : folder->part, strerror(errno));
    }
    report_folder_end(folder);
    return false;
}

FILE *report_folder_open(const struct report_folder *folder, const char *partner, const char *name, char *why,
                         size_t why_size)
{
    char *file = memory_format("%s%s", partner == NULL ? "" : partner, name);
    int within = partner == NULL ? folder->within : folder->partners;
    int fd = openat(within, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");

    if (stream == NULL) {
        snprintf(why, why_size, "%s/%s/%s%s: %s", folder->path, folder->part, partner == NULL ? "" : PARTNERS "/",
                 file, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    free(file);
    return stream;
}

bool report_folder_close(FILE *stream, char *why, size_t why_size)
{
    bool good = fflush(stream) == 0 && !ferror(stream);
    int problem = errno;

    good = fclose(stream) == 0 && good;
    if (!good)
        snprintf(why, why_size, "the report could not be written: %s", strerror(problem != 0 ? problem : errno));
    return good;
}

/* Moves a file into the folder whose descriptor is *data. */
static bool file_move(int within, const char *name, void *data)
{
    return strcmp(name, PARTNERS) == 0 || renameat(within, name, *(const int *)data, name) == 0;
}

/* Moves all files into a folder that is there already. */
static bool part_merge(struct report_folder *folder)
{
    int to = openat(folder->parent, folder->date, O_RDONLY | O_DIRECTORY | O_CLOEXEC), partners = -1;
    bool good = to >= 0 && (mkdirat(to, PARTNERS, 0777) == 0 || errno == EEXIST);

    if (good)
        partners = openat(to, PARTNERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = good && partners >= 0 && folder_each(folder->partners, file_move, &partners) &&
           folder_each(folder->within, file_move, &to);
    int problem = errno;
    if (partners >= 0)
        close(partners);
    if (to >= 0)
        close(to);
    errno = problem;
    return good;
}

bool report_folder_publish(struct report_folder *folder, char *why, size_t why_size)
{
    bool good = syncfs(folder->within) == 0;

    if (good && renameat(folder->parent, folder->part, folder->parent, folder->date) == 0) {
        close(folder->within);
        folder->within = -1;
    } else if (good) {
        good = (errno == ENOTEMPTY || errno == EEXIST) && part_merge(folder);
    }
    good = good && fsync(folder->parent) == 0;
    if (!good)
        snprintf(why, why_size, "%s/%s: %s", folder->path, folder->date, strerror(errno));
    return good;
}

void report_folder_end(struct report_folder *folder)
{
    if (folder->path == NULL)
        return;
    if (folder->within >= 0 && folder_each(folder->within, entry_remove, NULL))
        unlinkat(folder->parent, folder->part, AT_REMOVEDIR);
    if (folder->partners >= 0)
        close(folder->partners);
    if (folder->within >= 0)
        close(folder->within);
    if (folder->parent >= 0)
        close(folder->parent);
    *folder = (struct report_folder){0};
}
