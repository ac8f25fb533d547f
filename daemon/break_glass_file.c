/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The file of break-glass codes: making it, its records' bytes, writing one in its place.
 */
#include "daemon/break_glass_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/file.h"
#include "daemon/log.h"

#define GLASS_VERSION  1u
#define GLASS_MAC_LEN  32u
#define GLASS_TEXT_LEN (BREAK_GLASS_RECORD - GLASS_MAC_LEN)
#define GLASS_FILE_LEN ((off_t)BREAK_GLASS_RECORDS * (off_t)BREAK_GLASS_RECORD)

static ssize_t glass_put(int fd, const void *bytes, size_t len, off_t at)
{
	return pwrite(fd, bytes, len, at);
}

static const struct break_glass_disk glass_disk = {.put = glass_put, .sync = fdatasync};

__attribute__((format(printf, 3, 4))) static enum cs_err glass_error(char error[CONFIG_ERROR_MAX],
								     enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

/* ---- records ---- */

enum cs_err break_glass_hmac(const uint8_t key[GLASS_KEY_LEN], struct cs_view text,
			     uint8_t out[GLASS_MAC_LEN])
{
	unsigned len = 0;

	return HMAC(EVP_sha256(), key, GLASS_KEY_LEN, text.ptr, text.len, out, &len) && len == GLASS_MAC_LEN
		   ? CS_OK
		   : CS_ERR_CRYPTO;
}

/* Of a record's number and its bytes before the MAC. */
static enum cs_err glass_mac(const struct break_glass *glass, size_t i, const uint8_t *bytes,
			     uint8_t mac[GLASS_MAC_LEN])
{
	uint8_t text[2 + GLASS_TEXT_LEN];
	struct cs_writer w = CS_WRITER_OF(text);

	cs_write_u16(&w, (uint16_t)i);
	cs_write_view(&w, cs_view(bytes, GLASS_TEXT_LEN));
	return break_glass_hmac(glass->key_of_records, cs_writer_view(&w), mac);
}

static void glass_write_text(struct cs_writer *w, const char *text)
{
	const size_t len = strlen(text);

	cs_write_u8(w, (uint8_t)len);
	cs_write_view(w, cs_view(text, len));
}

static enum cs_err glass_build(const struct break_glass *glass, size_t i,
			       const struct break_glass_record *record, uint8_t bytes[BREAK_GLASS_RECORD])
{
	struct cs_writer w = cs_writer_of(bytes, GLASS_TEXT_LEN);

	memset(bytes, 0, BREAK_GLASS_RECORD);
	cs_write_u8(&w, GLASS_VERSION);
	cs_write_u8(&w, (uint8_t)record->state);
	cs_write_u64(&w, record->issued);
	cs_write_u64(&w, record->expires);
	cs_write_u64(&w, record->spent);
	cs_write_u64(&w, record->told);
	cs_write_view(&w, CS_VIEW_OF(record->verifier));
	glass_write_text(&w, record->id);
	glass_write_text(&w, record->user);
	glass_write_text(&w, record->actor);
	glass_write_text(&w, record->address);
	glass_write_text(&w, record->client);
	enum cs_err err = cs_writer_done(&w);
	return err ? err : glass_mac(glass, i, bytes, bytes + GLASS_TEXT_LEN);
}

static void glass_read_text(struct cs_reader *r, char *out, size_t cap)
{
	struct cs_view text = cs_read_view(r, cs_read_u8(r));

	if (text.len < cap && text.len)
		memcpy(out, text.ptr, text.len);
}

/* What a record's bytes say; damaged where they are not whole. */
static void glass_parse(const struct break_glass *glass, size_t i, const uint8_t bytes[BREAK_GLASS_RECORD],
			struct break_glass_record *out)
{
	static const uint8_t unused[BREAK_GLASS_RECORD];
	uint8_t mac[GLASS_MAC_LEN];
	struct cs_reader r = cs_reader_of(cs_view(bytes, GLASS_TEXT_LEN));

	memset(out, 0, sizeof(*out));
	if (memcmp(bytes, unused, sizeof(unused)) == 0)
		return;
	out->state = BREAK_GLASS_DAMAGED;
	if (glass_mac(glass, i, bytes, mac) || !cs_equal_ct(mac, bytes + GLASS_TEXT_LEN, sizeof(mac)) ||
	    cs_read_u8(&r) != GLASS_VERSION)
		return;
	const uint8_t state = cs_read_u8(&r);
	out->issued = cs_read_u64(&r);
	out->expires = cs_read_u64(&r);
	out->spent = cs_read_u64(&r);
	out->told = cs_read_u64(&r);
	cs_read_copy(&r, out->verifier, sizeof(out->verifier));
	glass_read_text(&r, out->id, sizeof(out->id));
	glass_read_text(&r, out->user, sizeof(out->user));
	glass_read_text(&r, out->actor, sizeof(out->actor));
	glass_read_text(&r, out->address, sizeof(out->address));
	glass_read_text(&r, out->client, sizeof(out->client));
	if (state < BREAK_GLASS_DAMAGED)
		out->state = (enum break_glass_state)state;
}

enum cs_err break_glass_store(struct break_glass *glass, size_t i, const struct break_glass_record *record,
			      bool durably)
{
	uint8_t bytes[BREAK_GLASS_RECORD];

	enum cs_err err = glass_build(glass, i, record, bytes);
	if (err)
		return err;
	if (glass->disk.put(glass->fd, bytes, sizeof(bytes), (off_t)(i * sizeof(bytes))) !=
		(ssize_t)sizeof(bytes) ||
	    (durably && glass->disk.sync(glass->fd) != 0)) {
		if (!glass_is_untold(&glass->records[i]))
			glass->records[i].state = BREAK_GLASS_DAMAGED;
		log_line(LOG_LEVEL_ERROR, "the file of break-glass codes: record %zu: %s", i,
			 strerror(errno));
		return CS_ERR_IO;
	}
	glass->records[i] = *record;
	return CS_OK;
}

/* ---- opening ---- */

/* Where writing makes copies (Btrfs), this file is to be left in its place. */
static void glass_stay_in_place(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_NOCOW_FL)) {
		flags |= FS_NOCOW_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static bool glass_fill(int fd)
{
	static const uint8_t unused[BREAK_GLASS_RECORD];
	bool done = true;

	for (size_t i = 0; done && i < BREAK_GLASS_RECORDS; i++)
		done = pwrite(fd, unused, sizeof(unused), (off_t)(i * sizeof(unused))) ==
		       (ssize_t)sizeof(unused);
	return done && fsync(fd) == 0;
}

/* Makes it under another name first: a file of this name is whole. */
static enum cs_err glass_make(const char *path, char error[CONFIG_ERROR_MAX])
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return glass_error(error, CS_ERR_LENGTH, "%s: its name is too long", path);
	(void)unlink(part);
	int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		glass_stay_in_place(fd);
	bool done = fd >= 0 && glass_fill(fd);
	int why = errno;
	if (fd >= 0)
		(void)close(fd);
	done = done && rename(part, path) == 0 && file_sync_directory(path);
	if (done)
		return CS_OK;
	(void)unlink(part);
	return glass_error(error, why == ENOSPC || why == EDQUOT ? CS_ERR_FULL : CS_ERR_IO,
			   "break-glass codes: %s cannot be made: %s", path, strerror(why));
}

