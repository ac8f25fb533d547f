/* SPDX-License-Identifier: BSD-2-Clause
 *
 * New tokens: which settings each type takes is a row of the table; what was made here is told once, with the
 * answer.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/decide.h"
#include "daemon/keeper_sealed.h"
#include "daemon/name.h"
#include "daemon/password.h"

#define ENROL_COUNTER_MAX ((uint64_t)1 << 62)
#define ENROL_DAY	  86400u

/* Settings of one type. Of count: least, most, and what it is where none is given; 0: it has none. valid:
 * days that the token lives where nothing is said; 0: it does not expire. */
struct enrol_row {
	bool seed, digits, period, counter, suite, destination;
	uint32_t count_min, count_max, count;
	uint32_t valid;
};

static const struct enrol_row enrol_rows[VERIFY_TYPE_COUNT] = {
    [VERIFY_HOTP] = {.seed = true, .digits = true, .counter = true},
    [VERIFY_TOTP] = {.seed = true, .digits = true, .period = true},
    [VERIFY_OCRA] = {.seed = true, .counter = true, .suite = true},
    [VERIFY_SMS] = {.digits = true, .destination = true},
    [VERIFY_EMAIL] = {.digits = true, .destination = true},
    [VERIFY_LIST] = {.digits = true, .count_min = 10, .count_max = VERIFY_LIST_MAX, .count = 100},
    [VERIFY_GRID] = {.count_min = 30, .count_max = VERIFY_GRID_MAX, .count = 50},
    [VERIFY_BACKUP] = {.count_min = 5, .count_max = VERIFY_BACKUP_MAX, .count = 10},
    [VERIFY_TEMPORARY] = {.count_min = 1, .count_max = 100, .count = 10, .valid = 3},
};

bool enrol_takes(enum verify_type type, enum ipc_tag tag)
{
	const struct enrol_row *row = &enrol_rows[type];

	return tag == IPC_TAG_DIGITS	 ? row->digits
	       : tag == IPC_TAG_HASH	 ? row->digits && row->seed
	       : tag == IPC_TAG_PERIOD	 ? row->period
	       : tag == IPC_TAG_COUNT_OF ? row->count != 0
					 : false;
}

/* The token's own: type, algorithm, digits, period, counter. CALL_REFUSAL_COUNT where all are right. */
static enum call_refusal enrol_code_settings(const struct call *call, const struct enrol_row *row,
					     struct db_token *token)
{
	static const struct {
		const char *name;
		enum cs_hash hash;
	} hashes[] = {{"SHA1", CS_SHA1}, {"SHA256", CS_SHA256}, {"SHA512", CS_SHA512}};
	const struct ipc_request *request = call->request;
	struct cs_view hash = ipc_field(request, IPC_TAG_HASH);
	uint64_t digits = ipc_field_number(request, IPC_TAG_DIGITS, VERIFY_DIGITS_MIN);
	uint64_t period = ipc_field_number(request, IPC_TAG_PERIOD, 30);

	token->hash = hash.ptr ? 0 : CS_SHA1;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (hash.ptr && cs_view_equal(hash, cs_view_string(hashes[i].name)))
			token->hash = hashes[i].hash;
	token->digits = (unsigned)digits;
	token->period = (uint32_t)period;
	token->next = ipc_field_number(request, IPC_TAG_COUNTER, 0);
	return !token->hash || (hash.ptr && (!row->digits || !row->seed)) ? CALL_BAD_HASH
	       : digits < VERIFY_DIGITS_MIN || digits > VERIFY_DIGITS_MAX ? CALL_BAD_DIGITS
	       : ipc_has(request, IPC_TAG_DIGITS) && !row->digits	  ? CALL_BAD_DIGITS
	       : period < 10 || period > 300				  ? CALL_BAD_PERIOD
	       : ipc_has(request, IPC_TAG_PERIOD) && !row->period	  ? CALL_BAD_PERIOD
	       : ipc_has(request, IPC_TAG_COUNTER) && !row->counter	  ? CALL_BAD_COUNTER
	       : token->next >= ENROL_COUNTER_MAX			  ? CALL_BAD_COUNTER
	       : ipc_has(request, IPC_TAG_SECRET) && !row->seed		  ? CALL_BAD_SECRET
									  : CALL_REFUSAL_COUNT;
}

