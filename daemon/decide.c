/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one decision about an attempt.
 *
 * Invariants:
 *  1. A token that is disabled, expired or locked accepts nothing, and its code is not computed.
 *  2. A challenge that is spent or expired is answered by nothing; any other one, only together with the data
 *     that it is bound to, and with none where it is bound to none. Without a challenge no code approves
 * data.
 *  3. A token that has a PIN accepts no code without it.
 *  4. Where a code was right, be it beside a wrong PIN, what spends it is to be stored.
 */
#include "daemon/decide.h"

#include <string.h>

#include "base/secret.h"

static const struct decide_kind decide_kinds[VERIFY_TYPE_COUNT] = {
    [VERIFY_HOTP] = {"hotp", false, false, false, true},
    [VERIFY_TOTP] = {"totp", false, false, false, true},
    [VERIFY_OCRA] = {"ocra", true, false, false, true},
    [VERIFY_SMS] = {"sms", true, true, false, true},
    [VERIFY_EMAIL] = {"email", true, true, false, true},
    [VERIFY_LIST] = {"list", false, false, true, true},
    [VERIFY_GRID] = {"grid", true, false, true, true},
    [VERIFY_BACKUP] = {"backup", false, false, true, false},
    [VERIFY_TEMPORARY] = {"temporary", false, false, true, false},
};

static const struct {
	const char *text;
	bool free;
} decide_reasons[DECIDE_REASON_COUNT] = {
    [DECIDE_NO_TOKEN] = {"no_token", false},
    [DECIDE_DISABLED] = {"token_disabled", false},
    [DECIDE_UNREADABLE] = {"seed_unreadable", true},
    [DECIDE_EXPIRED] = {"token_expired", false},
    [DECIDE_LOCKED] = {"token_locked", true},
    [DECIDE_CHALLENGE_OVER] = {"challenge_over", true},
    [DECIDE_OTHER_DATA] = {"other_transaction", false},
    [DECIDE_WRONG_CODE] = {"wrong_code", false},
    [DECIDE_REPLAY] = {"replay", true},
    [DECIDE_WRONG_PIN] = {"wrong_pin", false},
    [DECIDE_ACCEPTED] = {"", true},
};

const struct decide_kind *decide_kind(enum verify_type type)
{
	return (unsigned)type < VERIFY_TYPE_COUNT && decide_kinds[type].name ? &decide_kinds[type] : NULL;
}

enum verify_type decide_kind_named(struct cs_view name)
{
	for (unsigned type = 1; type < VERIFY_TYPE_COUNT; type++)
		if (cs_view_equal(name, cs_view_string(decide_kinds[type].name)))
			return (enum verify_type)type;
	return 0;
}

const char *decide_reason_text(enum decide_reason reason)
{
	return decide_reasons[reason].text;
}

bool decide_reason_free(enum decide_reason reason)
{
	return decide_reasons[reason].free;
}

/* Why the token is not even asked; DECIDE_ACCEPTED: it is. */
static enum decide_reason decide_bar(const struct verify_token *token, const struct decide_attempt *attempt)
{
	const struct verify_challenge *challenge = attempt->challenge;
	const struct decide_kind *kind = decide_kind(token->type);

	if (!kind || kind->challenge != (challenge != NULL))
		return DECIDE_NO_TOKEN;
	if (token->disabled)
		return DECIDE_DISABLED;
	if (token->expires && token->expires <= attempt->now)
		return DECIDE_EXPIRED;
	if (token->locked)
		return DECIDE_LOCKED;
	if (challenge && (challenge->spent || challenge->expires <= attempt->now))
		return DECIDE_CHALLENGE_OVER;
	if (token->unreadable)
		return DECIDE_UNREADABLE;
	if (!cs_view_equal(challenge ? challenge->data : CS_VIEW_EMPTY, attempt->data))
		return DECIDE_OTHER_DATA;
	return DECIDE_ACCEPTED;
}

size_t decide_target(const struct verify_token *tokens, size_t count, const struct decide_attempt *attempt)
{
	size_t target = count, usable = 0;

	for (size_t i = 0; i < count; i++) {
		if (decide_bar(&tokens[i], attempt) != DECIDE_ACCEPTED)
			continue;
		target = i;
		usable++;
	}
	return usable == 1 ? target : count;
}