/* Its descriptor, locked. */
static enum cs_err glass_open_file(const char *path, int *out, char error[CONFIG_ERROR_MAX])
{
	struct stat st;

	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? CS_ERR_NOT_FOUND
				       : glass_error(error, CS_ERR_IO, "break-glass codes: %s: %s", path,
						     strerror(errno));
	enum cs_err err = CS_OK;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		err = glass_error(error, CS_ERR_BUSY, "break-glass codes: %s is another daemon's", path);
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != GLASS_FILE_LEN)
		err = glass_error(error, CS_ERR_CORRUPT, "break-glass codes: %s is no file of them", path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		err = glass_error(error, CS_ERR_DENIED,
				  "break-glass codes: %s: only its owner may have rights on it: chmod 600",
				  path);
	if (err)
		(void)close(fd);
	else
		*out = fd;
	return err;
}

static enum cs_err glass_keys(struct break_glass *glass, const struct seal_key *key)
{
	enum cs_err err =
	    break_glass_hmac(key->bytes, CS_VIEW_TEXT("countersign break-glass code 1"), glass->key_of_codes);

	return err ? err
		   : break_glass_hmac(key->bytes, CS_VIEW_TEXT("countersign break-glass record 1"),
				      glass->key_of_records);
}

static enum cs_err glass_load(struct break_glass *glass, const char *path, char error[CONFIG_ERROR_MAX])
{
	uint8_t bytes[BREAK_GLASS_RECORD];

	for (size_t i = 0; i < BREAK_GLASS_RECORDS; i++) {
		if (pread(glass->fd, bytes, sizeof(bytes), (off_t)(i * sizeof(bytes))) !=
		    (ssize_t)sizeof(bytes))
			return glass_error(error, CS_ERR_IO, "break-glass codes: %s cannot be read", path);
		glass_parse(glass, i, bytes, &glass->records[i]);
		if (glass->records[i].state == BREAK_GLASS_DAMAGED)
			log_line(LOG_LEVEL_ERROR,
				 "%s: record %zu is damaged, or another sealing key's: its code is of no use",
				 path, i);
	}
	return CS_OK;
}

enum cs_err break_glass_open(const char *path, const struct seal_key *key,
			     const struct break_glass_disk *disk, struct break_glass **out,
			     char error[CONFIG_ERROR_MAX])
{
	struct break_glass *glass = calloc(1, sizeof(*glass));

	if (!glass)
		return glass_error(error, CS_ERR_MEMORY, "out of memory");
	glass->fd = -1;
	glass->disk = disk ? *disk : glass_disk;
	enum cs_err err = glass_keys(glass, key);
	if (err)
		(void)glass_error(error, err, "break-glass codes: libcrypto has no HMAC");
	if (!err)
		err = glass_open_file(path, &glass->fd, error);
	if (err == CS_ERR_NOT_FOUND) {
		err = glass_make(path, error);
		if (!err)
			err = glass_open_file(path, &glass->fd, error);
	}
	if (!err)
		err = glass_load(glass, path, error);
	if (err)
		break_glass_close(glass);
	else
		*out = glass;
	return err;
}

void break_glass_close(struct break_glass *glass)
{
	if (!glass)
		return;
	if (glass->fd >= 0)
		(void)close(glass->fd);
	cs_wipe(glass, sizeof(*glass));
	free(glass);
}