/* A number in international form, or an address of mail: nothing that a gateway could take for more than one.
 */
static bool enrol_destination(enum verify_type type, const char *text)
{
	const char *at = strchr(text, '@');
	size_t len = strlen(text);

	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7F || strchr(",;<>\"\\()[]", *p))
			return false;
	if (type == VERIFY_EMAIL)
		return len <= 254 && at && at > text && at[1] && !strchr(at + 1, '@');
	return text[0] == '+' && len >= 8 && len <= 16 && strspn(text + 1, "0123456789") == len - 1;
}

/* Where and how long: suite, destination, count, life. */
static enum call_refusal enrol_kind_settings(const struct call *call, const struct enrol_row *row,
					     struct db_token *token)
{
	const struct ipc_request *request = call->request;
	struct cs_ocra_suite suite;
	uint64_t count = ipc_field_number(request, IPC_TAG_COUNT_OF, row->count);
	uint64_t valid = ipc_field_number(request, IPC_TAG_VALID, (uint64_t)row->valid * ENROL_DAY);

	token->count = (uint32_t)count;
	token->expires = valid ? call_now(call) + valid : 0;
	if (!call_text(call, IPC_TAG_SUITE, token->suite, sizeof(token->suite)) ||
	    ipc_has(request, IPC_TAG_SUITE) != row->suite ||
	    (row->suite && verify_ocra_suite(cs_view_string(token->suite), &suite)))
		return CALL_BAD_SUITE;
	if (row->suite)
		token->hash = suite.hash;
	if (!call_text(call, IPC_TAG_DESTINATION, token->destination, sizeof(token->destination)) ||
	    ipc_has(request, IPC_TAG_DESTINATION) != row->destination ||
	    (row->destination && !enrol_destination(token->type, token->destination)))
		return CALL_BAD_DESTINATION;
	if (count < row->count_min || count > row->count_max)
		return CALL_BAD_COUNT;
	if (valid > ENROL_VALID_MAX || (row->valid && !valid))
		return CALL_BAD_VALID;
	return !call_text(call, IPC_TAG_LABEL, token->label, sizeof(token->label)) ||
		       name_check(cs_view_string(token->label))
		   ? CALL_BAD_LABEL
		   : CALL_REFUSAL_COUNT;
}

enum call_refusal enrol_settings(const struct call *call, struct db_token *token)
{
	token->type = decide_kind_named(ipc_field(call->request, IPC_TAG_TYPE));
	token->state = DB_TOKEN_ACTIVE;
	token->created = call_now(call);
	if (!token->type)
		return CALL_BAD_TYPE;
	enum call_refusal refusal = enrol_code_settings(call, &enrol_rows[token->type], token);
	if (refusal == CALL_REFUSAL_COUNT)
		refusal = enrol_kind_settings(call, &enrol_rows[token->type], token);
	return refusal;
}

/* Copies the seed given, or makes one as long as the hash (RFC 4226, 4: R6). made says which. */
static enum cs_err enrol_seed(const struct call *call, const struct db_token *token, struct cs_writer *seed,
			      bool *made)
{
	struct cs_view given = ipc_field(call->request, IPC_TAG_SECRET);

	*made = !given.ptr;
	if (given.ptr) {
		cs_write_view(seed, given);
		return cs_writer_done(seed);
	}
	uint8_t *space = cs_write_space(seed, cs_hash_size(token->hash));
	return space ? seal_random(space, cs_hash_size(token->hash)) : CS_ERR_NO_SPACE;
}

/* Text with all but unreserved characters (RFC 3986, 2.3) as percent escapes. */
static void uri_write(struct cs_writer *w, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (const char *p = text; *p; p++) {
		uint8_t c = (uint8_t)*p;
		if (strchr(plain, c)) {
			cs_write_u8(w, c);
		} else {
			cs_write_u8(w, '%');
			cs_write_u8(w, (uint8_t)hex[c >> 4]);
			cs_write_u8(w, (uint8_t)hex[c & 15]);
		}
	}
}

/* The key URI that authenticator programs read from a QR code. */
static enum cs_err token_otpauth(const struct db_token *token, struct cs_view seed, char *out, size_t cap)
{
	struct cs_writer w = cs_writer_of(out, cap);
	char secret[CS_BASE32_SIZE(DB_SEED_MAX)], rest[128];

