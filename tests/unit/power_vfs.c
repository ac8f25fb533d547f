/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A VFS for SQLite on a computer that loses power.
 *
 * Invariant: for each file, synced holds what the last sync left, and the list what was done since, in its
 * order.
 */
#include "tests/unit/power_vfs.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR	  512u
#define FILES_MAX 8u

/* A write; len 0: a truncation to offset. */
struct change {
	struct change *next;
	uint64_t offset;
	size_t len;
	uint8_t data[];
};

struct tracked {
	char path[PATH_MAX];
	uint8_t *synced;
	size_t synced_len;
	struct change *first, **last;
};

struct power_file {
	sqlite3_file file;
	struct tracked *tracked; /* NULL: a file whose content does not outlive the process */
	sqlite3_file *real;	 /* follows */
};

static struct {
	sqlite3_vfs vfs, *system;
	struct tracked files[FILES_MAX];
	size_t count;
	unsigned left; /* operations until power goes */
	bool at_sync;  /* and then until the next sync */
	bool armed, off;
} power;

static struct power_file *power_of(sqlite3_file *file)
{
	return (struct power_file *)(void *)file;
}

/* Counts an operation; false where power is gone. */
static bool power_on(bool sync)
{
	if (power.armed && !power.off) {
		if (power.left)
			power.left--;
		else
			power.off = sync || !power.at_sync;
	}
	return !power.off;
}

static void *power_memory(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* ---- what a file holds ---- */

/* The whole of a file that is there. */
static void tracked_read(struct tracked *tracked)
{
	FILE *file = fopen(tracked->path, "rb");

	free(tracked->synced);
	tracked->synced = NULL;
	tracked->synced_len = 0;
	if (!file)
		return;
	if (fseek(file, 0, SEEK_END) == 0) {
		tracked->synced_len = (size_t)ftell(file);
		tracked->synced = power_memory(malloc(tracked->synced_len + 1));
		rewind(file);
		if (fread(tracked->synced, 1, tracked->synced_len, file) != tracked->synced_len)
			abort();
	}
	(void)fclose(file);
}

static void tracked_forget(struct tracked *tracked)
{
	struct change *next;

	for (struct change *change = tracked->first; change; change = next) {
		next = change->next;
		free(change);
	}
	tracked->first = NULL;
	tracked->last = &tracked->first;
}

static struct tracked *tracked_find(const char *path)
{
	for (size_t i = 0; i < power.count; i++)
		if (strcmp(power.files[i].path, path) == 0)
			return &power.files[i];
	if (power.count == FILES_MAX)
		abort();
	struct tracked *tracked = &power.files[power.count++];
	(void)snprintf(tracked->path, sizeof(tracked->path), "%s", path);
	tracked->last = &tracked->first;
	tracked_read(tracked);
	return tracked;
}

static void tracked_note(struct tracked *tracked, uint64_t offset, const void *data, size_t len)
{
	struct change *change = power_memory(malloc(sizeof(*change) + len));

	*change = (struct change){.offset = offset, .len = len};
	if (len)
		memcpy(change->data, data, len);
	*tracked->last = change;
	tracked->last = &change->next;
}

static void synced_resize(struct tracked *tracked, size_t len)
{
	tracked->synced = power_memory(realloc(tracked->synced, len + 1));
	if (len > tracked->synced_len)
		memset(tracked->synced + tracked->synced_len, 0, len - tracked->synced_len);
	tracked->synced_len = len;
}

static void synced_apply(struct tracked *tracked, uint64_t offset, const uint8_t *data, size_t len)
{
	if (offset + len > tracked->synced_len)
		synced_resize(tracked, offset + len);
	memcpy(tracked->synced + offset, data, len);
}

/* What a cut leaves of what was not synced. */
enum leave { LEAVE_ALL, LEAVE_NOTHING, LEAVE_SOME, LEAVE_COUNT };

static bool survives(enum leave leave, struct test_random *rng)
{
	return leave == LEAVE_ALL || (leave == LEAVE_SOME && test_random_below(rng, 2));
}

static void change_survive(struct tracked *tracked, const struct change *change, enum leave leave,
			   struct test_random *rng)
{
	if (change->len == 0) {
		if (survives(leave, rng))
			synced_resize(tracked, change->offset);
		return;
	}
	for (size_t at = 0, len; at < change->len; at += len) {
		len = SECTOR - (change->offset + at) % SECTOR;
		len = len < change->len - at ? len : change->len - at;
		if (survives(leave, rng))
			synced_apply(tracked, change->offset + at, change->data + at, len);
	}
}

static void tracked_write(const struct tracked *tracked)
{
	int fd = open(tracked->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, tracked->synced, tracked->synced_len, 0) != (ssize_t)tracked->synced_len ||
	    ftruncate(fd, (off_t)tracked->synced_len) != 0 || close(fd) != 0)
		abort();
}

/* ---- SQLite's calls ---- */

static int power_close(sqlite3_file *file)
{
	return power_of(file)->real->pMethods->xClose(power_of(file)->real);
}

static int power_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	return power_of(file)->real->pMethods->xRead(power_of(file)->real, out, len, offset);
}

static int power_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct power_file *f = power_of(file);

	if (!power_on(false))
		return SQLITE_IOERR_WRITE;
	if (f->tracked)
		tracked_note(f->tracked, (uint64_t)offset, data, (size_t)len);
	return f->real->pMethods->xWrite(f->real, data, len, offset);
}

