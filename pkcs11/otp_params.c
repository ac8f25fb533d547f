/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading CK_OTP_PARAMS (PKCS #11 v3.2, 6.54). A parameter that the key has no use for is ignored, whatever
 * is in it, as its CKA_OTP_x_REQUIREMENT says; what is said twice, or unknown, is refused.
 */
#include "pkcs11/otp_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "pkcs11/hash.h"
#include "pkcs11/pkcs11_countersign.h"

#define PARAMS_MAX 16u /* there are nine types */
#define PIN_MAX	   1024u
#define FLAGS_KNOWN                                                                                          \
	(CKF_NEXT_OTP | CKF_EXCLUDE_TIME | CKF_EXCLUDE_COUNTER | CKF_EXCLUDE_CHALLENGE | CKF_EXCLUDE_PIN |   \
	 CKF_USER_FRIENDLY_OTP)

/* ---- time ---- */

static bool number(const uint8_t *text, size_t digits, int *out)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*out = value;
	return true;
}

enum cs_err otp_time_parse(struct cs_view text, uint64_t *out)
{
	char again[OTP_TIME_LEN];
	struct tm tm = {.tm_year = 0};
	const uint8_t *t = text.ptr;
	time_t seconds;

	if (text.len != OTP_TIME_LEN || !number(t, 4, &tm.tm_year) || !number(t + 4, 2, &tm.tm_mon) ||
	    !number(t + 6, 2, &tm.tm_mday) || !number(t + 8, 2, &tm.tm_hour) ||
	    !number(t + 10, 2, &tm.tm_min) || !number(t + 12, 2, &tm.tm_sec))
		return CS_ERR_MALFORMED;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	seconds = timegm(&tm);
	/* The 30th of February is the 2nd of March to timegm. */
	if (seconds < 0 || otp_time_format((uint64_t)seconds, again) != CS_OK ||
	    memcmp(again, t, OTP_TIME_LEN) != 0)
		return CS_ERR_MALFORMED;
	*out = (uint64_t)seconds;
	return CS_OK;
}

enum cs_err otp_time_format(uint64_t unix_time, char out[OTP_TIME_LEN])
{
	const time_t seconds = (time_t)unix_time;
	char text[80];
	struct tm tm;

	if (unix_time > INT64_MAX || gmtime_r(&seconds, &tm) == NULL || tm.tm_year > 9999 - 1900)
		return CS_ERR_ARG;
	(void)snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	memcpy(out, text, OTP_TIME_LEN);
	return CS_OK;
}

/* ---- requirements ---- */

/* A card counts by itself and takes no counter; it has no clock, and we have one. */
CK_ULONG otp_requirement(const struct otp *key, CK_OTP_PARAM_TYPE type)
{
	struct cs_ocra_suite suite = {.digits = 0};
	bool ocra = otp_suite(key, &suite);

	switch (type) {
	case CK_OTP_CHALLENGE:
		return ocra ? CK_OTP_PARAM_MANDATORY : CK_OTP_PARAM_IGNORED;
	case CK_OTP_PIN:
		return ocra && suite.pin_hash != 0 ? CK_OTP_PARAM_MANDATORY : CK_OTP_PARAM_IGNORED;
	case CK_OTP_TIME:
		return otp_type(key) == YKOATH_TYPE_TOTP || (ocra && suite.time_step > 0)
			   ? CK_OTP_PARAM_OPTIONAL
			   : CK_OTP_PARAM_IGNORED;
	case CK_OTP_COUNTER:
		return key->in_memory && otp_counts(key) ? CK_OTP_PARAM_OPTIONAL : CK_OTP_PARAM_IGNORED;
	default:
		return CK_OTP_PARAM_IGNORED;
	}
}

