/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Small files that hold secrets.
 */
#include "daemon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

static enum cs_err file_error(void)
{
	return errno == ENOENT ? CS_ERR_NOT_FOUND : errno == EEXIST ? CS_ERR_EXISTS : CS_ERR_IO;
}

bool file_sync_directory(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return false;
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = fsync(fd) == 0;
	(void)close(fd);
	return done;
}

enum cs_err file_create(const char *path, mode_t mode, struct cs_view contents)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return file_error();
	bool done = fchmod(fd, mode) == 0;
	while (done && contents.len) {
		ssize_t put = write(fd, contents.ptr, contents.len);
		done = put > 0;
		if (done)
			contents = cs_view(contents.ptr + put, contents.len - (size_t)put);
	}
	done = done && fsync(fd) == 0;
	done = close(fd) == 0 && done;
	if (done && file_sync_directory(path))
		return CS_OK;
	(void)unlink(path);
	return CS_ERR_IO;
}

enum cs_err file_replace(const char *path, mode_t mode, struct cs_view contents)
{
	char fresh[PATH_MAX];
	struct stat old;

	if (lstat(path, &old) != 0)
		return file_error();
	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return CS_ERR_IO;
	if (unlink(fresh) != 0 && errno != ENOENT) /* of a run that was cut off */
		return CS_ERR_IO;
	enum cs_err err = file_create(fresh, mode, contents);
	if (err)
		return err;
	bool mine = old.st_uid == geteuid() && old.st_gid == getegid();
	if ((mine || lchown(fresh, old.st_uid, old.st_gid) == 0) && rename(fresh, path) == 0)
		return file_sync_directory(path) ? CS_OK : CS_ERR_STATE;
	(void)unlink(fresh);
	return CS_ERR_IO;
}

/* Whether it is one that systemd passes and that is still root's, with an access list for the service's
 * account alone, whose mask stands where the group's rights do. */
static bool file_is_credential(const char *path, const struct stat *st)
{
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");
	size_t len = directory ? strlen(directory) : 0;

	return st->st_uid == 0 && st->st_gid == 0 && len && strncmp(path, directory, len) == 0 &&
	       path[len] == '/' && !strchr(path + len + 1, '/');
}

enum cs_err file_read_private(const char *path, struct cs_writer *out)
{
	struct stat st;
	uint8_t chunk[512];
	ssize_t got = 0;
	mode_t others = S_IRWXG | S_IRWXO;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return file_error();
	enum cs_err err = CS_OK;
	if (fstat(fd, &st) != 0)
		err = CS_ERR_IO;
	else if (file_is_credential(path, &st))
		others &= ~(mode_t)S_IRGRP;
	if (!err && (!S_ISREG(st.st_mode) || (st.st_mode & others)))
		err = CS_ERR_DENIED;
	while (!err && (got = read(fd, chunk, sizeof(chunk))) > 0) {
		cs_write_view(out, cs_view(chunk, (size_t)got));
		err = cs_writer_done(out);
	}
	(void)close(fd);
	cs_wipe(chunk, sizeof(chunk));
	return !err && got < 0 ? CS_ERR_IO : err;
}
