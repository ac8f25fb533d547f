/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on one-time passwords: CALCULATE, CALCULATE ALL (RFC 4226, RFC 6238), OCRA (RFC 6287) and CHECK,
 * of which it knows two suites: the rest of them is base/ocra.c's own tests'.
 */
#include "tests/oracle/model_oath.h"

#include <stdio.h>
#include <string.h>

static const char *const suites[] = {"OCRA-1:HOTP-SHA1-6:QN08", "OCRA-1:HOTP-SHA1-6:C-QN08"};
#define SUITE_COUNTER 2

uint8_t model_ocra_suite(struct bytes text)
{
	for (uint8_t i = 0; i < 2; i++) {
		if (model_same(text, suites[i], strlen(suites[i])))
			return (uint8_t)(i + 1);
	}
	return MODEL_SUITE_OTHER;
}

static bool pin_wanted(const struct model_channel *c, const struct model_credential *cred)
{
	return (cred->properties & YKOATH_PROPERTY_PIN) && !c->pin;
}

/* ---- codes ---- */

/* The contents of 75 or 76. */
static size_t response(const struct model_credential *cred, struct bytes message, bool truncated,
		       uint8_t out[65])
{
	uint8_t mac[64];
	size_t len =
	    model_hmac(cred->type_hash & 0x0F, (struct bytes){cred->key, cred->key_len}, message, mac);

	out[0] = cred->digits;
	if (!truncated) {
		memcpy(out + 1, mac, len);
		return 1 + len;
	}
	memcpy(out + 1, mac + (mac[len - 1] & 0x0F), 4);
	out[1] &= 0x7F;
	return 5;
}

static bool is_hotp(const struct model_credential *cred)
{
	return (cred->type_hash & 0xF0) == YKOATH_TYPE_HOTP;
}

/* The PIN first, then a touch: one is not asked for in vain. */
static bool use_permitted(struct model *m, const struct model_channel *c, const struct model_credential *cred,
			  struct model_answer *a)
{
	if (pin_wanted(c, cred)) {
		a->sw = CS_SW_SECURITY_STATUS;
		return false;
	}
	if (cred->properties & YKOATH_PROPERTY_TOUCH)
		model_touch(m, PIV_TOUCH_ALWAYS, a);
	return true;
}

/* The highest counter has no next one to be stored. */
static bool counter_left(const struct model_credential *cred, bool counts, struct model_answer *a)
{
	if (counts && cred->counter == UINT64_MAX)
		a->sw = CS_SW_CONDITIONS;
	return a->sw == CS_SW_OK;
}

static uint32_t hash_len(const struct model_credential *cred)
{
	static const uint8_t lens[] = {20, 32, 64};

	return lens[(cred->type_hash & 0x0F) - 1];
}

/* A code of a seed that nobody knows: so many bytes. */
static bool learn_code(struct model *m, struct model_channel *c, struct bytes data, uint32_t len)
{
	struct bytes v;

	(void)m, (void)c;
	return model_tlv_take(&data, len == 5 ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE,
			      &v) &&
	       data.n == 0 && v.n == len;
}

void model_calculate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	struct bytes in = cmd->data, name, message = {0};
	struct model_credential *cred = NULL;
	uint8_t out[65], counter[8];
	size_t len;
	bool good = model_tlv_take(&in, YKOATH_TAG_NAME, &name) &&
		    (in.n == 0 || model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &message));

	if (cmd->p2 > 1)
		a->sw = CS_SW_WRONG_P1P2;
	else if (!good || in.n)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = model_credential(m, name)))
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else if (cred->suite)
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
	else if (!is_hotp(cred) && (message.n < 1 || message.n > 64))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	if (!use_permitted(m, c, cred, a) || !counter_left(cred, is_hotp(cred), a))
		return;
	if (is_hotp(cred)) {
		for (size_t i = 0; i < 8; i++)
			counter[i] = (uint8_t)(cred->counter >> (56 - 8 * i));
		message = (struct bytes){counter, 8};
		cred->counter++;
	}
	if (cred->properties & YKOATH_PROPERTY_MADE) {
		a->learn = learn_code;
		a->about = cmd->p2 == 1 ? 5 : 1u + hash_len(cred);
		return;
	}
	len = response(cred, message, cmd->p2 == 1, out);
	model_put_tlv(a, cmd->p2 == 1 ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE, out, len);
}

/* In CALCULATE ALL: what stands behind a name, for the challenge and P2 that the command had (about). */
static bool entry_right(const struct model_channel *c, const struct model_credential *cred, uint32_t tag,
			struct bytes v, uint32_t about)
{
	const uint8_t marker[] = {cred->digits, cred->properties};
	struct bytes message = {&(uint8_t){(uint8_t)about}, 1};
	uint8_t out[65];

	if (is_hotp(cred) || pin_wanted(c, cred) || (cred->properties & YKOATH_PROPERTY_TOUCH))
		return tag == (is_hotp(cred) ? YKOATH_TAG_HOTP : YKOATH_TAG_TOUCH) &&
		       model_same(v, marker, pin_wanted(c, cred) ? 2 : 1);
	if (tag != ((about & 0x100) ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE))
		return false;
	if (cred->properties & YKOATH_PROPERTY_MADE)
		return v.n == ((about & 0x100) ? 5 : 1u + hash_len(cred)) && v.p[0] == cred->digits;
	if (about & 0x200) /* a challenge that does not fit into about */
		return v.n > 1 && v.p[0] == cred->digits;
	return model_same(v, out, response(cred, message, (about & 0x100) != 0, out));
}

