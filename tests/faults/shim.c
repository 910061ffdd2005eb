/* A disk that fails on demand: preloaded under a whole process, Python and Rust alike.
 *
 * Each call that changes something below the armed folder is counted. The chosen one is failed with an error, cut short,
 * or never returns, because the process is killed in the middle of it. With `sticky`, all that follow fail as well, as
 * on a disk that is full. A journal tells the calls that were seen, so that a test can prove that none is missing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, KILL, FAIL, SHORT };
enum verdict { GO, REFUSE, HALVE };

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static int armed, chosen, manner, error_number, is_sticky, journal = -1;
static volatile int seen;

void shim_arm(const char *folder, int at, int how, int error, int sticky, int journal_fd)
{
    snprintf(root, sizeof root, "%s/", folder);
    chosen = at, manner = how, error_number = error, is_sticky = sticky, journal = journal_fd;
    seen = 0;
    armed = 1;
}

int shim_disarm(void)
{
    armed = 0;
    return seen;
}

static int is_below(const char *path) { return strncmp(path, root, strlen(root)) == 0; }

/* The absolute path of a name in an open folder; empty where it cannot be told. */
static void absolute(int folder, const char *name, char *out)
{
    char link[64];
    ssize_t length = 0;
    out[0] = 0;
    if (name[0] == '/') {
        snprintf(out, PATH_MAX, "%s", name);
        return;
    }
    if (folder == AT_FDCWD) {
        if (!getcwd(out, PATH_MAX))
            return;
        length = (ssize_t)strlen(out);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
        if (length < 0)
            return;
        out[length] = 0;
    }
    if (name[0])
        snprintf(out + length, PATH_MAX - (size_t)length, "/%s", name);
}

