/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a keeper has told its callers.
 */
#include "tests/unit/keeper_power.h"

static const char suite[] = "OCRA-1:HOTP-SHA1-6:QN08";

static const char *const types[POWER_KINDS] = {
    [POWER_HOTP] = "hotp", [POWER_TOTP] = "totp", [POWER_PASSWORD] = "hotp", [POWER_BACKUP] = "backup",
    [POWER_LIST] = "list", [POWER_OCRA] = "ocra", [POWER_GUESSED] = "hotp",  [POWER_USERS] = NULL};

bool power_fault(struct power_model *model, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!model->fault[0])
		(void)vsnprintf(model->fault, sizeof(model->fault), format, arguments);
	va_end(arguments);
	return false;
}

void power_begin(struct power_model *model, struct test_random *rng)
{
	memset(model, 0, sizeof(*model));
	for (size_t i = 0; i < POWER_SLOTS; i++) {
		struct power_slot *slot = &model->slots[i];
		struct ipc_request user = ask(IPC_USER_ADD, world.admin),
				   password = ask(IPC_USER_PASSWORD, world.admin);
		slot->kind = (enum power_kind)(i % POWER_KINDS);
		test_random_fill(rng, slot->secret, sizeof(slot->secret));
		(void)snprintf(slot->user, sizeof(slot->user), "user%zu", i);
		with(&user, IPC_TAG_USER, slot->user);
		assert_int_equal(one(&user), 201);
		with(&password, IPC_TAG_USER, slot->user);
		with(&password, IPC_TAG_PASSWORD, POWER_LOGIN);
		with(&password, IPC_TAG_CHANGE, "never");
		if (slot->kind == POWER_PASSWORD)
			assert_int_equal(one(&password), 200);
	}
}

/* ---- codes ---- */

static bool slot_counts(const struct power_slot *slot)
{
	return slot->kind == POWER_HOTP || slot->kind == POWER_PASSWORD || slot->kind == POWER_GUESSED;
}

static void slot_code(const struct power_slot *slot, uint64_t position, char out[POWER_TEXT])
{
	char text[CS_OATH_CODE_MAX];

	(void)snprintf(out, POWER_TEXT, "%s", code_of(CS_VIEW_OF(slot->secret), position, text));
}

/* Whether the code happens to be one that is still good; or, of one that is guessed at, was good lately: a
 * replay is not counted. */
static bool slot_is_good(const struct power_slot *slot, const char *code)
{
	const uint64_t window = world.config.hotp_window;
	const uint64_t first = slot->kind != POWER_GUESSED ? slot->next
			       : slot->next > window	   ? slot->next - window
							   : 0;
	char other[POWER_TEXT];
	bool good = false;

	if (slot->state == POWER_NONE)
		return false;
	for (uint64_t i = first; slot_counts(slot) && !good && i <= slot->next + window; i++) {
		slot_code(slot, i, other);
		good = strcmp(other, code) == 0;
	}
	for (uint64_t step = world.now / 30 - 2;
	     slot->kind == POWER_TOTP && !good && step <= world.now / 30 + 2; step++) {
		slot_code(slot, step, other);
		good = step >= slot->next && strcmp(other, code) == 0;
	}
	for (uint64_t i = slot->next; slot->kind == POWER_LIST && !good && i < POWER_CODES; i++)
		good = strcmp(slot->codes[i], code) == 0;
	return good;
}

static void slot_answer(const struct power_slot *slot, char out[POWER_TEXT])
{
	const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	const struct cs_ocra_input in = {.question = cs_view_string(slot->question)};
	char code[2 * CS_HASH_MAX + 1];
	struct cs_ocra_suite parsed;

	assert_int_equal(cs_ocra_suite_parse(cs_view_string(suite), &parsed), CS_OK);
	assert_int_equal(cs_ocra(&hmac, &parsed, CS_VIEW_OF(slot->secret), &in, code), CS_OK);
	(void)snprintf(out, POWER_TEXT, "%.*s", (int)parsed.digits, code);
}

/* ---- what is asked ---- */

