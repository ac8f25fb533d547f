/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that cards made and sealed to the enrolment key.
 *
 * Invariants:
 *  1. No seed is opened but of a statement for this key that a card has signed whose certificate leads to one
 * of card_ca.
 *  2. A statement is taken once, whatever has become of its token since.
 *  3. What a statement says of its credential nobody else says.
 */
#include "daemon/keeper_sealed.h"

#include <openssl/pem.h>
#include <string.h>

#include "base/encoding.h"
#include "base/host/sealed_seed.h"
#include "base/secret.h"
#include "daemon/keeper_login.h"

#define PEM_MAX 256u

/* ---- the key ---- */

/* The key and its private half. CS_ERR_NOT_FOUND: there is none, or it does not open. */
static enum cs_err key_find(struct call *call, struct db_signing_key *key, struct cs_writer *private_key)
{
	enum cs_err err = db_enrolment_key_find(call->keeper->db, key);

	return err ? err : signing_key_open(call, key, private_key);
}

/* In the place of one that does not open, if any. */
static enum cs_err key_make(struct call *call, struct db_signing_key *key, struct cs_writer *private_key)
{
	enum cs_err err = db_enrolment_key_remove(call->keeper->db);

	if (!err)
		err = signing_key_new(call, "e_", key, private_key);
	if (!err)
		err = db_enrolment_key_add(call->keeper->db, key);
	return err == CS_ERR_EXISTS ? CS_ERR_BUSY : err; /* another daemon was first */
}

static EVP_PKEY *key_of(struct cs_view der)
{
	const unsigned char *at = der.ptr;

	return d2i_AutoPrivateKey(NULL, &at, (long)der.len);
}

