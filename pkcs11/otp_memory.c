/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Session objects of one-time passwords.
 */
#include "pkcs11/otp_memory.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/hash.h"
#include "pkcs11/otp_attribute.h"
#include "pkcs11/otp_plan.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/token.h"

#define DEFAULTS_MAX 80u
#define VALUE_MAX    80u /* bytes of the longest default: a suite, or a name */

/* ---- making one ---- */

/* The attributes that the template did not say: first those that are not as on the card, then all there are.
 */
struct defaults {
	CK_ATTRIBUTE attributes[DEFAULTS_MAX];
	uint8_t values[DEFAULTS_MAX][VALUE_MAX];
	size_t count;
};

static void add(struct defaults *d, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	if (value.len > 0)
		memcpy(d->values[d->count], value.ptr, value.len);
	d->attributes[d->count] = (CK_ATTRIBUTE){type, d->values[d->count], value.len};
	d->count++;
}

static void add_bool(struct defaults *d, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;

	add(d, type, cs_view(&byte, sizeof(byte)));
}

static void fill(const struct token *token, const struct otp_plan *plan, struct defaults *d)
{
	static const uint8_t zero[OTP_COUNTER_LEN] = {0};
	CK_ULONG len = plan->seed.len;
	CK_ATTRIBUTE_TYPE type;

	add_bool(d, CKA_TOKEN, false);
	add_bool(d, CKA_MODIFIABLE, true);
	add_bool(d, CKA_COPYABLE, true);
	add_bool(d, CKA_SENSITIVE, false);
	add_bool(d, CKA_EXTRACTABLE, true);
	add(d, CKA_VALUE_LEN, cs_view(&len, sizeof(len)));
	add(d, CKA_OTP_COUNTER, otp_counts(&plan->key) ? CS_VIEW_OF(zero) : CS_VIEW_EMPTY);
	for (size_t i = 0; otp_attribute_type(i, &type); i++) {
		uint8_t value[VALUE_MAX];
		struct cs_writer w = CS_WRITER_OF(value);

		/* A number of its own is drawn for it, as for any object in memory. */
		if (type != CKA_UNIQUE_ID && d->count < DEFAULTS_MAX &&
		    otp_attribute_of(token, &plan->key, type, &w) == CKR_OK)
			add(d, type, cs_writer_view(&w));
	}
}

/* Each type once: the first says it. */
static void drop_repeated(struct defaults *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (template_find(d->attributes, kept, d->attributes[i].type) == NULL)
			d->attributes[kept++] = d->attributes[i];
	}
	d->count = kept;
}

CK_RV otp_memory_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
			struct object *made)
{
	const struct token *token = session->slot->token;
	struct otp_plan plan = {.attributes = attributes, .count = count, .key = {.in_memory = true}};
	struct defaults defaults = {.count = 0};
	CK_RV rv =
	    otp_plan_read(template_ulong(attributes, count, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION), &plan);

	plan.seed = template_view(attributes, count, CKA_VALUE);
	if (rv == CKR_OK && plan.seed.len == 0)
		rv = CKR_TEMPLATE_INCOMPLETE;
	/* There is nobody to touch, and no place that only a server reads. */
	if (rv == CKR_OK && otp_has(&plan.key, YKOATH_PROPERTY_TOUCH))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK && otp_has(&plan.key, YKOATH_PROPERTY_PIN) && token->login != LOGIN_USER)
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		rv = otp_plan_compare(token, &plan);
	if (rv != CKR_OK)
		return rv;
	fill(token, &plan, &defaults);
	drop_repeated(&defaults);
	return memory_object_new(session, attributes, count, defaults.attributes, defaults.count, made);
}

/* ---- using it ---- */

CK_RV otp_memory_key(const struct token *token, size_t number, struct otp *out)
{
	const struct memory_object *object = memory_object_find(token, number);
	struct otp_plan plan = {.key = {.in_memory = true}};

	if (object == NULL)
		return CKR_KEY_HANDLE_INVALID;
	plan.attributes = object->attributes;
	plan.count = object->count;
	if (template_ulong(plan.attributes, plan.count, CKA_CLASS, CKO_DATA) != CKO_OTP_KEY ||
	    otp_plan_shape(
		template_ulong(plan.attributes, plan.count, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION),
		&plan) != CKR_OK)
		return CKR_KEY_TYPE_INCONSISTENT;
	*out = plan.key;
	return CKR_OK;
}

static uint64_t own_counter(const struct memory_object *object)
{
	struct cs_reader r = cs_reader_of(template_view(object->attributes, object->count, CKA_OTP_COUNTER));
	uint64_t counter = cs_read_u64(&r);

	/* None was said. */
	return cs_reader_done(&r) == CS_OK ? counter : 0;
}

uint64_t otp_memory_counter(const struct token *token, size_t number, const struct otp_request *request)
{
	const struct memory_object *object = memory_object_find(token, number);

	return request->has_counter || object == NULL ? request->counter : own_counter(object);
}

CK_RV otp_memory_advance(struct token *token, size_t number)
{
	struct memory_object *object = memory_object_find(token, number);
	uint8_t bytes[OTP_COUNTER_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes);
	CK_ATTRIBUTE next = {CKA_OTP_COUNTER, bytes, sizeof(bytes)};
	uint64_t counter;

	if (object == NULL)
		return CKR_KEY_HANDLE_INVALID;
	counter = own_counter(object);
	if (counter == UINT64_MAX)
		return CKR_FUNCTION_FAILED;
	cs_write_u64(&w, counter + 1);
	return memory_object_set(object, &next);
}

static enum cs_err hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg, uint8_t *mac)
{
	static const char *const names[] = {
	    [CS_SHA1] = "SHA1", [CS_SHA256] = "SHA256", [CS_SHA384] = "SHA384", [CS_SHA512] = "SHA512"};
	OSSL_LIB_CTX *lib = cc_library();
	size_t len = 0;

	(void)ctx;
	if (lib == NULL)
		return CS_ERR_CRYPTO;
	return EVP_Q_mac(lib, "HMAC", NULL, names[hash], NULL, key.ptr, key.len, msg.ptr, msg.len, mac,
			 CS_HASH_MAX, &len) != NULL
		   ? CS_OK
		   : CS_ERR_CRYPTO;
}

CK_RV otp_memory_password(const struct token *token, size_t number, const struct otp *key,
			  const struct otp_request *request, uint64_t counter, uint64_t time, char *password)
{
	const struct memory_object *object = memory_object_find(token, number);
	const struct cs_hmac with = {hmac, NULL};
	struct cs_ocra_suite suite;
	struct cs_ocra_input inputs;
	struct cs_view seed;
	uint32_t truncated;
	enum cs_err err;

	if (object == NULL)
		return CKR_KEY_HANDLE_INVALID;
	seed = template_view(object->attributes, object->count, CKA_VALUE);
	if (otp_suite(key, &suite)) {
		inputs = otp_request_inputs(request, &suite, time);
		inputs.counter = counter;
		err = cs_ocra(&with, &suite, seed, &inputs, password);
	} else {
		if (otp_type(key) == YKOATH_TYPE_TOTP)
			counter = cs_totp_step(time, 0, otp_parts(key).period);
		err = cs_hotp(&with, cs_ykoath_hash(key->type_hash), seed, counter, &truncated);
		if (err == CS_OK)
			cs_oath_format(truncated, (unsigned)request->length, password);
	}
	return token_rv(token, err);
}
