/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proofs that a user has the key of his certificate.
 *
 * Invariants:
 *  1. A nonce counts for the name and the application that it was given to, until it expires, and for one
 * login that is accepted.
 *  2. A certificate is a user's where its key is bound to him; that it names him is asked only where none
 * ever was, or an administrator has said since that names count.
 *  3. What is done for a name that is nobody's is what is done for a user, up to the one look for whose the
 * key is.
 */
#include "daemon/keeper_proof.h"

#include <stdio.h>
#include <string.h>

#include "base/login_text.h"
#include "daemon/base64url.h"

#define NONCE_PLAIN  (8u + DB_NONCE_LEN)
#define NONCE_SEALED (NONCE_PLAIN + SEAL_OVERHEAD)

_Static_assert(BASE64URL_LEN(NONCE_SEALED) < PROOF_NONCE_SIZE, "a nonce has room");

/* What a nonce is sealed for. */
#define NONCE_IDENTITY_SIZE (32u + DB_NAME_SIZE + DB_USER_SIZE)
static struct cs_view nonce_identity(const struct call *call, char out[NONCE_IDENTITY_SIZE])
{
	int len = snprintf(out, NONCE_IDENTITY_SIZE, "login nonce\n%s\n%s", call_caller(call), call->typed);

	return cs_view(out, (size_t)len);
}

enum cs_err proof_nonce(struct call *call, uint64_t *expires, char out[PROOF_NONCE_SIZE])
{
	uint8_t plain[NONCE_PLAIN], sealed[NONCE_SEALED], random[DB_NONCE_LEN];
	struct cs_writer w = CS_WRITER_OF(plain), s = CS_WRITER_OF(sealed);
	struct cs_writer text = cs_writer_of(out, PROOF_NONCE_SIZE - 1);
	char identity[NONCE_IDENTITY_SIZE];

	*expires = call_now(call) + call->keeper->challenge_lifetime;
	enum cs_err err = seal_random(random, sizeof(random));
	if (err)
		return err;
	cs_write_u64(&w, *expires);
	cs_write_view(&w, CS_VIEW_OF(random));
	err = seal_close(&call->keeper->key, nonce_identity(call, identity), cs_writer_view(&w), &s);
	if (err)
		return err;
	base64url_write(&text, cs_writer_view(&s));
	out[cs_writer_view(&text).len] = '\0';
	return cs_writer_done(&text);
}

/* CS_ERR_NOT_FOUND: it is none of this user's and application's. */
static enum cs_err nonce_open(const struct call *call, struct proof *out)
{
	uint8_t sealed[NONCE_SEALED], plain[NONCE_PLAIN];
	struct cs_writer s = CS_WRITER_OF(sealed), w = CS_WRITER_OF(plain);
	char identity[NONCE_IDENTITY_SIZE];

	if (base64url_read(ipc_field(call->request, IPC_TAG_NONCE), &s))
		return CS_ERR_NOT_FOUND;
	enum cs_err err =
	    seal_open(&call->keeper->key, nonce_identity(call, identity), cs_writer_view(&s), &w);
	if (err)
		return err == CS_ERR_CORRUPT || err == CS_ERR_NO_SPACE ? CS_ERR_NOT_FOUND : err;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	out->expires = cs_read_u64(&r);
	struct cs_view random = cs_read_view(&r, DB_NONCE_LEN);
	if (cs_reader_done(&r))
		return CS_ERR_NOT_FOUND;
	memcpy(out->nonce, random.ptr, random.len);
	return CS_OK;
}

/* ---- whose a certificate is ---- */

static enum cs_err certificate_owner(struct call *call, const struct db_user *user,
				     const struct login_certificate *certificate, bool *his)
{
	const struct keeper *keeper = call->keeper;
	struct db_binding binding;

	*his = false;
	enum cs_err err = db_binding_find(keeper->db, certificate->fingerprint, &binding);
	if (!err)
		*his = user && binding.user_id == user->id;
	if (err != CS_ERR_NOT_FOUND)
		return err;
	*his = user && !user->bound_only &&
	       login_certificate_names(certificate, user->name, keeper->login_upn, keeper->login_email);
	return CS_OK;
}

/* A chain held to everything but a signature. */
static enum cs_err chain_check(struct call *call, const struct db_user *user, enum ipc_tag tag,
			       struct login_certificate *certificate, const char **wrong)
{
	struct keeper *keeper = call->keeper;
	enum login_fault fault;
	bool his;

