/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A keeper for tests.
 */
#include "tests/unit/keeper_world.h"

const bool on_sqlite = false, on_postgresql = true;
struct world world;

const uint8_t seed[21] = "12345678901234567890";

static uint64_t world_now(void *ctx)
{
	(void)ctx;
	return world.now * 1000;
}

/* ---- asking ---- */

struct ipc_request ask(enum ipc_op op, const char *credential)
{
	struct ipc_request request = {.op = op};

	if (credential)
		request.field[IPC_TAG_CREDENTIAL] = cs_view_string(credential);
	return request;
}

void with(struct ipc_request *request, enum ipc_tag tag, const char *text)
{
	request->field[tag] = cs_view_string(text);
}

void with_number(struct ipc_request *request, enum ipc_tag tag, uint64_t number, size_t len)
{
	static uint8_t store[64][8];
	static unsigned next;
	uint8_t *bytes = store[next++ % 64];

	for (size_t i = len; i-- > 0; number >>= 8)
		bytes[i] = (uint8_t)number;
	request->field[tag] = cs_view(bytes, len);
}

struct cs_view run_in(struct keeper *keeper, struct ipc_request *requests, size_t count)
{
	struct cs_writer w = CS_WRITER_OF(world.out);

	for (size_t i = 0; i < count; i++)
		requests[i].id = i;
	assert_int_equal(keeper_batch(keeper, requests, count, &w), CS_OK);
	return cs_writer_view(&w);
}

struct cs_view run(struct ipc_request *requests, size_t count)
{
	return run_in(&world.keeper, requests, count);
}

struct ipc_reply next_reply(struct cs_view *replies)
{
	struct ipc_reply reply;
	struct cs_view frame;

	assert_int_equal(ipc_frame_next(*replies, IPC_REPLY_MAX, &frame), CS_OK);
	assert_int_equal(ipc_reply_parse(frame, &reply), CS_OK);
	*replies = cs_view(replies->ptr + frame.len, replies->len - frame.len);
	return reply;
}

uint16_t one(struct ipc_request *request)
{
	struct cs_view replies = run(request, 1);
	struct ipc_reply reply = next_reply(&replies);

	assert_true(reply.body.len < sizeof(world.body));
	memcpy(world.body, reply.body.ptr, reply.body.len);
	world.body[reply.body.len] = '\0';
	return reply.status;
}

/* The value of a text member of the last body. */
void member(const char *name, char *out, size_t cap)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "\"%s\":\"", name);
	const char *at = strstr(world.body, key);
	assert_non_null(at);
	at += strlen(key);
	(void)snprintf(out, cap, "%.*s", (int)strcspn(at, "\""), at);
}

void says(const char *part)
{
	if (!strstr(world.body, part))
		fail_msg("expected %s in %s", part, world.body);
}

void verify(const char *user, const char *code)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, code);
	assert_int_equal(one(&request), 200);
}

void require_verified(const char *user, const char *code)
{
	verify(user, code);
	says("{\"accepted\":true,\"token\":\"t_");
}

void require_wrong(const char *user, const char *code)
{
	verify(user, code);
	says("{\"accepted\":false,\"reason\":\"wrong\"}");
}

void require_locked(const char *user, const char *code)
{
	verify(user, code);
	says("{\"accepted\":false,\"reason\":\"locked\",\"wait\":");
}

uint16_t give_alias(const char *user, const char *alias)
{
	struct ipc_request request = ask(IPC_ALIAS_ADD, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_ALIAS, alias);
	return one(&request);
}

uint16_t enrol_seed(const char *user, const char *type, struct cs_view secret, char id[32])
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_TYPE, type);
	request.field[IPC_TAG_SECRET] = secret;
	uint16_t status = one(&request);
	if (status == 201)
		member("token", id, 32);
	return status;
}

uint16_t enrol(const char *user, const char *type, char id[32])
{
	return enrol_seed(user, type, cs_view(seed, 20), id);
}

uint16_t on_token(enum ipc_op op, const char *id)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_TOKEN, id);
	return one(&request);
}

uint16_t resync(const char *id, const char *code, const char *code2)
{
	struct ipc_request request = ask(IPC_TOKEN_RESYNC, world.admin);

	with(&request, IPC_TAG_TOKEN, id);
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CODE2, code2);
	return one(&request);
}

/* ---- persons ---- */

uint16_t staff(enum ipc_op op, const char *credential, const char *name, const char *role,
	       const char *approval)
{
	struct ipc_request request = ask(op, credential);

	with(&request, IPC_TAG_NAME, name);
	if (role)
		with(&request, IPC_TAG_ROLE, role);
	if (approval)
		with(&request, IPC_TAG_APPROVAL, approval);
	return one(&request);
}

void hire(const char *name, const char *role, char credential[64])
{
	assert_int_equal(staff(IPC_STAFF_ADD, world.admin, name, role, NULL), 201);
	member("credential", credential, 64);
}

