/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The counter's file: two slots, each in a block of its own; an even value goes to the first, an odd one to
 * the second. So a write that is torn hits the slot of the value before the last, and the last one stays.
 *
 * Slot, big-endian: magic (16), value (8), value inverted (8). A slot that does not read so holds nothing.
 */
#include "applet/port/counter_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet/port/disk.h"
#include "base/bytes.h"

#define SLOT_LEN   32u
#define SLOT_SPACE 4096u

static const uint8_t magic[16] = "CSGN counter 1\n";

struct counter_file {
	int fd;
	bool broken; /* a write has failed: nobody knows what the disk holds */
	uint64_t value;
};

static enum cs_err slot_write(const struct counter_file *counter, uint64_t value)
{
	uint8_t slot[SLOT_LEN];
	struct cs_writer w = CS_WRITER_OF(slot);

	cs_write_view(&w, CS_VIEW_OF(magic));
	cs_write_u64(&w, value);
	cs_write_u64(&w, ~value);
	if (!disk_write(counter->fd, slot, sizeof(slot), (off_t)(value % 2 * SLOT_SPACE)) ||
	    fdatasync(counter->fd) != 0)
		return CS_ERR_IO;
	return CS_OK;
}

/* False, and value as it was, where the slot holds none. */
static bool slot_read(const struct counter_file *counter, unsigned number, uint64_t *value)
{
	uint8_t slot[SLOT_LEN];
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(slot));
	uint64_t read, inverted;

	if (!disk_read(counter->fd, slot, sizeof(slot), (off_t)(number * SLOT_SPACE)) ||
	    !cs_view_equal(cs_read_view(&r, sizeof(magic)), CS_VIEW_OF(magic)))
		return false;
	read = cs_read_u64(&r);
	inverted = cs_read_u64(&r);
	if (inverted != ~read || read % 2 != number)
		return false;
	*value = read;
	return true;
}

/* An empty file is a counter whose making was cut short. */
static enum cs_err value_load(struct counter_file *counter, const char *path)
{
	uint64_t even = 0, odd = 0;
	bool has_even = slot_read(counter, 0, &even), has_odd = slot_read(counter, 1, &odd);
	struct stat st;

	if (has_even || has_odd) {
		counter->value = even > odd ? even : odd;
		return CS_OK;
	}
	if (fstat(counter->fd, &st) != 0)
		return CS_ERR_IO;
	if (st.st_size != 0)
		return CS_ERR_CORRUPT;
	return slot_write(counter, 0) == CS_OK && disk_sync_folder(path) ? CS_OK : CS_ERR_IO;
}

enum cs_err counter_file_open(const char *path, struct counter_file **out)
{
	struct counter_file *counter = calloc(1, sizeof(*counter));
	enum cs_err err;

	if (counter == NULL)
		return CS_ERR_MEMORY;
	counter->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	err = counter->fd < 0 ? CS_ERR_IO : disk_lock(counter->fd, path);
	if (err == CS_OK)
		err = value_load(counter, path);
	if (err != CS_OK) {
		counter_file_close(counter);
		return err;
	}
	*out = counter;
	return CS_OK;
}

void counter_file_close(struct counter_file *counter)
{
	if (counter == NULL)
		return;
	if (counter->fd >= 0)
		(void)close(counter->fd);
	free(counter);
}

uint64_t counter_file_value(const struct counter_file *counter)
{
	return counter->value;
}

enum cs_err counter_file_raise(struct counter_file *counter, uint64_t value)
{
	if (counter->broken || value != counter->value + 1 || slot_write(counter, value) != CS_OK) {
		counter->broken = true;
		return CS_ERR_IO;
	}
	counter->value = value;
	return CS_OK;
}
