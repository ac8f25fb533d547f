/* SPDX-License-Identifier: BSD-2-Clause
 *
 * otpauth: URIs, one a line. The account is the user, the issuer the label.
 */
#include <string.h>

#include "base/secret.h"
#include "tools/import.h"
#include "tools/otpauth.h"

#define URI_MAX 2048u

static enum cs_err record_make(struct import_job *job, unsigned long line, const struct otpauth *otp)
{
	struct import_record record;
	enum cs_err err = CS_OK;

	import_record_init(&record, otp->type == YKOATH_TYPE_HOTP ? IMPORT_HOTP : IMPORT_TOTP, line);
	record.hash = otp->hash == YKOATH_HASH_SHA256	? CS_SHA256
		      : otp->hash == YKOATH_HASH_SHA512 ? CS_SHA512
							: CS_SHA1;
	record.digits = otp->digits;
	record.period = otp->period;
	record.counter = otp->type == YKOATH_TYPE_HOTP ? otp->counter : 0;
	record.seed_len = otp->seed_len <= sizeof record.seed ? otp->seed_len : 0;
	memcpy(record.seed, otp->seed, record.seed_len);
	if (record.seed_len != otp->seed_len)
		err = import_fail(job, CS_ERR_MALFORMED, line, "its secret has more than %u bytes",
				  IMPORT_SEED_MAX);
	else if (!import_text(cs_view_string(otp->account), record.user, sizeof record.user) ||
		 !import_text(cs_view_string(otp->issuer), record.label, sizeof record.label))
		err = import_fail(job, CS_ERR_MALFORMED, line, "its account or issuer is no clean text");
	else
		err = import_emit(job, &record);
	cs_wipe(&record, sizeof record);
	return err;
}

static enum cs_err line_read(struct import_job *job, unsigned long number, struct cs_view line)
{
	char uri[URI_MAX + 1];
	struct otpauth otp;
	const char *why = "";
	enum cs_err err;

	if (line.len > URI_MAX || memchr(line.ptr, '\0', line.len) != NULL)
		return import_fail(job, CS_ERR_MALFORMED, number, "it is no URI of at most %u bytes",
				   URI_MAX);
	memcpy(uri, line.ptr, line.len);
	uri[line.len] = '\0';
	otpauth_init(&otp);
	err = otpauth_parse(uri, &otp, &why);
	if (err != CS_OK)
		err = import_fail(job, CS_ERR_MALFORMED, number, "the otpauth: URI is not understood at %s",
				  why);
	else
		err = record_make(job, number, &otp);
	cs_wipe(uri, sizeof uri);
	cs_wipe(&otp, sizeof otp);
	return err;
}

enum cs_err import_otpauth(struct import_job *job)
{
	struct cs_view rest = import_content(job), line;
	unsigned long number = 0;
	enum cs_err err = CS_OK;

	while (err == CS_OK && import_line(&rest, &line)) {
		number++;
		line = import_trim(line);
		if (line.len > 0 && line.ptr[0] != '#')
			err = line_read(job, number, line);
	}
	return err;
}
