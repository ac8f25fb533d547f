/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daily report of a day, told to who may read the audit log.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"
#include "daemon/keeper_call.h"

static void report_signature(struct json_out *out, const char *key, const uint8_t *signature, size_t len)
{
	unsigned char base64[2 * CS_CHECKPOINT_SIGNATURE_MAX];

	(void)EVP_EncodeBlock(base64, signature, (int)len);
	json_text(out, key, (const char *)base64);
}

enum cs_err keeper_report_get(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char day[CS_UTC_DAY_LEN + 1];
	uint64_t ms;

	if (!call_text(call, IPC_TAG_DAY, day, sizeof(day)) || cs_utc_read_day(cs_view_string(day), &ms))
		return call_refuse(call, CALL_BAD_DAY);
	struct db_report *report = calloc(1, sizeof(*report));
	if (!report)
		return CS_ERR_MEMORY;
	enum cs_err err = db_report_find(call->keeper->db, day, report);
	if (!err) {
		call->status = 200;
		json_object_begin(&out, NULL);
		json_text(&out, "day", report->day);
		json_text(&out, "text", report->text);
		report_signature(&out, "text_signature", report->text_signature, report->text_signature_len);
		json_text(&out, "html", report->html);
		report_signature(&out, "html_signature", report->html_signature, report->html_signature_len);
		json_object_end(&out);
	}
	free(report);
	return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_REPORT) : err;
}
