/* SPDX-License-Identifier: BSD-2-Clause
 *
 * DER as PEM (pem.h).
 */
#include "tools/pem.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* To be freed with free; NULL: out of memory. */
static char *pem_of(const char *title, const struct cs_view *ders, size_t count)
{
	char *data, *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = bio != NULL;

	for (size_t i = 0; i < count && ok; i++)
		ok = PEM_write_bio(bio, title, "", ders[i].ptr, (long)ders[i].len) > 0;
	if (ok) {
		long len = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)len);
	}
	BIO_free(bio);
	return text;
}

static void pem_text(const json_t *data)
{
	fputs(json_string_value(json_object_get(data, "pem")), stdout);
}

enum cli_status pem_print(struct cli *cli, uint8_t slot, const char *title, const struct cs_view *ders,
			  size_t count)
{
	const char *path = cli_value(cli, "output");
	char *pem = pem_of(title, ders, count);
	enum cli_status status = CLI_DONE;

	if (pem == NULL)
		return cli_fail_err(cli, CS_ERR_MEMORY, "print the result");
	if (path != NULL) {
		FILE *file = fopen(path, "we");
		bool ok = file != NULL && fputs(pem, file) != EOF;
		ok = file != NULL && fclose(file) == 0 && ok;
		if (!ok)
			status = cli_fail(cli, CLI_USAGE, "output", "%s cannot be written: %s", path,
					  strerror(errno));
	}
	json_t *data = json_pack("{s:o,s:s}", "slot", json_sprintf("%02x", slot), "pem", pem);
	free(pem);
	if (status == CLI_DONE && (path == NULL || cli->json))
		return cli_print(cli, data, pem_text);
	json_decref(data);
	return status;
}
