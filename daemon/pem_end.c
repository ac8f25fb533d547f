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

/* In Unix seconds; 0: it is none. */
static uint64_t end_seconds(const ASN1_TIME *time)
{
	struct tm tm;
	time_t when;

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1 || (when = timegm(&tm)) <= 0)
		return 0;
	return (uint64_t)when;
}

/* Whether it is the first of those that were looked at. */
static bool end_take(const ASN1_TIME *end, uint64_t *first)
{
	const uint64_t when = end_seconds(end);

	if (!when || (*first && when >= *first))
		return false;
	*first = when;
	return true;
}

enum cs_err pem_end(const char *path, uint64_t *out)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;
	uint64_t first = 0;

	if (!file)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_DENIED;
	while ((certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
		(void)end_take(X509_get0_notAfter(certificate), &first);
		X509_free(certificate);
	}
	(void)fclose(file);
	ERR_clear_error();
	if (!first)
		return CS_ERR_NOT_FOUND;
	*out = first;
	return CS_OK;
}

enum cs_err pem_end_list(const char *path, uint64_t *soon, uint64_t *out)
{
	FILE *file = fopen(path, "re");
	X509_CRL *list;
	uint64_t first = 0, begins = 0;

	if (!file)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_DENIED;
	while ((list = PEM_read_X509_CRL(file, NULL, NULL, NULL)) != NULL) {
		if (end_take(X509_CRL_get0_nextUpdate(list), &first))
			begins = end_seconds(X509_CRL_get0_lastUpdate(list));
		X509_CRL_free(list);
	}
	(void)fclose(file);
	ERR_clear_error();
	if (!first)
		return CS_ERR_NOT_FOUND;
	*out = first;
	*soon = begins < first ? first - (first - begins) / 4 : first;
	return CS_OK;
}