uint16_t on_approval(enum ipc_op op, const char *credential, const char *approval)
{
	struct ipc_request request = ask(op, credential);

	with(&request, IPC_TAG_APPROVAL, approval);
	return one(&request);
}

uint16_t approved(enum ipc_op op, const char *other)
{
	struct ipc_request request = ask(op, world.admin);
	char id[32];

	assert_int_equal(one(&request), 202);
	member("approval", id, sizeof(id));
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, other, id), 200);
	with(&request, IPC_TAG_APPROVAL, id);
	return one(&request);
}

const char *code_of(struct cs_view secret, uint64_t position, char text[CS_OATH_CODE_MAX])
{
	const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	uint32_t number;

	assert_int_equal(cs_hotp(&hmac, CS_SHA1, secret, position, &number), CS_OK);
	cs_oath_format(number, 6, text);
	return text;
}

const char *code_at(uint64_t position, char text[CS_OATH_CODE_MAX])
{
	return code_of(cs_view(seed, 20), position, text);
}

/* ---- the world ---- */

void world_open_beside(struct keeper *keeper)
{
	static char error[CONFIG_ERROR_MAX];

	if (keeper_open(&world.config, (struct clock){.now = world_now}, keeper, error))
		fail_msg("%s", error);
}

void world_open(void)
{
	world_open_beside(&world.keeper);
}

int world_make(void **state)
{
	static char error[CONFIG_ERROR_MAX];
	char text[512];
	FILE *file;

	memset(&world, 0, sizeof(world));
	world.now = T0;
	if (!database_make(*(const bool *)*state, &world.database))
		return -1;
	(void)snprintf(text, sizeof(text),
		       "state_directory = %s\ndatabase = %s\n"
		       "password_memory = 8\npassword_passes = 1\n"
		       "alarm_key_days = 0", /* the sealing key's file is of another clock */
		       world.database.directory, world.database.place);
	if (config_parse(cs_view_string(text), "test", &world.config, error) ||
	    init_run(&world.config, error))
		return -1;
	file = fopen(world.config.admin_credential, "r");
	if (!file || fscanf(file, "%63s", world.admin) != 1 || fclose(file) != 0)
		return -1;
	world_open();
	struct ipc_request user = ask(IPC_USER_ADD, world.admin), application = ask(IPC_APP_ADD, world.admin);
	with(&user, IPC_TAG_USER, "Alice");
	with(&application, IPC_TAG_NAME, "web");
	assert_int_equal(one(&user), 201);
	assert_int_equal(one(&application), 201);
	member("credential", world.application, sizeof(world.application));
	return 0;
}

int world_end(void **state)
{
	const char *paths[] = {world.config.sealing_key, world.config.tls_certificate, world.config.tls_key,
			       world.config.admin_credential};

	(void)state;
	keeper_close(&world.keeper);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)unlink(paths[i]);
	return database_remove(&world.database) ? 0 : -1;
}

static void take_entry(void *ctx, const struct audit_entry *entry)
{
	*(struct audit_entry *)ctx = *entry;
}

void take_last_audit(struct audit_entry *out)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;

	assert_int_equal(db_audit_head(world.keeper.db, &head, hash), CS_OK);
	assert_int_equal(db_audit_list(world.keeper.db, head - 1, 1, take_entry, out), CS_OK);
}

void require_last_audit(const char *action, const char *result, const char *reason)
{
	struct audit_entry last;

	take_last_audit(&last);
	assert_string_equal(last.action, action);
	assert_string_equal(last.result, result);
	assert_string_equal(last.reason, reason);
}

struct work work_now(void)
{
	const struct keeper_metrics *m = &world.keeper.metrics;

	return (struct work){m->evaluations, hmac_computed(world.keeper.hmac), m->passwords, m->audit_entries,
			     m->commits};
}

struct work work_since(const struct work *before)
{
	const struct work now = work_now();

	return (struct work){now.codes - before->codes, now.hmacs - before->hmacs,
			     now.passwords - before->passwords, now.audited - before->audited,
			     now.commits - before->commits};
}

void require_same_work(const struct work *one, const struct work *other)
{
	assert_int_equal(one->codes, other->codes);
	assert_int_equal(one->hmacs, other->hmacs);
	assert_int_equal(one->passwords, other->passwords);
	assert_int_equal(one->audited, other->audited);
	assert_int_equal(one->commits, other->commits);
}

void require_rows(const char *table, unsigned count)
{
	char sqlite[200], postgresql[200];

	(void)snprintf(sqlite, sizeof(sqlite),
		       "DROP TABLE IF EXISTS there; CREATE TABLE there (n INTEGER CHECK (n = %u));"
		       "INSERT INTO there SELECT count(*) FROM %s",
		       count, table);
	(void)snprintf(postgresql, sizeof(postgresql),
		       "DO $$BEGIN IF (SELECT count(*) FROM %s) <> %u THEN RAISE EXCEPTION 'rows'; END IF; "
		       "END$$",
		       table, count);
	assert_true(database_execute(&world.database, sqlite, postgresql));
}
