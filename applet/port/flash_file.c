/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The image file: one block of header, then the pages. The pages are kept in memory too, so that reading
 * costs no system call; a write goes to the file first.
 *
 * Header, big-endian: magic, page size (4 bytes), page count (4), write size (4), serial (4), device key
 * (32), zeros.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet/port/disk.h"
#include "applet/port/flash_file.h"
#include "base/secret.h"

#define HEADER_LEN 4096u
#define BLANK	   0xFFu
#define SERIAL_MIN 10000000u /* eight decimal digits, as people read them aloud */
#define SERIAL_MAX 99999999u

static const uint8_t magic[12] = {'C', 'S', 'G', 'N', ' ', 'c', 'a', 'r', 'd', ' ', '1', '\n'};

struct flash_file {
	struct flash flash;
	int fd;
	bool broken; /* an operation has failed */
	bool dirty;  /* something was written since the last sync, by us or by a process before us */
	uint32_t serial;
	uint8_t device_key[DEVICE_KEY_LEN];
	size_t size;
	uint8_t *pages;
	struct counter_file *counter; /* borrowed, or NULL */
};

/* ---- creation ---- */

static bool random_bytes(void *out, size_t len)
{
	return getrandom(out, len, 0) == (ssize_t)len; /* whole for up to 256 bytes */
}

static bool header_write(int fd)
{
	uint8_t header[HEADER_LEN] = {0}, key[DEVICE_KEY_LEN];
	struct cs_writer w = CS_WRITER_OF(header);
	uint32_t draw = 0;
	bool good;

	if (!random_bytes(key, sizeof(key)) || !random_bytes(&draw, sizeof(draw)))
		return false;
	cs_write_view(&w, CS_VIEW_OF(magic));
	cs_write_u32(&w, FLASH_FILE_PAGE_SIZE);
	cs_write_u32(&w, FLASH_FILE_PAGE_COUNT);
	cs_write_u32(&w, FLASH_FILE_WRITE_SIZE);
	cs_write_u32(&w, SERIAL_MIN + draw % (SERIAL_MAX - SERIAL_MIN + 1));
	cs_write_view(&w, CS_VIEW_OF(key));
	good = cs_writer_done(&w) == CS_OK && disk_write(fd, header, sizeof(header), 0);
	cs_wipe(header, sizeof(header));
	cs_wipe(key, sizeof(key));
	return good;
}

static bool image_write(int fd)
{
	uint8_t blank[FLASH_FILE_PAGE_SIZE];

	memset(blank, BLANK, sizeof(blank));
	if (!header_write(fd))
		return false;
	for (uint32_t i = 0; i < FLASH_FILE_PAGE_COUNT; i++) {
		if (!disk_write(fd, blank, sizeof(blank), (off_t)(HEADER_LEN + i * FLASH_FILE_PAGE_SIZE)))
			return false;
	}
	return fsync(fd) == 0;
}

/* link() will not overwrite, rename() will. */
static enum cs_err image_publish(const char *temporary, const char *path, bool replace)
{
	if (replace ? rename(temporary, path) != 0 : link(temporary, path) != 0)
		return errno == EEXIST ? CS_ERR_EXISTS : CS_ERR_IO;
	if (!replace)
		(void)unlink(temporary);
	return disk_sync_folder(path) ? CS_OK : CS_ERR_IO;
}

static enum cs_err image_make(const char *path, bool replace)
{
	char temporary[PATH_MAX];
	enum cs_err err = CS_ERR_IO;
	int fd, saved;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return CS_ERR_IO;
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return CS_ERR_IO;
	if (image_write(fd))
		err = image_publish(temporary, path, replace);
	saved = errno;
	if (err != CS_OK)
		(void)unlink(temporary);
	(void)close(fd);
	errno = saved;
	return err;
}

enum cs_err flash_file_create(const char *path, bool replace)
{
	enum cs_err err;
	int old = open(path, O_RDWR | O_CLOEXEC);

	if (old < 0)
		return errno == ENOENT ? image_make(path, false) : CS_ERR_IO;
	if (!replace)
		err = CS_ERR_EXISTS;
	else if (flock(old, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK ? CS_ERR_BUSY : CS_ERR_IO;
	else
		err = image_make(path, true);
	(void)close(old); /* and with it the lock */
	return err;
}

/* ---- the flash ---- */

static bool file_in_bounds(const struct flash_file *file, uint32_t page, uint32_t offset, size_t len)
{
	return page < file->flash.page_count && offset <= file->flash.page_size &&
	       len <= file->flash.page_size - offset;
}

static size_t file_at(const struct flash_file *file, uint32_t page, uint32_t offset)
{
	return (size_t)page * file->flash.page_size + offset;
}

/* pages[at..] has its new content already; a failure leaves the file in doubt, and so the flash broken. */
static enum cs_err file_store(struct flash_file *file, size_t at, size_t len)
{
	file->dirty = true;
	if (disk_write(file->fd, file->pages + at, len, (off_t)(HEADER_LEN + at)))
		return CS_OK;
	file->broken = true;
	return CS_ERR_IO;
}

static enum cs_err file_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	struct flash_file *file = ctx;

	if (file->broken || !file_in_bounds(file, page, offset, len))
		return CS_ERR_IO;
	memcpy(out, file->pages + file_at(file, page, offset), len);
	return CS_OK;
}

static enum cs_err file_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	struct flash_file *file = ctx;
	const uint8_t *bytes = in;
	size_t at = file_at(file, page, offset);

