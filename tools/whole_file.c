/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole file in memory.
 */
#include "tools/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

/* As much as was there when it was opened: what is written to it meanwhile is of no concern. */
static bool file_fill(int fd, struct whole_file *file)
{
	size_t at = 0;

	while (at < file->len) {
		ssize_t got = read(fd, file->bytes + at, file->len - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	file->len = at;
	return at > 0;
}

bool whole_file_read(const struct cli *cli, const char *path, size_t max, struct whole_file *out,
		     enum cli_status *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool good = false;

	*out = (struct whole_file){.bytes = NULL};
	if (fd < 0 || fstat(fd, &st) != 0)
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s cannot be read: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > max)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage",
			     "%s is no file of 1 to %zu MiB: split it, where it is larger", path, max >> 20);
	else {
		out->len = (size_t)st.st_size;
		out->bytes = malloc(out->len);
		good = out->bytes != NULL && file_fill(fd, out);
		if (!good)
			*status = cli_fail_err(cli, out->bytes == NULL ? CS_ERR_MEMORY : CS_ERR_IO,
					       "read the file");
	}
	if (fd >= 0)
		(void)close(fd);
	if (!good)
		whole_file_wipe(out);
	return good;
}

bool bytes_from_file(const struct cli *cli, const char *path, struct cs_writer *out, enum cli_status *status)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	uint8_t bytes[4096];
	size_t n;

	while (file != NULL && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
		cs_write_view(out, cs_view(bytes, n));
	bool good = file != NULL && !ferror(file) && cs_writer_done(out) == CS_OK;
	if (!good)
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s cannot be read: %s", path,
				   file == NULL ? strerror(errno) : "it is too long, or damaged");
	if (file != NULL && file != stdin)
		(void)fclose(file);
	return good;
}

void whole_file_wipe(struct whole_file *file)
{
	if (file->bytes != NULL)
		cs_wipe(file->bytes, file->len);
	free(file->bytes);
	file->bytes = NULL;
	file->len = 0;
}
