/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Private keys in files, as IMPORT KEY wants them.
 */
#ifndef COUNTERSIGN_TOOLS_KEY_FILE_H
#define COUNTERSIGN_TOOLS_KEY_FILE_H

#include "cardclient/piv.h"
#include "tools/cli.h"

#define KEY_FILE_NUMBERS 5u   /* of an RSA key */
#define KEY_FILE_BYTES	 256u /* of the longest one */

struct key_file {
	enum piv_alg alg;
	struct cc_piv_private parts; /* views of numbers */
	uint8_t numbers[KEY_FILE_NUMBERS][KEY_FILE_BYTES];
};

/* Reads a private key (PEM or DER; "-": standard input). A passphrase is got where the file wants one. Wipe out after
 * use, in every case. False: an error was told, and *status says which. */
CS_MUST_CHECK bool key_file_read(const struct cli *cli, const char *path, struct key_file *out,
				 enum cli_status *status);

/* The first most bytes of a file ("-": standard input), appended to w, which has room for them; no copy is left behind. False: an
 * error was told. */
CS_MUST_CHECK bool key_file_bytes(const struct cli *cli, const char *path, size_t most, struct cs_writer *w,
				  enum cli_status *status);

#endif