/* Length of the kind's codes, all of one; 0: of no certain one. */
static size_t decide_code_len(const struct verify_token *token)
{
	struct cs_ocra_suite suite;

	switch (token->type) {
	case VERIFY_GRID:
		return (size_t)VERIFY_GRID_ASKED * VERIFY_GRID_DIGITS;
	case VERIFY_OCRA:
		return verify_ocra_suite(token->suite, &suite) ? 0 : suite.digits;
	default:
		return token->digits;
	}
}

/* Parts what was typed into PIN and code. False where it is too short to be both. */
static bool decide_part(const struct verify_token *token, struct cs_view typed, struct cs_view *code,
			struct cs_view *pin)
{
	size_t len = decide_code_len(token);

	*code = typed;
	*pin = CS_VIEW_EMPTY;
	if (token->pin == VERIFY_NO_PIN)
		return true;
	if (!len || typed.len <= len)
		return false;
	size_t pin_len = typed.len - len;
	bool before = token->pin == VERIFY_PIN_BEFORE;
	*pin = cs_view(typed.ptr + (before ? 0 : len), pin_len);
	*code = cs_view(typed.ptr + (before ? pin_len : 0), len);
	return true;
}

static enum cs_err decide_code(const struct decide_ports *ports, const struct verify_token *token,
			       const struct verify_limits *limits, const struct decide_attempt *attempt,
			       struct cs_view code, struct verify_decision *out)
{
	switch (token->type) {
	case VERIFY_HOTP:
	case VERIFY_TOTP:
	case VERIFY_LIST:
		return verify_code(ports->hmac, token, limits, code, attempt->now, out);
	case VERIFY_OCRA:
		return verify_ocra(ports->hmac, token, limits, attempt->challenge, code, attempt->now, out);
	case VERIFY_SMS:
	case VERIFY_EMAIL:
		return verify_sent(ports->hmac, token, attempt->challenge, code, out);
	case VERIFY_GRID:
		return verify_grid(ports->hmac, token, attempt->challenge, code, out);
	case VERIFY_BACKUP:
	case VERIFY_TEMPORARY:
		return verify_printed(ports->hmac, token, code, out);
	default:
		return CS_ERR_ARG;
	}
}

/* One token that is not barred. */
static enum cs_err decide_one(const struct decide_ports *ports, const struct verify_token *token,
			      const struct verify_limits *limits, const struct decide_attempt *attempt,
			      struct decision *out)
{
	static const enum decide_reason reasons[] = {[VERIFY_WRONG] = DECIDE_WRONG_CODE,
						     [VERIFY_REPLAY] = DECIDE_REPLAY,
						     [VERIFY_ACCEPTED] = DECIDE_ACCEPTED};
	struct cs_view code, pin;
	bool same = true;

	out->reason = DECIDE_WRONG_CODE;
	if (!decide_part(token, attempt->code, &code, &pin))
		return CS_OK;
	enum cs_err err = decide_code(ports, token, limits, attempt, code, &out->update);
	if (err == CS_ERR_ARG || err == CS_ERR_MALFORMED || err == CS_ERR_UNSUPPORTED)
		return CS_OK; /* a question or suite that does not fit its token: nothing answers it */
	if (err)
		return err;
	out->reason = reasons[out->update.outcome];
	out->store = out->update.outcome == VERIFY_ACCEPTED;
	out->spend = out->store && attempt->challenge;
	if (out->store && token->pin != VERIFY_NO_PIN)
		err = ports->pin(ports->ctx, token->pin_hash, pin, &same);
	if (!same)
		out->reason = DECIDE_WRONG_PIN;
	return err;
}

enum cs_err decide(const struct decide_ports *ports, const struct verify_token *tokens, size_t count,
		   const struct verify_limits *limits, const struct decide_attempt *attempt,
		   struct decision *out)
{
	struct decision best = {.reason = DECIDE_NO_TOKEN};

	for (size_t i = 0; i < count && best.reason != DECIDE_ACCEPTED; i++) {
		struct decision one = {.token = i, .reason = decide_bar(&tokens[i], attempt)};
		if (one.reason == DECIDE_ACCEPTED) {
			enum cs_err err = decide_one(ports, &tokens[i], limits, attempt, &one);
			if (err)
				return err;
		}
		if (one.reason > best.reason)
			best = one;
	}
	*out = best;
	return CS_OK;
}
