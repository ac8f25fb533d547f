/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers kept under their callers' keys: digest of the request | u16 status | body, sealed.
 */
#include "daemon/keeper_idempotency.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"

#define IDEMPOTENCY_KEPT	86400u /* seconds */
#define IDEMPOTENCY_PURGE_EVERY 3600u
#define PLAIN_MAX		(DB_KEPT_MAX - SEAL_OVERHEAD)
#define BODY_MAX		(PLAIN_MAX - IDEMPOTENCY_DIGEST_LEN - 2u)

/* Who asks and his key, which are also what the answer is sealed for. False without a key. */
static bool idempotency_of_call(const struct call *call, struct db_kept *out)
{
	out->created = call_now(call);
	(void)snprintf(out->holder, sizeof(out->holder), "%s", call->audit.actor);
	return call_text(call, IPC_TAG_IDEMPOTENCY, out->key, sizeof(out->key)) && out->key[0];
}

static struct cs_view idempotency_identity(const struct db_kept *kept, char out[DB_KEPT_IDENTITY_SIZE])
{
	int len = snprintf(out, DB_KEPT_IDENTITY_SIZE, "%s %s", kept->holder, kept->key);

	return cs_view(out, (size_t)len);
}

/* What is not the request itself: who sends it, and from where. */
static bool is_about_the_caller(unsigned tag)
{
	return tag == IPC_TAG_CREDENTIAL || tag == IPC_TAG_ADDRESS || tag == IPC_TAG_CERTIFICATE ||
	       tag == IPC_TAG_IDEMPOTENCY || tag == IPC_TAG_TLS_CHAIN;
}

/* The request's fields, in the order of their names; how many. */
static size_t request_tags(const struct ipc_request *request, uint8_t tags[IPC_TAG_COUNT])
{
	size_t count = 0;

	for (unsigned tag = 1; tag < IPC_TAG_COUNT; tag++) {
		if (!request->field[tag].ptr || is_about_the_caller(tag))
			continue;
		size_t at = count++;
		for (; at && strcmp(ipc_tag_name(tags[at - 1]), ipc_tag_name(tag)) > 0; at--)
			tags[at] = tags[at - 1];
		tags[at] = (uint8_t)tag;
	}
	return count;
}

static bool digest_name(EVP_MD_CTX *ctx, const char *name)
{
	return EVP_DigestUpdate(ctx, name, strlen(name) + 1) == 1;
}

enum cs_err idempotency_digest(const struct ipc_request *request, uint8_t out[IDEMPOTENCY_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t tags[IPC_TAG_COUNT];
	const size_t count = request_tags(request, tags);
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		    digest_name(ctx, ipc_rule(request->op)->name);

	for (size_t i = 0; i < count && good; i++) {
		const struct cs_view field = request->field[tags[i]];
		const uint8_t len[2] = {(uint8_t)(field.len >> 8), (uint8_t)field.len};
		good = digest_name(ctx, ipc_tag_name(tags[i])) &&
		       EVP_DigestUpdate(ctx, len, sizeof(len)) == 1 &&
		       EVP_DigestUpdate(ctx, field.ptr, field.len) == 1;
	}
	good = good && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* Answers from what was kept. CS_ERR_CORRUPT: it does not open, or is another request's. */
static enum cs_err idempotency_answer(struct call *call, const struct db_kept *kept)
{
	uint8_t plain[PLAIN_MAX], digest[IDEMPOTENCY_DIGEST_LEN];
	char identity[DB_KEPT_IDENTITY_SIZE];
	struct cs_writer w = CS_WRITER_OF(plain);

	enum cs_err err = idempotency_digest(call->request, digest);
	if (!err)
		err = seal_open(&call->keeper->key, idempotency_identity(kept, identity),
				cs_view(kept->sealed, kept->sealed_len), &w);
	if (!err) {
		struct cs_reader r = cs_reader_of(cs_writer_view(&w));
		struct cs_view first = cs_read_view(&r, IDEMPOTENCY_DIGEST_LEN);
		uint16_t status = cs_read_u16(&r);
		struct cs_view body = cs_read_rest(&r);
		if (cs_reader_done(&r) || first.len != IDEMPOTENCY_DIGEST_LEN ||
		    !cs_equal_ct(first.ptr, digest, IDEMPOTENCY_DIGEST_LEN)) {
			err = CS_ERR_CORRUPT;
		} else {
			call->status = status;
			cs_write_view(&call->body, body);
		}
	}
	cs_wipe(plain, sizeof(plain));
	return err;
}

enum cs_err idempotency_find(struct call *call, bool *answered)
{
	struct db_kept kept;

	*answered = idempotency_of_call(call, &kept);
	if (!*answered)
		return CS_OK;
	enum cs_err err = db_kept_find(call->keeper->db, &kept, kept.created - IDEMPOTENCY_KEPT);
	if (err == CS_ERR_NOT_FOUND) {
		*answered = false;
		return CS_OK;
	}
	if (!err)
		err = idempotency_answer(call, &kept);
	if (err == CS_ERR_CORRUPT)
		return call_refuse(call, CALL_KEY_REUSED);
	if (!err)
		call_result(call, "repeated");
	return err;
}

void idempotency_purge(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;

	if (!keeper->db || now < keeper->kept_purge_after)
		return;
	keeper->kept_purge_after = now + IDEMPOTENCY_PURGE_EVERY;
	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = db_kept_purge(keeper->db, now - IDEMPOTENCY_KEPT);
	if (!err)
		err = db_commit(keeper->db);
	if (err)
		db_rollback(keeper->db);
}

/* Whether what was answered is to be told a second time. Seeds that another administrator has approved of are
 * told once. */
static bool is_kept(const struct call *call)
{
	const enum ipc_op op = call->request->op;

	return call->status < 500 && !call->unfinished &&
	       !((op == IPC_USER_EXPORT || op == IPC_REALM_EXPORT) && call->status == 200);
}

enum cs_err idempotency_keep(struct call *call)
{
	char identity[DB_KEPT_IDENTITY_SIZE];
	uint8_t plain[PLAIN_MAX], digest[IDEMPOTENCY_DIGEST_LEN];
	struct cs_writer w = CS_WRITER_OF(plain);
	struct db_kept kept;
	const struct cs_view body =
	    call->again[0] ? cs_view_string(call->again) : cs_writer_view(&call->body);

	if (!is_kept(call) || body.len > BODY_MAX || !idempotency_of_call(call, &kept))
		return CS_OK;
	struct cs_writer sealed = CS_WRITER_OF(kept.sealed);
	enum cs_err err = idempotency_digest(call->request, digest);
	if (!err) {
		cs_write_view(&w, CS_VIEW_OF(digest));
		cs_write_u16(&w, call->status);
		cs_write_view(&w, body);
		err = cs_writer_done(&w);
	}
	if (!err)
		err = seal_close(&call->keeper->key, idempotency_identity(&kept, identity),
				 cs_writer_view(&w), &sealed);
	cs_wipe(plain, sizeof(plain));
	kept.sealed_len = cs_writer_view(&sealed).len;
	return err ? err : db_kept_set(call->keeper->db, &kept);
}