	cs_base32_encode(seed, secret);
	if (token->type == VERIFY_HOTP)
		(void)snprintf(rest, sizeof(rest), "&issuer=Countersign&algorithm=%s&digits=%u&counter=%llu",
			       call_hash_name(token->hash), token->digits, (unsigned long long)token->next);
	else
		(void)snprintf(rest, sizeof(rest), "&issuer=Countersign&algorithm=%s&digits=%u&period=%u",
			       call_hash_name(token->hash), token->digits, (unsigned)token->period);
	cs_write_view(&w, token->type == VERIFY_HOTP ? CS_VIEW_TEXT("otpauth://hotp/Countersign:")
						     : CS_VIEW_TEXT("otpauth://totp/Countersign:"));
	uri_write(&w, token->user);
	cs_write_view(&w, CS_VIEW_TEXT("?secret="));
	cs_write_view(&w, cs_view_string(secret));
	cs_write_view(&w, cs_view_string(rest));
	cs_write_u8(&w, 0);
	cs_wipe(secret, sizeof(secret));
	return cs_writer_done(&w);
}

/* ---- PIN ---- */

static const char *const enrol_pin_places[] = {
    [VERIFY_NO_PIN] = "none", [VERIFY_PIN_BEFORE] = "before", [VERIFY_PIN_BEHIND] = "behind"};

enum cs_err enrol_pin(struct call *call, struct db_token *token, enum call_refusal *refusal)
{
	const struct cs_view pin = ipc_field(call->request, IPC_TAG_PIN);
	const struct cs_view place = ipc_field(call->request, IPC_TAG_PIN_PLACE);
	bool behind = place.ptr && cs_view_equal(place, cs_view_string(enrol_pin_places[VERIFY_PIN_BEHIND]));

	*refusal = CALL_REFUSAL_COUNT;
	if (!pin.ptr && !place.ptr)
		return CS_OK;
	if (!decide_kind(token->type)->pin)
		*refusal = CALL_NO_PIN_HERE;
	else if (!pin.ptr ||
		 (place.ptr && !behind &&
		  !cs_view_equal(place, cs_view_string(enrol_pin_places[VERIFY_PIN_BEFORE]))) ||
		 password_fault(pin, PIN_MIN, PIN_MAX, CS_VIEW_EMPTY) != PASSWORD_GOOD)
		*refusal = CALL_BAD_PIN;
	if (*refusal != CALL_REFUSAL_COUNT)
		return CS_OK;
	token->pin_hash_len = sizeof(token->pin_hash);
	token->pin = behind ? VERIFY_PIN_BEHIND : VERIFY_PIN_BEFORE;
	return call_password_store(call, pin, token->pin_hash);
}

/* ---- what is told once ---- */

static bool enrol_printed(const struct db_token *token)
{
	return enrol_rows[token->type].count != 0;
}

/* The lines, cells, codes or password that the token has, in their order. */
static enum cs_err enrol_codes(struct call *call, const struct db_token *token, struct cs_view seed,
			       struct json_out *out)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	const struct verify_token made = {.type = token->type,
					  .hash = token->hash,
					  .digits = token->digits,
					  .seed = seed,
					  .count = token->count};
	bool letters = token->type == VERIFY_BACKUP || token->type == VERIFY_TEMPORARY;
	uint32_t count = token->type == VERIFY_TEMPORARY ? 1 : token->count;
	char text[PRINTED_SIZE + CS_OATH_CODE_MAX];
	enum cs_err err = CS_OK;

	json_array_begin(out, "codes");
	for (uint32_t i = 0; !err && i < count; i++) {
		err = letters ? verify_printed_text(&hmac, &made, i, text)
			      : verify_line_text(&hmac, &made, i, text);
		if (!err)
			json_text(out, NULL, text);
	}
	json_array_end(out);
	cs_wipe(text, sizeof(text));
	return err;
}

