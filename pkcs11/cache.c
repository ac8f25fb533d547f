/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of the cache.
 *
 * Invariants:
 *  1. A directory or file is used only if it is the user's own and, the directory, closed to everyone else;
 * symbolic links are not followed in it.
 *  2. A file has its name from the moment that it is whole: it is written under another one, and renamed.
 *  3. What is read is compared with the digest that the card gave, and deleted where it differs.
 *  4. fork waits for no file (gate.h, descriptor.h).
 */
#include "pkcs11/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cardclient/piv.h"
#include "pkcs11/descriptor.h"
#include "pkcs11/gate.h"
#include "pkcs11/hash.h"
#include "pkcs11/settings.h"

#define PATH_LEN 1024u
#define NAME_LEN (2u * CACHE_DIGEST_LEN + 1u)

/* The cache's parent, and whether there is one: an absolute path (XDG Base Directory Specification). */
static bool parent_path(char *out, size_t size)
{
	const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int len;

	if (cache != NULL && cache[0] == '/')
		len = snprintf(out, size, "%s", cache);
	else if (home != NULL && home[0] == '/')
		len = snprintf(out, size, "%s/.cache", home);
	else
		return false;
	return len > 0 && (size_t)len < size;
}

static bool ours(int fd, mode_t type, mode_t closed)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       (st.st_mode & closed) == 0;
}

/* The directory, made if asked for; -1 where there is none to be used. */
static int directory_open(bool make)
{
	char parent[PATH_LEN], path[PATH_LEN + sizeof("/countersign")];
	int fd;

	if (!settings_now()->cache || !parent_path(parent, sizeof(parent)))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/countersign", parent);
	if (make) {
		(void)mkdir(parent, S_IRWXU);
		(void)mkdir(path, S_IRWXU);
	}
	fd = descriptor_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd >= 0 && !ours(fd, S_IFDIR, S_IRWXG | S_IRWXO)) {
		(void)descriptor_close(fd);
		return -1;
	}
	return fd;
}