	if (file->broken || !file_in_bounds(file, page, offset, len) ||
	    offset % file->flash.write_size != 0 || len % file->flash.write_size != 0)
		return CS_ERR_IO;
	for (size_t i = 0; i < len; i++)
		file->pages[at + i] &= bytes[i];
	return file_store(file, at, len);
}

static enum cs_err file_erase(void *ctx, uint32_t page)
{
	struct flash_file *file = ctx;

	if (file->broken || !file_in_bounds(file, page, 0, 0))
		return CS_ERR_IO;
	memset(file->pages + file_at(file, page, 0), BLANK, file->flash.page_size);
	return file_store(file, file_at(file, page, 0), file->flash.page_size);
}

static enum cs_err file_sync(void *ctx)
{
	struct flash_file *file = ctx;

	if (file->broken)
		return CS_ERR_IO;
	if (file->dirty && fdatasync(file->fd) != 0) {
		file->broken = true;
		return CS_ERR_IO;
	}
	file->dirty = false;
	return CS_OK;
}

/* ---- opening ---- */

static bool geometry_is_sane(const struct flash *f)
{
	return f->page_size >= 2048 && f->page_size <= 65536 && f->page_count >= 4 && f->page_count <= 1024 &&
	       f->write_size >= 1 && f->write_size <= 32 && (f->write_size & (f->write_size - 1)) == 0 &&
	       f->page_size % f->write_size == 0;
}

static enum cs_err header_read(struct flash_file *file)
{
	uint8_t header[HEADER_LEN];
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(header));
	bool ours;

	if (!disk_read(file->fd, header, sizeof(header), 0))
		return CS_ERR_CORRUPT;
	ours = cs_view_equal(cs_read_view(&r, sizeof(magic)), CS_VIEW_OF(magic));
	file->flash.page_size = cs_read_u32(&r);
	file->flash.page_count = cs_read_u32(&r);
	file->flash.write_size = cs_read_u32(&r);
	file->serial = cs_read_u32(&r);
	cs_read_copy(&r, file->device_key, sizeof(file->device_key));
	cs_wipe(header, sizeof(header));
	return ours && geometry_is_sane(&file->flash) && file->serial != 0 ? CS_OK : CS_ERR_CORRUPT;
}

static enum cs_err pages_read(struct flash_file *file)
{
	struct stat st;

	file->size = (size_t)file->flash.page_size * file->flash.page_count;
	if (fstat(file->fd, &st) != 0)
		return CS_ERR_IO;
	if (st.st_size != (off_t)(HEADER_LEN + file->size))
		return CS_ERR_CORRUPT;
	file->pages = malloc(file->size);
	if (file->pages == NULL)
		return CS_ERR_MEMORY;
	return disk_read(file->fd, file->pages, file->size, HEADER_LEN) ? CS_OK : CS_ERR_IO;
}

static enum cs_err file_lock(const char *path, int *out)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	enum cs_err err;

	if (fd < 0)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO;
	err = disk_lock(fd, path); /* --init may have put a new image there meanwhile */
	if (err == CS_OK)
		*out = fd;
	else
		(void)close(fd);
	return err;
}

enum cs_err flash_file_open(const char *path, struct flash_file **out)
{
	struct flash_file *file = calloc(1, sizeof(*file));
	enum cs_err err;

	if (file == NULL)
		return CS_ERR_MEMORY;
	file->fd = -1;
	file->dirty = true;
	file->flash = (struct flash){
	    .ctx = file, .read = file_read, .program = file_program, .erase = file_erase, .sync = file_sync};
	err = file_lock(path, &file->fd);
	if (err == CS_OK)
		err = header_read(file);
	if (err == CS_OK)
		err = pages_read(file);
	if (err != CS_OK) {
		flash_file_close(file);
		return err;
	}
	*out = file;
	return CS_OK;
}

static enum cs_err file_counter_read(void *ctx, uint64_t *value)
{
	const struct flash_file *file = ctx;

	*value = counter_file_value(file->counter);
	return CS_OK;
}

static enum cs_err file_counter_raise(void *ctx, uint64_t value)
{
	const struct flash_file *file = ctx;

	return counter_file_raise(file->counter, value);
}

void flash_file_count(struct flash_file *file, struct counter_file *counter)
{
	file->counter = counter;
	file->flash.counter_read = file_counter_read;
	file->flash.counter_raise = file_counter_raise;
}

void flash_file_close(struct flash_file *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		(void)close(file->fd);
	free(file->pages);
	cs_wipe(file, sizeof(*file));
	free(file);
}

const struct flash *flash_file_flash(struct flash_file *file)
{
	return &file->flash;
}

void flash_file_identify(const struct flash_file *file, struct platform *platform)
{
	platform->serial = file->serial;
	memcpy(platform->device_key, file->device_key, sizeof(file->device_key));
}