/* The answer; what was made here is told now and never again. */
static enum cs_err enrol_answer(struct call *call, const struct db_token *token, struct cs_view seed,
				bool made)
{
	struct json_out out = json_out_of(&call->body);
	bool keyed = token->type == VERIFY_HOTP || token->type == VERIFY_TOTP;
	char otpauth[1024], secret[CS_BASE32_SIZE(DB_SEED_MAX)];
	enum cs_err err = CS_OK;

	if (made && keyed)
		err = token_otpauth(token, seed, otpauth, sizeof(otpauth));
	cs_base32_encode(seed, secret);
	call->status = 201;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token->id);
	json_text(&out, "user", token->user);
	if (made && keyed && !err)
		json_text(&out, "otpauth", otpauth);
	if (made && token->type == VERIFY_OCRA)
		json_text(&out, "secret", secret);
	if (!err && enrol_printed(token))
		err = enrol_codes(call, token, seed, &out);
	if (token->serial[0])
		json_text(&out, "serial", token->serial);
	if (token->expires)
		json_number(&out, "expires", token->expires);
	json_object_end(&out);
	cs_wipe(otpauth, sizeof(otpauth));
	cs_wipe(secret, sizeof(secret));
	return err;
}

/* Gives the token an id, sees that its seed is no other's, seals it, stores it, answers. */
static enum cs_err enrol_store(struct call *call, struct db_token *token, struct cs_view seed, bool made)
{
	struct cs_writer sealed = CS_WRITER_OF(token->sealed);
	char identity[TOKEN_IDENTITY_SIZE];
	bool taken = false;

	enum cs_err err = call_id_new("t_", token->id);
	if (!err)
		err = seal_fingerprint(&call->keeper->key, seed, token->fingerprint);
	token->fingerprint_len = sizeof(token->fingerprint);
	if (!err)
		err = seed_taken(call, token, &taken);
	if (!err && taken)
		return call_refuse(call, CALL_SEED_KNOWN);
	if (!err)
		err = data_key_close(call->keeper, token_identity(token, identity), seed, &sealed);
	token->sealed_len = cs_writer_view(&sealed).len;
	if (!err)
		err = db_token_add(call->keeper->db, token);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_TOO_MANY_TOKENS);
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", token->id);
	return err ? err : enrol_answer(call, token, seed, made);
}

enum cs_err enrol_token(struct call *call, const struct db_user *user, struct db_token *token)
{
	uint8_t seed[DB_SEED_MAX];
	struct cs_writer w = CS_WRITER_OF(seed);
	bool made;

	token->user_id = user->id;
	memcpy(token->user, user->name, sizeof(token->user));
	enum cs_err err = enrol_seed(call, token, &w, &made);
	if (!err)
		err = enrol_store(call, token, cs_writer_view(&w), made);
	cs_wipe(seed, sizeof(seed));
	return err;
}

/* With the fields of the call's request. */
static enum cs_err enrol_request(struct call *call, const char *serial)
{
	struct db_token token = {0};
	struct db_user user;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	enum call_refusal refusal = enrol_settings(call, &token);
	if (refusal == CALL_REFUSAL_COUNT)
		err = enrol_pin(call, &token, &refusal);
	if (err)
		return err;
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	(void)snprintf(token.serial, sizeof(token.serial), "%s", serial);
	return enrol_token(call, &user, &token);
}

/* What the card has said stands in the place of what the request would. */
static enum cs_err enrol_sealed(struct call *call)
{
	enum call_refusal refusal = CALL_REFUSAL_COUNT;
	struct sealed_enrolment sealed;

	enum cs_err err = sealed_enrolment_open(call, &sealed, &refusal);
	if (!err && refusal != CALL_REFUSAL_COUNT) {
		err = call_refuse(call, refusal);
	} else if (!err) {
		call->request = &sealed.request;
		err = enrol_request(call, sealed.serial);
		call->request = call->asked;
	}
	cs_wipe(&sealed, sizeof(sealed));
	return err;
}

enum cs_err keeper_token_enrol(struct call *call)
{
	return ipc_has(call->request, IPC_TAG_SEALED) ? enrol_sealed(call) : enrol_request(call, "");
}

/* ---- PIN ---- */

enum cs_err keeper_token_pin(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_token token;

	enum cs_err err = call_token(call, &token);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_TOKEN) : err;
	token.pin = VERIFY_NO_PIN;
	token.pin_hash_len = 0;
	enum call_refusal refusal;
	err = enrol_pin(call, &token, &refusal);
	if (err)
		return err;
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	err = db_token_set_pin(call->keeper->db, &token);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%s", token.pin == VERIFY_NO_PIN ? "no PIN" : "a new PIN");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token.id);
	json_text(&out, "user", token.user);
	json_text(&out, "pin", enrol_pin_places[token.pin]);
	json_object_end(&out);
	return CS_OK;
}