static void file_name(const uint8_t digest[CACHE_DIGEST_LEN], char out[NAME_LEN])
{
	for (size_t i = 0; i < CACHE_DIGEST_LEN; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- reading ---- */

/* One byte more than fits is asked for: a longer file is none of ours. */
static size_t read_file(int fd, uint8_t *content, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size) {
		n = read(fd, content + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	return n == 0 ? len : 0;
}

static bool has_digest(struct cs_view content, const uint8_t digest[CACHE_DIGEST_LEN])
{
	uint8_t found[HASH_MAX];

	return hash_digest(hash_by_mechanism(CKM_SHA256), &content, 1, found) == CS_OK &&
	       memcmp(found, digest, CACHE_DIGEST_LEN) == 0;
}

/* The file's content into out; its length, 0 where there is none. */
static size_t take_file(int dir, const char *name, uint8_t *out, size_t size)
{
	size_t len = 0;
	/* Not to be held up by a pipe. */
	int fd = descriptor_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return 0;
	if (ours(fd, S_IFREG, S_IWGRP | S_IWOTH))
		len = read_file(fd, out, size);
	(void)descriptor_close(fd);
	return len;
}

static size_t read_named(const char *name, uint8_t *out, size_t size)
{
	int dir = directory_open(false);
	size_t len;

	if (dir < 0)
		return 0;
	len = take_file(dir, name, out, size);
	(void)descriptor_close(dir);
	return len;
}

static void delete_named(const char *name)
{
	int dir = directory_open(false);

	if (dir < 0)
		return;
	(void)unlinkat(dir, name, 0);
	(void)descriptor_close(dir);
}

size_t cache_read(const char *name, uint8_t *out, size_t size)
{
	bool was_inside = gate_away();
	size_t len = read_named(name, out, size);

	gate_back(was_inside);
	return len;
}

static void cache_delete(const char *name)
{
	bool was_inside = gate_away();

	delete_named(name);
	gate_back(was_inside);
}

bool cache_get(const uint8_t digest[CACHE_DIGEST_LEN], struct cs_writer *out)
{
	uint8_t content[CC_PIV_OBJECT_MAX + 1];
	char name[NAME_LEN];
	size_t len;

	file_name(digest, name);
	len = cache_read(name, content, sizeof(content));
	if (len == 0 || !has_digest(cs_view(content, len), digest)) {
		cache_delete(name);
		return false;
	}
	cs_write_view(out, cs_view(content, len));
	return cs_writer_done(out) == CS_OK;
}

/* ---- all of them ---- */

static DIR *files_open(int dir)
{
	int fd = descriptor_open(dir, ".", O_RDONLY | O_DIRECTORY);
	DIR *files = fd >= 0 ? fdopendir(fd) : NULL;

	if (files == NULL && fd >= 0)
		(void)descriptor_close(fd);
	return files;
}

static void files_close(DIR *files)
{
	if (descriptor_let_go(dirfd(files)))
		(void)closedir(files);
}

static bool any_named(const char *prefix)
{
	int dir = directory_open(false);
	DIR *files = dir >= 0 ? files_open(dir) : NULL;
	const struct dirent *entry;
	bool found = false;

	while (files != NULL && !found &&
	       (entry = readdir(files)) != NULL) /* NOLINT(concurrency-mt-unsafe): of a stream of our own */
		found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	if (files != NULL)
		files_close(files);
	if (dir >= 0)
		(void)descriptor_close(dir);
	return found;
}

bool cache_has(const char *prefix)
{
	bool was_inside = gate_away(), found = any_named(prefix);

	gate_back(was_inside);
	return found;
}

/* ---- writing ---- */

static bool is_older(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* Files, and the oldest of them. What was left behind by a program that died in the middle counts, and goes
 * in its turn. */
static size_t look_through(DIR *files, char *oldest, size_t size)
{
	const struct dirent *entry;
	struct stat st, first = {.st_mode = 0};
	size_t n = 0;

	while ((entry = readdir(files)) != NULL) { /* NOLINT(concurrency-mt-unsafe): of a stream of our own */
		if (fstatat(dirfd(files), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    S_ISDIR(st.st_mode) || strlen(entry->d_name) >= size)
			continue;
		if (n == 0 || is_older(&st, &first)) {
			first = st;
			memcpy(oldest, entry->d_name, strlen(entry->d_name) + 1);
		}
		n++;
	}
	return n;
}

/* Room for one more file. A few at a time, should there be many too many. */
static void make_room(int dir)
{
	char oldest[256];
	size_t n = CACHE_FILES_MAX;

	for (int i = 0; i < 4 && n >= CACHE_FILES_MAX; i++) {
		DIR *files = files_open(dir);

		if (files == NULL)
			return;
		n = look_through(files, oldest, sizeof(oldest));
		files_close(files);
		if (n >= CACHE_FILES_MAX)
			(void)unlinkat(dir, oldest, 0);
	}
}

static bool write_all(int fd, struct cs_view content)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.ptr, content.len);

		if (n <= 0)
			return false;
		content = cs_view(content.ptr + n, content.len - (size_t)n);
	}
	return true;
}

static void write_file(int dir, const char *name, struct cs_view content)
{
	static atomic_uint number;
	char new[64];
	int fd;
	bool whole;

	(void)snprintf(new, sizeof(new), ".new-%ld-%u", (long)getpid(), atomic_fetch_add(&number, 1));
	fd = descriptor_open(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
	if (fd < 0)
		return;
	whole = write_all(fd, content);
	if (descriptor_close(fd) != 0 || !whole || renameat(dir, new, dir, name) != 0)
		(void)unlinkat(dir, new, 0);
}

static void write_named(const char *name, struct cs_view content)
{
	int dir = directory_open(true);

	if (dir < 0)
		return;
	make_room(dir);
	write_file(dir, name, content);
	(void)descriptor_close(dir);
}

void cache_write(const char *name, struct cs_view content)
{
	bool was_inside = gate_away();

	write_named(name, content);
	gate_back(was_inside);
}

void cache_put(const uint8_t digest[CACHE_DIGEST_LEN], struct cs_view content)
{
	char name[NAME_LEN];

	file_name(digest, name);
	cache_write(name, content);
}