static struct power_act act_of(struct power_slot *slot, enum power_what what)
{
	struct power_act act = {.slot = slot, .what = what, .status = 200};

	(void)snprintf(act.user, sizeof(act.user), "%s", slot->user);
	(void)snprintf(act.token, sizeof(act.token), "%s", slot->token);
	memcpy(act.secret, slot->secret, sizeof(act.secret));
	return act;
}

static struct power_act act_again(struct power_slot *slot, unsigned n)
{
	struct power_act act = act_of(slot, POWER_AGAIN);
	const struct power_spent *spent = &slot->spent[n % POWER_SPENT];

	(void)snprintf(act.code, sizeof(act.code), "%s", spent->code);
	(void)snprintf(act.challenge, sizeof(act.challenge), "%s", spent->challenge);
	return act;
}

static struct power_act act_enrol(struct power_slot *slot, struct test_random *rng)
{
	struct power_act act = act_of(slot, POWER_ENROL);

	act.status = 201;
	if (slot->kind == POWER_USERS)
		(void)snprintf(act.user, sizeof(act.user), "%s-%llu", slot->user,
			       (unsigned long long)slot->next);
	else
		test_random_fill(rng, act.secret, sizeof(act.secret));
	return act;
}

/* The next code of an active token; another thing where there is none now. */
static struct power_act act_spend(struct power_slot *slot, struct test_random *rng)
{
	struct power_act act = act_of(slot, POWER_SPEND);

	act.position = slot->next + (slot_counts(slot) ? test_random_below(rng, 3) : 0);
	if (slot->kind == POWER_TOTP) {
		act.position = world.now / 30;
		if (act.position < slot->next)
			return slot->spent_count ? act_again(slot, slot->spent_count - 1)
						 : act_of(slot, POWER_DISABLE);
	}
	if (slot->kind == POWER_OCRA && !slot->challenge[0]) {
		act.what = POWER_ASK;
		act.status = 201;
	} else if (slot->kind == POWER_OCRA) {
		slot_answer(slot, act.code);
		(void)snprintf(act.challenge, sizeof(act.challenge), "%s", slot->challenge);
	} else if (slot->kind == POWER_BACKUP || slot->kind == POWER_LIST) {
		if (slot->next == POWER_CODES)
			return act_of(slot, POWER_DELETE);
		(void)snprintf(act.code, sizeof(act.code), "%s", slot->codes[slot->next]);
	} else {
		slot_code(slot, act.position, act.code);
	}
	return act;
}

static struct power_act act_guess(struct power_slot *slot, struct test_random *rng)
{
	struct power_act act = act_of(slot, POWER_GUESS);

	do
		(void)snprintf(act.code, sizeof(act.code), "%06u", (unsigned)test_random_below(rng, 1000000));
	while (slot_is_good(slot, act.code));
	return act;
}

/* A code of a token that is disabled is refused, and stays good. */
static struct power_act act_disabled(struct power_slot *slot, struct test_random *rng)
{
	struct power_act act = act_spend(slot, rng);

	if (act.what != POWER_SPEND || slot->kind == POWER_GUESSED || test_random_below(rng, 2))
		return act_of(slot, POWER_ENABLE);
	act.what = POWER_AGAIN;
	return act;
}

static struct power_act act_any(struct power_slot *slot, struct test_random *rng)
{
	const size_t dice = test_random_below(rng, 32);

	if (slot->kind == POWER_USERS || slot->state == POWER_NONE)
		return act_enrol(slot, rng);
	if (slot->state == POWER_UNTOLD)
		return act_of(slot, POWER_DELETE);
	if (slot->state == POWER_DISABLED)
		return act_disabled(slot, rng);
	if (dice < 2)
		return act_of(slot, dice ? POWER_DELETE : POWER_DISABLE);
	if (slot->kind == POWER_GUESSED)
		return dice < 28 ? act_guess(slot, rng) : act_spend(slot, rng);
	if (dice < 6 && slot->spent_count) {
		const struct power_act act = act_again(slot, slot->spent_count - 1);
		if (!slot_is_good(slot, act.code))
			return act;
	}
	return act_spend(slot, rng);
}