	enum cs_err err = login_trust_check(keeper->login_trust, keeper->db, ipc_field(call->request, tag),
					    call_now(call), certificate, &fault);
	*wrong = fault ? login_fault_text(fault) : NULL;
	if (err || fault)
		return err;
	err = certificate_owner(call, user, certificate, &his);
	if (!err && !his)
		*wrong = user ? "other_certificate" : "unknown_user";
	return err;
}

/* ---- the proof ---- */

static bool is_given(const struct call *call, bool *all)
{
	static const enum ipc_tag parts[] = {IPC_TAG_CHAIN, IPC_TAG_NONCE, IPC_TAG_ALGORITHM,
					     IPC_TAG_SIGNATURE};
	unsigned there = 0;

	for (unsigned i = 0; i < 4; i++)
		there += ipc_has(call->request, parts[i]);
	*all = there == 4;
	return there > 0;
}

/* The connection's certificate, where it is the user's; else it is as if there were none: it may be the
 * application's own. */
static enum cs_err proof_of_connection(struct call *call, const struct db_user *user, struct proof *out)
{
	struct login_certificate certificate = {0};
	const char *wrong;

	if (!ipc_has(call->request, IPC_TAG_TLS_CHAIN))
		return CS_OK;
	enum cs_err err = chain_check(call, user, IPC_TAG_TLS_CHAIN, &certificate, &wrong);
	if (!err && !wrong) {
		memcpy(out->fingerprint, certificate.fingerprint, sizeof(out->fingerprint));
		out->state = PROOF_SHOWN;
	}
	login_certificate_wipe(&certificate);
	return err;
}

enum cs_err proof_begin(struct call *call, const struct db_user *user, struct proof *out)
{
	bool all, spent;

	memset(out, 0, sizeof(*out));
	if (!is_given(call, &all))
		return proof_of_connection(call, user, out);
	if (!all)
		return CS_ERR_ARG;
	out->state = PROOF_GIVEN;
	enum cs_err err = nonce_open(call, out);
	if (err == CS_ERR_NOT_FOUND) {
		out->foreign = true;
		return CS_OK;
	}
	if (!err)
		err = db_nonce_spent(call->keeper->db, out->nonce, &spent);
	if (err)
		return err;
	const bool expired = out->expires <= call_now(call);
	if (spent || expired) {
		out->state = PROOF_STALE;
		call_reason(call, expired ? "nonce_expired" : "nonce_used");
	}
	return CS_OK;
}

static enum cs_err signed_text(const struct call *call, struct cs_writer *w)
{
	const struct cs_login_text text = {cs_view_string(call->keeper->issuer),
					   cs_view_string(call_caller(call)), cs_view_string(call->typed),
					   ipc_field(call->request, IPC_TAG_NONCE)};

	return cs_login_text_write(&text, w);
}

enum cs_err proof_check(struct call *call, const struct db_user *user, struct proof *proof,
			const char **wrong)
{
	struct login_certificate certificate = {0};
	uint8_t bytes[CS_LOGIN_TEXT_MAX];
	struct cs_writer text = CS_WRITER_OF(bytes);

	*wrong = NULL;
	if (proof->state == PROOF_SHOWN)
		return CS_OK;
	if (proof->foreign)
		*wrong = "foreign_nonce";
	if (*wrong)
		return CS_OK;
	enum cs_err err = signed_text(call, &text);
	if (!err)
		err = chain_check(call, user, IPC_TAG_CHAIN, &certificate, wrong);
	if (!err && certificate.leaf) {
		const enum login_fault fault = login_certificate_verify(
		    &certificate, ipc_field(call->request, IPC_TAG_ALGORITHM), cs_writer_view(&text),
		    ipc_field(call->request, IPC_TAG_SIGNATURE));
		memcpy(proof->fingerprint, certificate.fingerprint, sizeof(proof->fingerprint));
		*wrong = fault ? login_fault_text(fault) : *wrong;
	}
	login_certificate_wipe(&certificate);
	return err;
}

enum cs_err proof_spend(struct call *call, const struct proof *proof)
{
	if (proof->state != PROOF_GIVEN)
		return CS_OK;
	enum cs_err err = db_nonce_spend(call->keeper->db, proof->nonce, proof->expires, call_now(call));
	return err == CS_ERR_EXISTS ? CS_ERR_BUSY : err;
}