static int power_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct power_file *f = power_of(file);

	if (!power_on(false))
		return SQLITE_IOERR_TRUNCATE;
	if (f->tracked)
		tracked_note(f->tracked, (uint64_t)size, NULL, 0);
	return f->real->pMethods->xTruncate(f->real, size);
}

static int power_sync(sqlite3_file *file, int flags)
{
	struct power_file *f = power_of(file);

	(void)flags;
	if (!power_on(true))
		return SQLITE_IOERR_FSYNC;
	if (f->tracked) {
		tracked_read(f->tracked);
		tracked_forget(f->tracked);
	}
	return SQLITE_OK;
}

static int power_file_size(sqlite3_file *file, sqlite3_int64 *out)
{
	return power_of(file)->real->pMethods->xFileSize(power_of(file)->real, out);
}

static int power_lock(sqlite3_file *file, int level)
{
	return power_of(file)->real->pMethods->xLock(power_of(file)->real, level);
}

static int power_unlock(sqlite3_file *file, int level)
{
	return power_of(file)->real->pMethods->xUnlock(power_of(file)->real, level);
}

static int power_check_lock(sqlite3_file *file, int *out)
{
	return power_of(file)->real->pMethods->xCheckReservedLock(power_of(file)->real, out);
}

static int power_control(sqlite3_file *file, int op, void *argument)
{
	return power_of(file)->real->pMethods->xFileControl(power_of(file)->real, op, argument);
}

static int power_sector_size(sqlite3_file *file)
{
	(void)file;
	return (int)SECTOR;
}

/* Nothing that this computer's disk promises beyond a sector. */
static int power_characteristics(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static int power_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return power_of(file)->real->pMethods->xShmMap(power_of(file)->real, page, size, extend, out);
}

static int power_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return power_of(file)->real->pMethods->xShmLock(power_of(file)->real, offset, count, flags);
}

static void power_shm_barrier(sqlite3_file *file)
{
	power_of(file)->real->pMethods->xShmBarrier(power_of(file)->real);
}

static int power_shm_unmap(sqlite3_file *file, int remove)
{
	return power_of(file)->real->pMethods->xShmUnmap(power_of(file)->real, remove);
}

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	static const sqlite3_io_methods methods = {.iVersion = 2,
						   .xClose = power_close,
						   .xRead = power_read,
						   .xWrite = power_write,
						   .xTruncate = power_truncate,
						   .xSync = power_sync,
						   .xFileSize = power_file_size,
						   .xLock = power_lock,
						   .xUnlock = power_unlock,
						   .xCheckReservedLock = power_check_lock,
						   .xFileControl = power_control,
						   .xSectorSize = power_sector_size,
						   .xDeviceCharacteristics = power_characteristics,
						   .xShmMap = power_shm_map,
						   .xShmLock = power_shm_lock,
						   .xShmBarrier = power_shm_barrier,
						   .xShmUnmap = power_shm_unmap};
	struct power_file *f = power_of(file);

	(void)vfs;
	memset(f, 0, sizeof(*f));
	f->real = (sqlite3_file *)(void *)(f + 1);
	int result = power.system->xOpen(power.system, name, f->real, flags, out);
	if (f->real->pMethods)
		f->file.pMethods = &methods;
	if (result == SQLITE_OK && name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		f->tracked = tracked_find(name);
	return result;
}

/* A file that goes is gone at once: what stood in it was synced elsewhere before. */
static int power_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (!power_on(false))
		return SQLITE_IOERR_DELETE;
	int result = power.system->xDelete(power.system, name, sync);
	for (size_t i = 0; i < power.count; i++) {
		if (strcmp(power.files[i].path, name) == 0) {
			tracked_forget(&power.files[i]);
			tracked_read(&power.files[i]);
		}
	}
	return result;
}

/* ---- the computer ---- */

void power_vfs_cut_at(unsigned operation)
{
	if (!power.system) {
		power.system = sqlite3_vfs_find(NULL);
		power.vfs = *power.system;
		power.vfs.zName = "power";
		power.vfs.szOsFile = (int)sizeof(struct power_file) + power.system->szOsFile;
		power.vfs.pNext = NULL;
		power.vfs.xOpen = power_open;
		power.vfs.xDelete = power_delete;
		(void)sqlite3_vfs_register(&power.vfs, 1);
	}
	power.left = operation;
	power.at_sync = false;
	power.armed = true;
}

void power_vfs_cut_at_sync(unsigned operation)
{
	power_vfs_cut_at(operation);
	power.at_sync = true;
}

bool power_vfs_is_off(void)
{
	return power.off;
}

void power_vfs_restore(struct test_random *rng)
{
	const enum leave leave = (enum leave)test_random_below(rng, LEAVE_COUNT);
	char path[PATH_MAX + 8];

	for (size_t i = 0; i < power.count; i++) {
		struct tracked *tracked = &power.files[i];
		bool there = access(tracked->path, F_OK) == 0;
		for (const struct change *change = tracked->first; change; change = change->next)
			change_survive(tracked, change, leave, rng);
		tracked_forget(tracked);
		if (there)
			tracked_write(tracked);
		(void)snprintf(path, sizeof(path), "%s-shm", tracked->path);
		(void)unlink(path);
	}
	power.armed = power.off = false;
}

void power_vfs_end(void)
{
	for (size_t i = 0; i < power.count; i++) {
		tracked_forget(&power.files[i]);
		free(power.files[i].synced);
	}
	if (power.system) {
		(void)sqlite3_vfs_unregister(&power.vfs);
		(void)sqlite3_vfs_register(power.system, 1);
	}
	memset(&power, 0, sizeof(power));
}