static struct power_act act_keyed_again(const struct power_keyed *keyed)
{
	struct power_act act = keyed->act;

	act.repeated = true;
	act.body = keyed->body;
	return act;
}

/* The answer to one with an Idempotency-Key, asked for again. Its slot's other requests are not touched. */
static size_t acts_repeat(struct power_model *model, struct test_random *rng, struct power_act *act)
{
	const size_t kept = model->keyed_count < POWER_KEYED ? model->keyed_count : POWER_KEYED;

	if (!kept || test_random_below(rng, 4))
		return 0;
	*act = act_keyed_again(&model->keyed[test_random_below(rng, kept)]);
	return 1;
}

size_t power_acts(struct power_model *model, struct test_random *rng, struct power_act acts[POWER_ACTS])
{
	const size_t wanted = 1 + test_random_below(rng, 8);
	size_t count = acts_repeat(model, rng, acts);

	for (size_t i = 0; i < POWER_SLOTS; i++)
		model->slots[i].taken = false;
	for (size_t i = 0; i < wanted; i++) {
		struct power_slot *slot = &model->slots[test_random_below(rng, POWER_SLOTS)];
		if (slot->taken)
			continue;
		slot->taken = true;
		struct power_act *act = &acts[count++];
		*act = act_any(slot, rng);
		if (test_random_below(rng, 3) == 0)
			(void)snprintf(act->key, sizeof(act->key), "key-%u", model->keys++);
		if (act->what == POWER_SPEND && test_random_below(rng, 3) == 0) {
			acts[count] = *act;
			acts[count].key[0] = '\0';
			acts[count++].what = POWER_AGAIN;
		}
	}
	return count;
}

size_t power_again(struct power_model *model, struct power_act acts[POWER_ACTS])
{
	size_t count = 0;

	for (size_t i = 0; i < POWER_SLOTS; i++) {
		struct power_slot *slot = &model->slots[i];
		for (unsigned n = 0; n < POWER_SPENT && n < slot->spent_count; n++)
			if (slot->kind != POWER_GUESSED && !slot_is_good(slot, slot->spent[n].code))
				acts[count++] = act_again(slot, n);
	}
	for (unsigned i = 0; i < POWER_KEYED && i < model->keyed_count; i++)
		acts[count++] = act_keyed_again(&model->keyed[i]);
	return count;
}

static struct ipc_request request_enrol(const struct power_act *act)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
	const enum power_kind kind = act->slot->kind;

	with(&request, IPC_TAG_TYPE, types[kind]);
	if (kind == POWER_LIST || kind == POWER_BACKUP)
		with_number(&request, IPC_TAG_COUNT_OF, POWER_CODES, 4);
	else
		request.field[IPC_TAG_SECRET] = CS_VIEW_OF(act->secret);
	if (kind == POWER_OCRA)
		with(&request, IPC_TAG_SUITE, suite);
	return request;
}

struct ipc_request power_request(const struct power_act *act)
{
	static const enum ipc_op ops[] = {[POWER_DISABLE] = IPC_TOKEN_DISABLE,
					  [POWER_ENABLE] = IPC_TOKEN_ENABLE,
					  [POWER_DELETE] = IPC_TOKEN_DELETE};
	const bool login = act->slot->kind == POWER_PASSWORD;
	struct ipc_request request = {.op = IPC_OTP_VERIFY};

	switch (act->what) {
	case POWER_ENROL:
		request =
		    act->slot->kind == POWER_USERS ? ask(IPC_USER_ADD, world.admin) : request_enrol(act);
		break;
	case POWER_DISABLE:
	case POWER_ENABLE:
	case POWER_DELETE:
		request = ask(ops[act->what], world.admin);
		with(&request, IPC_TAG_TOKEN, act->token);
		break;
	case POWER_ASK:
		request = ask(IPC_CHALLENGE_CREATE, world.application);
		break;
	default:
		request = ask(login ? IPC_LOGIN : IPC_OTP_VERIFY, world.application);
		with(&request, IPC_TAG_CODE, act->code);
		if (login)
			with(&request, IPC_TAG_PASSWORD, POWER_LOGIN);
		if (act->challenge[0])
			with(&request, IPC_TAG_CHALLENGE, act->challenge);
	}
	if (!ipc_has(&request, IPC_TAG_TOKEN))
		with(&request, IPC_TAG_USER, act->user);
	if (act->key[0])
		with(&request, IPC_TAG_IDEMPOTENCY, act->key);
	return request;
}