/* Its public half, and that one's fingerprint: of its SubjectPublicKeyInfo, as those of certificates are. */
static enum cs_err public_write(struct cs_view private_key, char pem[PEM_MAX],
				uint8_t fingerprint[DB_FINGERPRINT_LEN])
{
	EVP_PKEY *key = key_of(private_key);
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	char *text = NULL;
	long len = key && bio && PEM_write_bio_PUBKEY(bio, key) == 1 ? BIO_get_mem_data(bio, &text) : 0;
	int der_len = key ? i2d_PUBKEY(key, &der) : 0;
	bool good = len > 0 && len < (long)PEM_MAX && der_len > 0 &&
		    EVP_Digest(der, (size_t)der_len, fingerprint, NULL, EVP_sha256(), NULL) == 1;

	if (good) {
		memcpy(pem, text, (size_t)len);
		pem[len] = '\0';
	}
	OPENSSL_free(der);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

static void key_made(struct call *call, const char *id, const uint8_t fingerprint[DB_FINGERPRINT_LEN],
		     bool replaced)
{
	char text[2 * DB_FINGERPRINT_LEN + 1];

	cs_hex_encode(cs_view(fingerprint, DB_FINGERPRINT_LEN), text);
	call_result(call, "done");
	call_reason(call, replaced ? "replaced" : "");
	call_detail(call, "new key %s, %.32s", id, text);
}

enum cs_err keeper_enrolment_key(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_signing_key key = {.id = ""};
	uint8_t bytes[JWT_PRIVATE_MAX], fingerprint[DB_FINGERPRINT_LEN];
	struct cs_writer private_key = CS_WRITER_OF(bytes);
	char pem[PEM_MAX], point[2 * JWT_PUBLIC_LEN + 1];

	enum cs_err err = key_find(call, &key, &private_key);
	const bool made = err == CS_ERR_NOT_FOUND, replaced = made && key.id[0];
	if (made) {
		private_key = CS_WRITER_OF(bytes);
		err = key_make(call, &key, &private_key);
	}
	if (!err)
		err = public_write(cs_writer_view(&private_key), pem, fingerprint);
	cs_wipe(bytes, sizeof(bytes));
	if (err)
		return err;
	if (made)
		key_made(call, key.id, fingerprint, replaced);
	call->status = 200;
	cs_hex_encode(CS_VIEW_OF(key.public_key), point);
	json_object_begin(&out, NULL);
	json_text(&out, "key", key.id);
	json_text(&out, "curve", "P-256");
	json_text(&out, "point", point);
	json_text(&out, "pem", pem);
	json_object_end(&out);
	return CS_OK;
}

/* ---- a statement ---- */

static enum call_refusal statement_read(struct call *call, struct cs_sealed_seed *out)
{
	static const uint8_t said[] = {IPC_TAG_TYPE,   IPC_TAG_SECRET,	    IPC_TAG_HASH,
				       IPC_TAG_DIGITS, IPC_TAG_PERIOD,	    IPC_TAG_COUNTER,
				       IPC_TAG_SUITE,  IPC_TAG_DESTINATION, IPC_TAG_COUNT_OF};

	for (size_t i = 0; i < sizeof(said); i++)
		if (ipc_has(call->request, (enum ipc_tag)said[i]))
			return CALL_SEALED_ALONE;
	if (cs_sealed_seed_parse(ipc_field(call->request, IPC_TAG_SEALED), out) ||
	    !(out->properties & YKOATH_PROPERTY_MADE))
		return CALL_BAD_SEALED;
	call_detail(call, "sealed by card %08x", (unsigned)out->serial);
	return CALL_REFUSAL_COUNT;
}

/* Whether it is for this key, and a card has signed it that one of card_ca vouches for. */
static enum call_refusal statement_check(struct call *call, const struct cs_sealed_seed *seed,
					 const struct db_signing_key *key)
{
	if (seed->curve != CS_SEALED_SEED_P256 || !cs_view_equal(seed->server, CS_VIEW_OF(key->public_key)))
		return CALL_SEALED_OTHER;
	enum login_fault fault =
	    login_trust_issued(call->keeper->card_trust, seed->certificate, call_now(call));
	if (!fault && cs_sealed_seed_intact(seed))
		fault = LOGIN_FAULT_SIGNATURE;
	if (!fault)
		return CALL_REFUSAL_COUNT;
	call_detail(call, "card %08x: %s", (unsigned)seed->serial, login_fault_text(fault));
	return CALL_SEALED_UNTRUSTED;
}

/* CS_ERR_WRONG: it does not open, whoever has signed that it would. */
static enum cs_err statement_open(const struct cs_sealed_seed *seed, struct cs_view private_key,
				  struct cs_writer *out)
{
	EVP_PKEY *key = key_of(private_key);
	enum cs_err err = key ? cs_sealed_seed_open(seed, key, out) : CS_ERR_CRYPTO;

	EVP_PKEY_free(key);
	return err;
}

/* Whether its seed was seen before: each statement has one of its own. */
static enum cs_err statement_spent(struct call *call, struct cs_view seed, bool *spent)
{
	uint8_t fingerprint[SEAL_FINGERPRINT_LEN];

	enum cs_err err = seal_fingerprint(&call->keeper->key, seed, fingerprint);
	if (!err)
		err = keeper_lock_seed(call->keeper, CS_VIEW_OF(fingerprint));
	return err ? err : db_seed_seen(call->keeper->db, CS_VIEW_OF(fingerprint), spent);
}

/* ---- what it says ---- */

/* The fields that go with its type, as those of a request are. */
static void fields_fill(const struct cs_sealed_seed *seed, struct sealed_enrolment *out)
{
	const enum ykoath_type type = (enum ykoath_type)(seed->type_hash & YKOATH_TYPE_MASK);
	struct cs_view *field = out->request.field;
	struct cs_writer period = CS_WRITER_OF(out->period), counter = CS_WRITER_OF(out->counter);
	struct cs_ykoath_parts parts;

	cs_ykoath_split(type, seed->name, &parts);
	cs_write_u32(&period, parts.period);
	cs_write_u64(&counter, seed->counter);
	out->digits = seed->digits;
	if (type == YKOATH_TYPE_OCRA) {
		field[IPC_TAG_SUITE] = seed->suite;
	} else {
		field[IPC_TAG_HASH] = cs_view_string(call_hash_name(cs_ykoath_hash(seed->type_hash)));
		field[IPC_TAG_DIGITS] = cs_view(&out->digits, 1);
	}
	if (type == YKOATH_TYPE_TOTP)
		field[IPC_TAG_PERIOD] = cs_writer_view(&period);
	else
		field[IPC_TAG_COUNTER] = cs_writer_view(&counter);
	field[IPC_TAG_TYPE] = type == YKOATH_TYPE_HOTP	 ? CS_VIEW_TEXT("hotp")
			      : type == YKOATH_TYPE_TOTP ? CS_VIEW_TEXT("totp")
							 : CS_VIEW_TEXT("ocra");
}

static void request_fill(const struct call *call, const struct cs_sealed_seed *seed, struct cs_view secret,
			 struct sealed_enrolment *out)
{
	out->request = *call->request;
	out->request.field[IPC_TAG_SECRET] = secret;
	if (!ipc_has(&out->request, IPC_TAG_LABEL))
		out->request.field[IPC_TAG_LABEL] = seed->name;
	fields_fill(seed, out);
	cs_sealed_seed_number(seed, out->serial);
}

/* With the private half of the enrolment key. */
static enum cs_err seed_take(struct call *call, const struct cs_sealed_seed *seed, struct cs_view private_key,
			     struct sealed_enrolment *out, enum call_refusal *refusal)
{
	struct cs_writer secret = CS_WRITER_OF(out->seed);
	bool spent = false;

	enum cs_err err = statement_open(seed, private_key, &secret);
	if (err == CS_ERR_WRONG) {
		*refusal = CALL_BAD_SEALED;
		return CS_OK;
	}
	if (!err)
		err = statement_spent(call, cs_writer_view(&secret), &spent);
	if (spent)
		*refusal = CALL_SEALED_SPENT;
	else if (!err)
		request_fill(call, seed, cs_writer_view(&secret), out);
	return err;
}

enum cs_err sealed_enrolment_open(struct call *call, struct sealed_enrolment *out, enum call_refusal *refusal)
{
	struct cs_sealed_seed seed;
	struct db_signing_key key;
	uint8_t bytes[JWT_PRIVATE_MAX];
	struct cs_writer private_key = CS_WRITER_OF(bytes);

	*refusal = login_trust_any(call->keeper->card_trust) ? statement_read(call, &seed) : CALL_NO_CARD_CA;
	if (*refusal != CALL_REFUSAL_COUNT)
		return CS_OK;
	enum cs_err err = key_find(call, &key, &private_key);
	if (err == CS_ERR_NOT_FOUND) { /* whoever asks for the key has another one made */
		*refusal = CALL_SEALED_OTHER;
		return CS_OK;
	}
	if (!err)
		*refusal = statement_check(call, &seed, &key);
	if (!err && *refusal == CALL_REFUSAL_COUNT)
		err = seed_take(call, &seed, cs_writer_view(&private_key), out, refusal);
	cs_wipe(bytes, sizeof(bytes));
	return err;
}