/* What the password is made of cannot be left out of it. */
static CK_FLAGS excludable(const struct otp *key)
{
	CK_FLAGS flags = 0;

	if (otp_requirement(key, CK_OTP_TIME) == CK_OTP_PARAM_IGNORED)
		flags |= CKF_EXCLUDE_TIME;
	if (!otp_counts(key))
		flags |= CKF_EXCLUDE_COUNTER;
	if (otp_type(key) != YKOATH_TYPE_OCRA)
		flags |= CKF_EXCLUDE_CHALLENGE;
	if (otp_requirement(key, CK_OTP_PIN) == CK_OTP_PARAM_IGNORED)
		flags |= CKF_EXCLUDE_PIN;
	return flags;
}

/* ---- parameters ---- */

struct reading {
	const struct otp *key;
	bool verify;
	struct cs_ocra_suite suite; /* of OCRA's keys */
	struct otp_request *request;
};

typedef bool taker(struct reading *r, struct cs_view value);

static bool read_ulong(struct cs_view value, CK_ULONG *out)
{
	if (value.len != sizeof(*out))
		return false;
	memcpy(out, value.ptr, sizeof(*out));
	return true;
}

static bool take_bytes(struct cs_view value, uint8_t *to, size_t cap, size_t *len)
{
	if (value.len > cap)
		return false;
	if (value.len > 0)
		memcpy(to, value.ptr, value.len);
	*len = value.len;
	return true;
}

static bool take_pin(struct reading *r, struct cs_view value)
{
	static const CK_MECHANISM_TYPE digests[] = {[CS_SHA1] = CKM_SHA_1,
						    [CS_SHA256] = CKM_SHA256,
						    [CS_SHA384] = CKM_SHA384,
						    [CS_SHA512] = CKM_SHA512};

	if (otp_requirement(r->key, CK_OTP_PIN) == CK_OTP_PARAM_IGNORED)
		return true;
	r->request->pin_digest_len = cs_hash_size(r->suite.pin_hash);
	return value.len <= PIN_MAX && hash_digest(hash_by_mechanism(digests[r->suite.pin_hash]), &value, 1,
						   r->request->pin_digest) == CS_OK;
}

static bool take_challenge(struct reading *r, struct cs_view value)
{
	struct otp_request *q = r->request;

	return otp_requirement(r->key, CK_OTP_CHALLENGE) == CK_OTP_PARAM_IGNORED ||
	       take_bytes(value, q->question, sizeof(q->question), &q->question_len);
}

static bool take_session(struct reading *r, struct cs_view value)
{
	struct otp_request *q = r->request;

	return r->suite.session_len == 0 ||
	       take_bytes(value, q->session, sizeof(q->session), &q->session_len);
}

static bool take_time(struct reading *r, struct cs_view value)
{
	if (otp_requirement(r->key, CK_OTP_TIME) == CK_OTP_PARAM_IGNORED)
		return true;
	r->request->has_time = true;
	return otp_time_parse(value, &r->request->time) == CS_OK;
}

/* C_Verify wants it; for C_Sign it counts where the key is in memory, and else the card does. */
static bool take_counter(struct reading *r, struct cs_view value)
{
	struct cs_reader reader = cs_reader_of(value);

	if (!otp_counts(r->key) || !(r->verify || r->key->in_memory))
		return true;
	r->request->counter = cs_read_u64(&reader);
	r->request->has_counter = true;
	return cs_reader_done(&reader) == CS_OK;
}

static bool take_flags(struct reading *r, struct cs_view value)
{
	const CK_FLAGS excluding =
	    CKF_EXCLUDE_TIME | CKF_EXCLUDE_COUNTER | CKF_EXCLUDE_CHALLENGE | CKF_EXCLUDE_PIN;
	CK_FLAGS flags;

	if (!read_ulong(value, &flags) || (flags & ~FLAGS_KNOWN) != 0)
		return false;
	r->request->next = (flags & CKF_NEXT_OTP) != 0;
	if (r->request->next && otp_type(r->key) != YKOATH_TYPE_TOTP)
		return false;
	return (flags & excluding & ~excludable(r->key)) == 0;
}

