/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ends of what stands in a PEM file.
 */
#include "daemon/pem_end.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

static void end_take(const ASN1_TIME *end, uint64_t *first)
{
	struct tm tm;
	time_t when;

	if (!end || ASN1_TIME_to_tm(end, &tm) != 1 || (when = timegm(&tm)) <= 0)
		return;
	if (!*first || (uint64_t)when < *first)
		*first = (uint64_t)when;
}

enum cs_err pem_end(const char *path, uint64_t *out)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;
	uint64_t first = 0;

	if (!file)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_DENIED;
	while ((certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
		end_take(X509_get0_notAfter(certificate), &first);
		X509_free(certificate);
	}
	(void)fclose(file);
	ERR_clear_error();
	if (!first)
		return CS_ERR_NOT_FOUND;
	*out = first;
	return CS_OK;
}