const char *power_result(const struct power_act *act)
{
	if (act->repeated)
		return "repeated";
	switch (act->what) {
	case POWER_SPEND:
		return "accepted";
	case POWER_AGAIN:
	case POWER_GUESS:
		return "wrong";
	default:
		return "done";
	}
}

/* ---- what was answered ---- */

static void settle_spent(const struct power_act *act)
{
	struct power_slot *slot = act->slot;
	struct power_spent *spent = &slot->spent[slot->spent_count++ % POWER_SPENT];

	slot->next = act->position + 1;
	slot->failures = 0;
	(void)snprintf(spent->code, sizeof(spent->code), "%s", act->code);
	(void)snprintf(spent->challenge, sizeof(spent->challenge), "%s", act->challenge);
	if (act->challenge[0])
		slot->challenge[0] = '\0';
}

static void settle_enrolled(const struct power_act *act, const char *token)
{
	struct power_slot *slot = act->slot;

	if (slot->kind == POWER_USERS) {
		slot->next++;
		return;
	}
	(void)snprintf(slot->token, sizeof(slot->token), "%s", token);
	memcpy(slot->secret, act->secret, sizeof(slot->secret));
	slot->next = 0;
	slot->spent_count = 0;
	slot->state = slot->kind == POWER_BACKUP || slot->kind == POWER_LIST ? POWER_UNTOLD : POWER_ACTIVE;
}

/* What answer and audit entry both tell. */
static void settle(const struct power_act *act, const char *token)
{
	struct power_slot *slot = act->slot;

	switch (act->what) {
	case POWER_SPEND:
		settle_spent(act);
		break;
	case POWER_GUESS:
		slot->failures++;
		break;
	case POWER_ENROL:
		settle_enrolled(act, token);
		break;
	case POWER_DISABLE:
	case POWER_ENABLE:
		slot->state = act->what == POWER_ENABLE ? POWER_ACTIVE : POWER_DISABLED;
		if (act->what == POWER_ENABLE)
			slot->failures = 0; /* an administrator's word ends what is counted */
		break;
	case POWER_DELETE:
		slot->state = POWER_NONE;
		(void)snprintf(slot->deleted, sizeof(slot->deleted), "%s", slot->token);
		slot->token[0] = slot->challenge[0] = '\0';
		break;
	default:
		break;
	}
}

void power_unheard(const struct power_act *act, const struct audit_entry *entry)
{
	settle(act, entry->token);
}

/* The printed codes that an answer tells. */
static bool settle_codes(struct power_slot *slot)
{
	const char *at = strstr(world.body, "\"codes\":[\"");

	if (!at)
		return false;
	at += 10;
	for (unsigned i = 0; i < POWER_CODES; i++) {
		const size_t len = strcspn(at, "\"");
		(void)snprintf(slot->codes[i], sizeof(slot->codes[i]), "%.*s", (int)len, at);
		at += len;
		at += strncmp(at, "\",\"", 3) == 0 ? 3 : 0;
		if (!len)
			return false;
	}
	slot->state = POWER_ACTIVE;
	return true;
}

/* Where the answer tells it. */
static bool settle_answer(const struct power_act *act)
{
	struct power_slot *slot = act->slot;
	char token[32] = "";

	if (act->what == POWER_ENROL && slot->kind != POWER_USERS)
		member("token", token, sizeof(token));
	settle(act, token);
	if (act->what == POWER_ASK) {
		member("challenge", slot->challenge, sizeof(slot->challenge));
		member("question", slot->question, sizeof(slot->question));
	}
	return slot->state != POWER_UNTOLD || act->what != POWER_ENROL || settle_codes(slot);
}