static enum verdict decide(const char *call, const char *path, long bytes)
{
    enum verdict verdict = GO;
    char line[PATH_MAX + 64];
    pthread_mutex_lock(&one_at_a_time);
    seen++;
    if (seen == chosen || (is_sticky && chosen && seen > chosen)) {
        if (manner == KILL) {
            syscall(SYS_kill, getpid(), SIGKILL);
            for (;;)
                pause();
        }
        verdict = manner == FAIL ? REFUSE : manner == SHORT ? HALVE : GO;
    }
    if (journal >= 0 && verdict == GO) {
        int length = snprintf(line, sizeof line, "%s\t%s\t%ld\n", call, path, bytes);
        syscall(SYS_write, journal, line, (size_t)length);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return verdict;
}

static enum verdict at_path(const char *call, int folder, const char *name)
{
    char path[PATH_MAX];
    if (!armed)
        return GO;
    absolute(folder, name, path);
    return is_below(path) ? decide(call, path, 0) : GO;
}

static enum verdict at_file(const char *call, int fd, long bytes)
{
    char path[PATH_MAX];
    if (!armed)
        return GO;
    absolute(fd, "", path);
    return is_below(path) ? decide(call, path, bytes) : GO;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSED(verdict) if ((verdict) == REFUSE) return errno = error_number, -1

#define AN_OPEN(name)                                                                                               \
    int name(const char *path, int flags, ...)                                                                      \
    {                                                                                                               \
        va_list rest;                                                                                               \
        va_start(rest, flags);                                                                                      \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                     \
        va_end(rest);                                                                                               \
        if (flags & (O_CREAT | O_TRUNC))                                                                            \
            REFUSED(at_path("open", AT_FDCWD, path));                                                               \
        return REAL(name)(path, flags, mode);                                                                       \
    }
#define AN_OPENAT(name)                                                                                             \
    int name(int folder, const char *path, int flags, ...)                                                          \
    {                                                                                                               \
        va_list rest;                                                                                               \
        va_start(rest, flags);                                                                                      \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                     \
        va_end(rest);                                                                                               \
        if (flags & (O_CREAT | O_TRUNC))                                                                            \
            REFUSED(at_path("open", folder, path));                                                                 \
        return REAL(name)(folder, path, flags, mode);                                                               \
    }
AN_OPEN(open)
AN_OPEN(open64)
AN_OPENAT(openat)
AN_OPENAT(openat64)

ssize_t write(int fd, const void *bytes, size_t length)
{
    enum verdict verdict = fd > 2 ? at_file("write", fd, (long)length) : GO;
    REFUSED(verdict);
    return REAL(write)(fd, bytes, verdict == HALVE && length > 1 ? length / 2 : length);
}

#define A_PWRITE(name, offset_type)                                                                                 \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type offset)                                      \
    {                                                                                                               \
        enum verdict verdict = at_file("write", fd, (long)length);                                                  \
        REFUSED(verdict);                                                                                           \
        return REAL(name)(fd, bytes, verdict == HALVE && length > 1 ? length / 2 : length, offset);                 \
    }
A_PWRITE(pwrite, off_t)
A_PWRITE(pwrite64, off64_t)

static long total(const struct iovec *parts, int count)
{
    long bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += (long)parts[i].iov_len;
    return bytes;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    enum verdict verdict = fd > 2 ? at_file("write", fd, total(parts, count)) : GO;
    REFUSED(verdict);
    return REAL(writev)(fd, parts, verdict == HALVE && count > 1 ? 1 : count);
}

/* Copies inside the kernel are refused outright: those who ask then copy by writes, which are seen. */
ssize_t sendfile(int out, int in, off_t *offset, size_t length) { return errno = EINVAL, -1; }
ssize_t sendfile64(int out, int in, off64_t *offset, size_t length) { return errno = EINVAL, -1; }
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags)
{
    return errno = ENOSYS, -1;
}

#define ON_A_FILE(name, ...)                                                                                        \
    {                                                                                                               \
        REFUSED(at_file(#name, fd, 0));                                                                             \
        return REAL(name)(__VA_ARGS__);                                                                             \
    }
int fsync(int fd) ON_A_FILE(fsync, fd)
int fdatasync(int fd) ON_A_FILE(fdatasync, fd)
int ftruncate(int fd, off_t length) ON_A_FILE(ftruncate, fd, length)
int ftruncate64(int fd, off64_t length) ON_A_FILE(ftruncate64, fd, length)
int fchmod(int fd, mode_t mode) ON_A_FILE(fchmod, fd, mode)

#define ON_A_PATH(name, folder, path, ...)                                                                          \
    {                                                                                                               \
        REFUSED(at_path(#name, folder, path));                                                                      \
        return REAL(name)(__VA_ARGS__);                                                                             \
    }
int rename(const char *from, const char *to) ON_A_PATH(rename, AT_FDCWD, to, from, to)
int renameat(int a, const char *from, int b, const char *to) ON_A_PATH(renameat, b, to, a, from, b, to)
int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
    ON_A_PATH(renameat2, b, to, a, from, b, to, flags)
int link(const char *from, const char *to) ON_A_PATH(link, AT_FDCWD, to, from, to)
int linkat(int a, const char *from, int b, const char *to, int flags) ON_A_PATH(linkat, b, to, a, from, b, to, flags)
int symlink(const char *target, const char *path) ON_A_PATH(symlink, AT_FDCWD, path, target, path)
int symlinkat(const char *target, int folder, const char *path) ON_A_PATH(symlinkat, folder, path, target, folder, path)
int unlink(const char *path) ON_A_PATH(unlink, AT_FDCWD, path, path)
int unlinkat(int folder, const char *path, int flags) ON_A_PATH(unlinkat, folder, path, folder, path, flags)
int rmdir(const char *path) ON_A_PATH(rmdir, AT_FDCWD, path, path)
int mkdir(const char *path, mode_t mode) ON_A_PATH(mkdir, AT_FDCWD, path, path, mode)
int mkdirat(int folder, const char *path, mode_t mode) ON_A_PATH(mkdirat, folder, path, folder, path, mode)
int chmod(const char *path, mode_t mode) ON_A_PATH(chmod, AT_FDCWD, path, path, mode)
int truncate(const char *path, off_t length) ON_A_PATH(truncate, AT_FDCWD, path, path, length)