static bool learn_all(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	const struct model_credential *cred;
	size_t count = 0;
	struct bytes name, v;
	uint32_t tag;

	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		count += m->credentials[i].there && !m->credentials[i].suite;
	for (; data.n; count--) {
		if (count == 0 || !model_tlv_take(&data, YKOATH_TAG_NAME, &name) ||
		    model_tlv_next(&data, &tag, &v) != 1)
			return false;
		cred = model_credential(m, name);
		if (!cred || cred->suite || !entry_right(c, cred, tag, v, about))
			return false;
	}
	return count == 0;
}

void model_calculate_all(struct model *m, struct model_channel *c, const struct model_command *cmd,
			 struct model_answer *a)
{
	struct bytes in = cmd->data, challenge;
	bool good = model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &challenge) && in.n == 0;

	(void)m, (void)c;
	if (cmd->p2 > 1) {
		a->sw = CS_SW_WRONG_P1P2;
	} else if (!good || challenge.n < 1 || challenge.n > 64) {
		a->sw = CS_SW_WRONG_DATA;
	} else {
		a->learn = learn_all;
		a->about = challenge.p[0] | (cmd->p2 ? 0x100u : 0) | (challenge.n > 1 ? 0x200u : 0);
	}
}

/* ---- OCRA ---- */

/* Four to eight decimal digits as the RFC has them: the number in hexadecimal, from the left, zeros after it.
 */
static bool question_read(struct bytes q, uint8_t out[128], struct model_answer *a)
{
	unsigned long number = 0;
	char text[20];
	int len;

	if (q.n < 4 || q.n > 8)
		a->specified = false;
	for (size_t i = 0; i < q.n && i < 8; i++) {
		if (q.p[i] < '0' || q.p[i] > '9')
			return false;
		number = number * 10 + q.p[i] - '0';
	}
	memset(out, 0, 128);
	len = snprintf(text, sizeof(text), "%lX", number);
	for (int i = 0; i < len; i++) {
		uint8_t nibble = (uint8_t)(text[i] <= '9' ? text[i] - '0' : text[i] - 'A' + 10);

		out[i / 2] |= (uint8_t)(i % 2 ? nibble : nibble << 4);
	}
	return true;
}

static struct bytes ocra_message(const struct model_credential *cred, uint64_t counter,
				 const uint8_t question[128], uint8_t out[200])
{
	size_t n = strlen(suites[cred->suite - 1]) + 1;

	memcpy(out, suites[cred->suite - 1], n);
	for (size_t i = 0; cred->suite == SUITE_COUNTER && i < 8; i++)
		out[n++] = (uint8_t)(counter >> (56 - 8 * i));
	memcpy(out + n, question, 128);
	return (struct bytes){out, n + 128};
}

void model_ocra(struct model *m, struct model_channel *c, const struct model_command *cmd,
		struct model_answer *a)
{
	struct bytes in = cmd->data, name, question;
	uint8_t padded[128], message[200], out[65];
	struct model_credential *cred = NULL;
	size_t len;

	if (cmd->p2 > 1)
		a->sw = CS_SW_WRONG_P1P2;
	else if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || name.n == 0)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = model_credential(m, name)))
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else if (!cred->suite)
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
	else if (!model_tlv_take(&in, YKOATH_TAG_QUESTION, &question) || in.n ||
		 !question_read(question, padded, a))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK || !use_permitted(m, c, cred, a) ||
	    !counter_left(cred, cred->suite == SUITE_COUNTER, a))
		return;
	if (cred->properties & YKOATH_PROPERTY_MADE) {
		cred->counter += cred->suite == SUITE_COUNTER;
		a->learn = learn_code;
		a->about = cmd->p2 == 1 ? 5 : 1u + hash_len(cred);
		return;
	}
	len = response(cred, ocra_message(cred, cred->counter, padded, message), cmd->p2 == 1, out);
	cred->counter += cred->suite == SUITE_COUNTER;
	model_put_tlv(a, cmd->p2 == 1 ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE, out, len);
}

/* ---- CHECK ---- */

static uint64_t number(const uint8_t from[8])
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | from[i];
	return n;
}

/* The last digits of what CALCULATE answered with. */
static bool is_code(const struct model_credential *cred, struct bytes message, struct bytes code)
{
	uint8_t out[65];
	char text[16];
	uint32_t n = 0;

	(void)response(cred, message, true, out);
	for (size_t i = 1; i < 5; i++)
		n = n << 8 | out[i];
	(void)snprintf(text, sizeof(text), "%010lu", (unsigned long)n);
	return code.n <= 10 && model_same(code, text + 10 - code.n, code.n);
}

void model_check(struct model *m, struct model_channel *c, const struct model_command *cmd,
		 struct model_answer *a)
{
	struct bytes in = cmd->data, name, counter, code;
	struct model_credential *cred = NULL;

	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || name.n == 0)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = model_credential(m, name)))
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else if (!is_hotp(cred))
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
	else if (!model_tlv_take(&in, YKOATH_TAG_IMF, &counter) || counter.n != 8 ||
		 !model_tlv_take(&in, YKOATH_TAG_CODE, &code) || in.n || code.n < 6 || code.n > 10)
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK || !use_permitted(m, c, cred, a) || a->sw != CS_SW_OK)
		return;
	if (number(counter.p) >= cred->counter) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	if (cred->properties & YKOATH_PROPERTY_MADE) {
		a->specified = false; /* nobody knows the seed */
		return;
	}
	if (!is_code(cred, counter, code))
		a->sw = CS_SW_WRONG_DATA;
}