static void keep_answer(struct power_model *model, const struct power_act *act)
{
	const size_t len = strlen(world.body);

	if (!act->key[0] || len >= POWER_BODY)
		return;
	struct power_keyed *keyed = &model->keyed[model->keyed_count++ % POWER_KEYED];
	keyed->act = *act;
	keyed->act.body = NULL;
	memcpy(keyed->body, world.body, len + 1);
}

bool power_answered(struct power_model *model, const struct power_act *act, uint16_t status)
{
	const bool spend = act->what == POWER_SPEND,
		   code = spend || act->what == POWER_AGAIN || act->what == POWER_GUESS;

	if (status != act->status)
		return power_fault(model, "%s: %s, status %u: %s", act->user, power_result(act), status,
				   world.body);
	if (act->body) /* it was settled when it came first */
		return strcmp(act->body, world.body) == 0 ||
		       power_fault(model, "%s: another answer under key %s: %s, was %s", act->user, act->key,
				   world.body, act->body);
	if (code && (strstr(world.body, "\"accepted\":true") != NULL) != spend)
		return power_fault(model, "%s: code %s %s: %s", act->user, act->code,
				   spend ? "that is good was refused" : "accepted, which it must not be",
				   world.body);
	if (!settle_answer(act))
		return power_fault(model, "%s: no codes in %s", act->user, world.body);
	keep_answer(model, act);
	return true;
}

/* ---- what is there ---- */

static bool user_holds(struct power_model *model, const struct power_slot *slot)
{
	struct db_user user;

	if (slot->kind == POWER_GUESSED) {
		if (db_user_find(world.keeper.db, slot->user, &user) ||
		    user.budget.failures != slot->failures)
			return power_fault(model, "%s: %u failures are counted, %u were told", slot->user,
					   user.budget.failures, slot->failures);
		return true;
	}
	for (uint64_t i = slot->next > 8 ? slot->next - 8 : 0; i <= slot->next; i++) {
		char name[POWER_TEXT + 24];
		(void)snprintf(name, sizeof(name), "%s-%llu", slot->user, (unsigned long long)i);
		if (db_user_find(world.keeper.db, name, &user) != (i < slot->next ? CS_OK : CS_ERR_NOT_FOUND))
			return power_fault(model, "%s: of %llu users that were added, not so", name,
					   (unsigned long long)slot->next);
	}
	return true;
}

static bool slot_holds(struct power_model *model, const struct power_slot *slot)
{
	struct db_challenge challenge;
	struct db *db = world.keeper.db;
	struct db_token token;

	if (slot->deleted[0] && db_token_find(db, slot->deleted, &token) != CS_ERR_NOT_FOUND)
		return power_fault(model, "%s: the deleted token is there", slot->user);
	if (slot->state == POWER_NONE)
		return true;
	if (db_token_find(db, slot->token, &token))
		return power_fault(model, "%s: the token is not there", slot->user);
	if ((token.state == DB_TOKEN_ACTIVE) == (slot->state == POWER_DISABLED))
		return power_fault(model, "%s: the token is in another state", slot->user);
	if (slot->kind != POWER_BACKUP && slot->kind != POWER_OCRA && slot->next && token.next != slot->next)
		return power_fault(model, "%s: at position %llu, was at %llu", slot->user,
				   (unsigned long long)token.next, (unsigned long long)slot->next);
	if (slot->challenge[0] && (db_challenge_find(db, slot->challenge, &challenge) || challenge.spent))
		return power_fault(model, "%s: the challenge is not open", slot->user);
	return true;
}

bool power_holds(struct power_model *model)
{
	for (size_t i = 0; i < POWER_SLOTS; i++) {
		const struct power_slot *slot = &model->slots[i];
		if ((slot->kind == POWER_USERS || slot->kind == POWER_GUESSED) && !user_holds(model, slot))
			return false;
		if (slot->kind != POWER_USERS && !slot_holds(model, slot))
			return false;
	}
	return true;
}
