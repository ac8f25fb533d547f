/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of the virtual card.
 */
#include "applet/port/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool disk_write(int fd, const uint8_t *bytes, size_t len, off_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
		offset += n;
	}
	return true;
}

bool disk_read(int fd, uint8_t *bytes, size_t len, off_t offset)
{
	while (len > 0) {
		ssize_t n = pread(fd, bytes, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
		offset += n;
	}
	return true;
}

bool disk_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;
	bool good;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else if (snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path) >=
		 (int)sizeof(folder))
		return false;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = fsync(fd) == 0;
	(void)close(fd);
	return good;
}

/* Whether fd, locked by now, is still what the name stands for. */
static bool still_named(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	       mine.st_ino == named.st_ino;
}

enum cs_err disk_lock(int fd, const char *path)
{
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? CS_ERR_BUSY : CS_ERR_IO;
	return still_named(fd, path) ? CS_OK : CS_ERR_BUSY;
}