/* The card tells 31 bits, of which as many digits are made as are wanted; OCRA's are the suite's. */
static bool take_length(struct reading *r, struct cs_view value)
{
	CK_ULONG length;

	if (!read_ulong(value, &length))
		return false;
	r->request->length = length;
	if (otp_type(r->key) == YKOATH_TYPE_OCRA)
		return length == otp_length(r->key);
	return length >= CS_OATH_DIGITS_MIN && length <= CS_OATH_DIGITS_MAX;
}

static bool take_format(struct reading *r, struct cs_view value)
{
	CK_ULONG format;

	return read_ulong(value, &format) && format == otp_format(r->key);
}

static const struct {
	CK_OTP_PARAM_TYPE type;
	taker *take;
} takers[] = {
    {CK_OTP_PIN, take_pin},
    {CK_OTP_CHALLENGE, take_challenge},
    {CK_OTP_TIME, take_time},
    {CK_OTP_COUNTER, take_counter},
    {CK_OTP_FLAGS, take_flags},
    {CK_OTP_OUTPUT_LENGTH, take_length},
    {CK_OTP_OUTPUT_FORMAT, take_format},
    {CK_OTP_COUNTERSIGN_SESSION, take_session},
};

#define TAKERS (sizeof(takers) / sizeof(takers[0]))

static bool take_param(struct reading *r, const CK_OTP_PARAM *param, bool *seen)
{
	struct cs_view value =
	    param->ulValueLen > 0 ? cs_view(param->pValue, param->ulValueLen) : CS_VIEW_EMPTY;

	if (param->ulValueLen > 0 && param->pValue == NULL)
		return false;
	for (size_t i = 0; i < TAKERS; i++) {
		if (takers[i].type != param->type)
			continue;
		if (seen[i])
			return false;
		seen[i] = true;
		return takers[i].take(r, value);
	}
	return false;
}

/* Whether all is there that must be. */
static bool complete(const struct reading *r)
{
	struct cs_ocra_input inputs;

	if (r->verify && otp_counts(r->key) && !r->request->has_counter)
		return false;
	if (otp_type(r->key) != YKOATH_TYPE_OCRA)
		return true;
	if (r->suite.session_len > 0 && r->request->session_len == 0)
		return false;
	inputs = otp_request_inputs(r->request, &r->suite, 0);
	return cs_ocra_check(&r->suite, &inputs) == CS_OK;
}

static bool read_params(struct reading *r, const CK_MECHANISM *mechanism)
{
	bool seen[TAKERS] = {false};
	CK_OTP_PARAMS params;

	if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof(params))
		return false;
	memcpy(&params, mechanism->pParameter, sizeof(params));
	if (params.ulCount > PARAMS_MAX || (params.pParams == NULL && params.ulCount > 0))
		return false;
	if (otp_type(r->key) == YKOATH_TYPE_OCRA && !otp_suite(r->key, &r->suite))
		return false;
	for (CK_ULONG i = 0; i < params.ulCount; i++) {
		if (!take_param(r, &params.pParams[i], seen))
			return false;
	}
	return complete(r);
}

CK_RV otp_request_new(const struct otp *key, bool verify, const CK_MECHANISM *mechanism,
		      struct otp_request **out)
{
	struct reading r = {.key = key, .verify = verify, .request = calloc(1, sizeof(struct otp_request))};

	if (r.request == NULL)
		return CKR_HOST_MEMORY;
	r.request->length = otp_length(key);
	if (!read_params(&r, mechanism)) {
		otp_request_free(r.request);
		return CKR_MECHANISM_PARAM_INVALID;
	}
	*out = r.request;
	return CKR_OK;
}

void otp_request_free(struct otp_request *request)
{
	if (request != NULL)
		cs_wipe(request, sizeof(*request));
	free(request);
}

struct cs_ocra_input otp_request_inputs(const struct otp_request *request, const struct cs_ocra_suite *suite,
					uint64_t time)
{
	return (struct cs_ocra_input){.question = cs_view(request->question, request->question_len),
				      .pin_hash = cs_view(request->pin_digest, request->pin_digest_len),
				      .session = cs_view(request->session, request->session_len),
				      .time = suite->time_step > 0 ? time / suite->time_step : 0};
}
