/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that cards have made and sealed to the enrolment key: whose word counts, how often, and what of it.
 */
#include <openssl/pem.h>
#include <poll.h>

#include "tests/unit/keeper_world.h"

#include "base/encoding.h"
#include "base/host/sealed_seed.h"
#include "daemon/rekey.h"
#include "tests/unit/pki.h"
#include "tests/unit/sealed_card.h"

#define MADE	YKOATH_PROPERTY_MADE
#define WAIT_MS 120000 /* for what must come */

static EVP_PKEY *root_key, *card_key, *other_key;
static X509 *root, *certificate;
static uint8_t statement[CS_SEALED_SEED_MAX], secret[YKOATH_KEY_MAX];
static struct cs_view secret_view;

/* ---- the world ---- */

static int group_make(void **state)
{
	(void)state;
	root_key = pki_key("P-256");
	card_key = pki_key("P-256");
	other_key = pki_key("P-256");
	root = pki_ca("Makers", root_key, NULL, NULL, T0);
	certificate = pki_ca("Card", card_key, root, root_key, T0);
	return 0;
}

static int group_end(void **state)
{
	EVP_PKEY *keys[] = {root_key, card_key, other_key};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		EVP_PKEY_free(keys[i]);
	X509_free(root);
	X509_free(certificate);
	return database_server_end(state);
}

static const char *ca_path(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/cards.pem", world.database.directory);
	return path;
}

static int make(void **state)
{
	if (world_make(state))
		return -1;
	pki_write(ca_path(), (X509 *[]){root, NULL}, NULL);
	(void)snprintf(world.config.card_ca, sizeof(world.config.card_ca), "%s", ca_path());
	keeper_close(&world.keeper);
	world_open();
	return 0;
}

static int end(void **state)
{
	(void)unlink(ca_path());
	return world_end(state);
}

/* ---- asking ---- */

static const struct sealed_card *card_of(EVP_PKEY *key, X509 *by)
{
	static struct sealed_card card;

	card = (struct sealed_card){.serial = 0xC0FFEE,
				    .name = "Bank:ada",
				    .type_hash = YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1,
				    .digits = 6,
				    .properties = MADE,
				    .key = key,
				    .certificate = by};
	return &card;
}

/* The public point, in storage that lives as long as the program. */
static struct cs_view enrolment_point(void)
{
	static uint8_t bytes[CS_SEALED_SEED_POINT_MAX];
	struct ipc_request request = ask(IPC_ENROLMENT_KEY, world.admin);
	struct cs_writer w = CS_WRITER_OF(bytes);
	char text[2 * CS_SEALED_SEED_POINT_MAX + 1];

	assert_int_equal(one(&request), 200);
	member("point", text, sizeof(text));
	assert_int_equal(cs_hex_decode(cs_view_string(text), &w), CS_OK);
	assert_int_equal(cs_writer_view(&w).len, CS_SEALED_SEED_POINT_MAX);
	return cs_writer_view(&w);
}

static struct cs_view statement_for(const struct sealed_card *card, struct cs_view point)
{
	struct cs_writer w = CS_WRITER_OF(statement), s = CS_WRITER_OF(secret);

	sealed_card_statement(card, point, &w, &s);
	secret_view = cs_writer_view(&s);
	return cs_writer_view(&w);
}

static struct ipc_request enrolment(struct cs_view sealed)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	request.field[IPC_TAG_SEALED] = sealed;
	return request;
}

static uint16_t enrol_sealed(struct cs_view sealed)
{
	struct ipc_request request = enrolment(sealed);

	return one(&request);
}

static void require_enrolled(const struct sealed_card *card)
{
	assert_int_equal(enrol_sealed(statement_for(card, enrolment_point())), 201);
}

static void require_refused(uint16_t status, const char *reason, const char *detail)
{
	struct audit_entry entry;

	assert_int_equal(status, 409);
	says(reason);
	take_last_audit(&entry);
	assert_string_equal(entry.action, "token_enrol");
	assert_string_equal(entry.result, "refused");
	assert_string_equal(entry.reason, reason);
	assert_string_equal(entry.detail, detail);
}

static void rekey(void)
{
	bool ended = false;
	char anton[64];

	hire("anton", "administrator", anton);
	assert_int_equal(approved(IPC_REKEY, anton), 201);
	while (!ended)
		assert_int_equal(rekey_step(&world.keeper, REKEY_STEP, &ended), CS_OK);
}

/* ---- tests ---- */

static void a_seed_that_a_card_has_sealed_is_enrolled_and_told_to_nobody(void **state)
{
	char text[CS_OATH_CODE_MAX], base32[CS_BASE32_SIZE(YKOATH_KEY_MAX)], id[32];
	struct ipc_request list = ask(IPC_TOKEN_LIST, world.admin);
	struct audit_entry entry;

	(void)state;
	require_enrolled(card_of(card_key, certificate));
	cs_base32_encode(secret_view, base32);
	assert_null(strstr(world.body, base32));
	assert_null(strstr(world.body, "secret"));
	assert_null(strstr(world.body, "otpauth"));
	says("\"serial\":\"00c0ffee-");
	member("token", id, sizeof(id));
	take_last_audit(&entry);
	assert_string_equal(entry.action, "token_enrol");
	assert_string_equal(entry.result, "done");
	assert_string_equal(entry.token, id);
	assert_string_equal(entry.detail, "sealed by card 00c0ffee");
	assert_int_equal(one(&list), 200);
	says("\"label\":\"Bank:ada\"");
	require_verified("alice", code_of(secret_view, 0, text));
	require_wrong("alice", code_of(secret_view, 0, text));
	require_verified("alice", code_of(secret_view, 1, text));
}

/* The name tells the period, as hosts have it. */
static void what_the_statement_says_of_the_credential_is_enrolled(void **state)
{
	struct sealed_card card = *card_of(card_key, certificate);
	struct ipc_request list = ask(IPC_TOKEN_LIST, world.admin), request;

	(void)state;
	card.type_hash = YKOATH_TYPE_TOTP | YKOATH_HASH_SHA256;
	card.name = "60/slow";
	card.digits = 8;
	require_enrolled(&card);
	card.type_hash = YKOATH_TYPE_OCRA | YKOATH_HASH_SHA256;
	card.suite = "OCRA-1:HOTP-SHA256-8:C-QN08";
	card.counter = 7;
	card.name = "ocra";
	request = enrolment(statement_for(&card, enrolment_point()));
	with(&request, IPC_TAG_LABEL, "my own");
	assert_int_equal(one(&request), 201);
	assert_int_equal(one(&list), 200);
	says("\"type\":\"totp\"");
	says("\"algorithm\":\"SHA256\",\"digits\":8");
	says("\"period\":60");
	says("\"label\":\"60/slow\"");
	says("\"suite\":\"OCRA-1:HOTP-SHA256-8:C-QN08\"");
	says("\"counter\":7");
	says("\"label\":\"my own\"");
}

/* The last entry: a key was made, which is that of the last answer, as openssl pkey -pubin -outform DER |
 * sha256sum has it. */
static void require_audited_key(const char *reason)
{
	char pem[512], id[DB_TOKEN_ID_SIZE], text[65], detail[96];
	uint8_t digest[32];
	unsigned char *der = NULL;
	struct audit_entry entry;
	size_t len = 0;

	member("key", id, sizeof(id));
	member("pem", pem, sizeof(pem));
	for (const char *at = pem; *at; at++) { /* the line's ends are escaped */
		const bool end = strncmp(at, "\\u000a", 6) == 0;
		pem[len++] = end ? '\n' : *at;
		at += end ? 5 : 0;
	}
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_non_null(key);
	const int der_len = i2d_PUBKEY(key, &der);
	assert_true(der_len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)der_len, digest, NULL, EVP_sha256(), NULL), 1);
	cs_hex_encode(CS_VIEW_OF(digest), text);
	(void)snprintf(detail, sizeof(detail), "new key %s, %.32s", id, text);
	require_last_audit("enrolment_key", "done", reason);
	take_last_audit(&entry);
	assert_string_equal(entry.detail, detail);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

static void the_key_is_one_for_all_and_outlives_restarts_and_changes_of_the_data_key(void **state)
{
	uint8_t first[CS_SEALED_SEED_POINT_MAX];
	char text[CS_OATH_CODE_MAX];

	(void)state;
	memcpy(first, enrolment_point().ptr, sizeof(first));
	require_audited_key("");
	assert_memory_equal(enrolment_point().ptr, first, sizeof(first));
	keeper_close(&world.keeper);
	world_open();
	assert_memory_equal(enrolment_point().ptr, first, sizeof(first));
	struct cs_view sealed = statement_for(card_of(card_key, certificate), CS_VIEW_OF(first));
	rekey();
	assert_memory_equal(enrolment_point().ptr, first, sizeof(first));
	assert_int_equal(enrol_sealed(sealed), 201);
	require_verified("alice", code_of(secret_view, 0, text));
}

static void daemons_that_share_a_database_share_key_and_memory(void **state)
{
	struct ipc_request request = ask(IPC_ENROLMENT_KEY, world.admin);
	char here[2 * CS_SEALED_SEED_POINT_MAX + 1], there[sizeof(here)];
	struct keeper beside;

	(void)state;
	world_open_beside(&beside);
	struct cs_view replies = run_in(&beside, &request, 1);
	assert_int_equal(next_reply(&replies).status, 200);
	struct cs_view sealed = statement_for(card_of(card_key, certificate), enrolment_point());
	member("point", here, sizeof(here));
	replies = run_in(&beside, &request, 1);
	struct ipc_reply reply = next_reply(&replies);
	const char *point = memmem(reply.body.ptr, reply.body.len, "\"point\":\"", 9);
	assert_non_null(point);
	(void)snprintf(there, sizeof(there), "%s", point + 9);
	assert_string_equal(there, here);
	request = enrolment(sealed);
	replies = run_in(&beside, &request, 1);
	assert_int_equal(next_reply(&replies).status, 201);
	require_refused(enrol_sealed(sealed), "sealed_spent", "sealed by card 00c0ffee");
	keeper_close(&beside);
}

static void the_enrolment_key_signs_no_assertions_and_is_not_rotated_away_with_those_that_do(void **state)
{
	struct ipc_request keys = ask(IPC_JWKS, NULL);
	uint8_t first[CS_SEALED_SEED_POINT_MAX];
	char anton[64];

	(void)state;
	memcpy(first, enrolment_point().ptr, sizeof(first));
	assert_int_equal(one(&keys), 200);
	/* A coordinate may begin so, too. */
	assert_non_null(strstr(world.body, "\"kid\":\""));
	assert_null(strstr(world.body, "\"kid\":\"e_"));
	hire("anton", "administrator", anton);
	assert_int_equal(approved(IPC_SIGNING_ROTATE, anton), 200);
	assert_memory_equal(enrolment_point().ptr, first, sizeof(first));
}

static void a_key_that_does_not_open_is_replaced_and_what_was_sealed_to_it_is_lost(void **state)
{
	uint8_t first[CS_SEALED_SEED_POINT_MAX];

	(void)state;
	memcpy(first, enrolment_point().ptr, sizeof(first));
	assert_true(database_execute(
	    &world.database, "UPDATE signing_key SET sealed = zeroblob(length(sealed)) WHERE purpose = 2",
	    "UPDATE signing_key SET sealed = decode(repeat('00', length(sealed)), 'hex') WHERE purpose = 2"));
	struct cs_view sealed = statement_for(card_of(card_key, certificate), CS_VIEW_OF(first));
	/* Whoever asks for the key has another one made, and it is told of; whoever enrols does not. */
	require_refused(enrol_sealed(sealed), "sealed_to_another", "sealed by card 00c0ffee");
	assert_memory_not_equal(enrolment_point().ptr, first, sizeof(first));
	require_audited_key("replaced");
	require_refused(enrol_sealed(sealed), "sealed_to_another", "sealed by card 00c0ffee");
	require_enrolled(card_of(card_key, certificate));
}

static void what_is_sealed_to_another_servers_key_is_refused(void **state)
{
	uint8_t bytes[CS_SEALED_SEED_POINT_MAX];
	size_t len = 0;

	(void)state;
	(void)enrolment_point();
	assert_int_equal(
	    EVP_PKEY_get_octet_string_param(other_key, "encoded-pub-key", bytes, sizeof(bytes), &len), 1);
	assert_int_equal(len, sizeof(bytes));
	struct cs_view sealed = statement_for(card_of(card_key, certificate), CS_VIEW_OF(bytes));
	require_refused(enrol_sealed(sealed), "sealed_to_another", "sealed by card 00c0ffee");
}

/* Each byte of statement, signature and certificate, in requests that come together. */
static void a_changed_byte_anywhere_is_refused(void **state)
{
	enum { AT_ONCE = 64 };
	static uint8_t changed[AT_ONCE][2048];
	struct ipc_request requests[AT_ONCE];

	(void)state;
	struct cs_view whole = statement_for(card_of(card_key, certificate), enrolment_point());
	assert_true(whole.len <= sizeof(changed[0]));
	for (size_t at = 0; at < whole.len; at += AT_ONCE) {
		size_t count = whole.len - at < AT_ONCE ? whole.len - at : AT_ONCE;
		for (size_t i = 0; i < count; i++) {
			memcpy(changed[i], whole.ptr, whole.len);
			changed[i][at + i] ^= 1;
			requests[i] = enrolment(cs_view(changed[i], whole.len));
		}
		struct cs_view replies = run(requests, count);
		for (size_t i = 0; i < count; i++) {
			uint16_t status = next_reply(&replies).status;
			if (status != 400 && status != 409)
				fail_msg("byte %zu: %u", at + i, status);
		}
	}
	for (size_t len = 0; len < whole.len; len += 97) {
		requests[0] = enrolment(cs_view(whole.ptr, len ? len : 1));
		assert_int_equal(one(&requests[0]), 400);
	}
	assert_int_equal(enrol_sealed(whole), 201);
}

static void only_cards_that_card_ca_vouches_for_are_believed(void **state)
{
	X509 *foreign = pki_ca("Makers", other_key, NULL, NULL, T0);
	X509 *of_foreign = pki_ca("Card", card_key, foreign, other_key, T0);
	X509 *old = pki_ca("Card", card_key, root, root_key, T0 - 100 * 86400);
	X509 *young = pki_ca("Card", card_key, root, root_key, T0 + 100 * 86400);

	(void)state;
	struct cs_view point = enrolment_point();
	require_refused(enrol_sealed(statement_for(card_of(card_key, of_foreign), point)), "sealed_untrusted",
			"card 00c0ffee: certificate_untrusted");
	require_refused(enrol_sealed(statement_for(card_of(card_key, old), point)), "sealed_untrusted",
			"card 00c0ffee: certificate_expired");
	require_refused(enrol_sealed(statement_for(card_of(card_key, young), point)), "sealed_untrusted",
			"card 00c0ffee: certificate_expired");
	/* another key than the certificate's */
	require_refused(enrol_sealed(statement_for(card_of(other_key, certificate), point)),
			"sealed_untrusted", "card 00c0ffee: wrong_signature");
	require_enrolled(card_of(card_key, certificate));
	X509_free(foreign);
	X509_free(of_foreign);
	X509_free(old);
	X509_free(young);
}

/* Whoever likes signs for it, whoever has certified it. */
static void a_key_of_small_order_vouches_for_no_card(void **state)
{
	EVP_PKEY *nobodys = pki_key_of_nobody();
	X509 *by_nobody = pki_ca("Card", nobodys, root, root_key, T0),
	     *ca = pki_ca("Nobody", nobodys, NULL, NULL, T0),
	     *of_nobody = pki_ca("Card", card_key, ca, nobodys, T0);
	uint8_t der[2][2048];
	struct cs_writer good = CS_WRITER_OF(der[0]), bad = CS_WRITER_OF(der[1]);
	struct cs_sealed_seed said;

	(void)state;
	struct cs_view point = enrolment_point(), sealed = statement_for(card_of(nobodys, by_nobody), point);
	pki_der(&good, root);
	pki_der(&bad, ca);
	require_refused(enrol_sealed(sealed), "sealed_untrusted", "card 00c0ffee: certificate_weak");
	assert_int_equal(cs_sealed_seed_parse(sealed, &said), CS_OK);
	assert_int_equal(cs_sealed_seed_intact(&said), CS_ERR_WRONG);
	assert_int_equal(cs_sealed_seed_verify(&said, cs_writer_view(&good)), CS_ERR_WRONG);
	/* Nor for the one that does. */
	sealed = statement_for(card_of(card_key, of_nobody), point);
	assert_int_equal(cs_sealed_seed_parse(sealed, &said), CS_OK);
	assert_int_equal(cs_sealed_seed_intact(&said), CS_OK);
	assert_int_equal(cs_sealed_seed_verify(&said, cs_writer_view(&bad)), CS_ERR_WRONG);
	pki_write(ca_path(), (X509 *[]){ca, NULL}, NULL);
	keeper_close(&world.keeper);
	world_open();
	require_refused(enrol_sealed(sealed), "sealed_untrusted", "card 00c0ffee: certificate_weak");
	X509_free(by_nobody);
	X509_free(of_nobody);
	X509_free(ca);
	EVP_PKEY_free(nobodys);
}

/* ATTEST has the attestation key sign certificates of keys that do what their holder likes. */
static void a_key_that_the_card_attests_is_not_the_one_that_attests(void **state)
{
	const struct pki_leaf leaf = {.name = "slot 9a", .from = T0 - 3600, .until = T0 + 86400, .serial = 3};
	X509 *attested = pki_leaf(&leaf, other_key, certificate, card_key);

	(void)state;
	/* card_ca has the card's own certificate */
	pki_write(ca_path(), (X509 *[]){certificate, NULL}, NULL);
	keeper_close(&world.keeper);
	world_open();
	require_refused(enrol_sealed(statement_for(card_of(other_key, attested), enrolment_point())),
			"sealed_untrusted", "card 00c0ffee: wrong_signature");
	require_enrolled(card_of(card_key, certificate));
	X509_free(attested);
}

static void a_statement_is_taken_once_whatever_becomes_of_its_token(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct ipc_request bob = ask(IPC_USER_ADD, world.admin), request;

	(void)state;
	with(&bob, IPC_TAG_USER, "bob");
	assert_int_equal(one(&bob), 201);
	struct cs_view sealed = statement_for(card_of(card_key, certificate), enrolment_point());
	assert_int_equal(enrol_sealed(sealed), 201);
	member("token", id, sizeof(id));
	require_verified("alice", code_of(secret_view, 0, text));
	require_refused(enrol_sealed(sealed), "sealed_spent", "sealed by card 00c0ffee");
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	request = enrolment(sealed);
	with(&request, IPC_TAG_USER, "bob");
	require_refused(one(&request), "sealed_spent", "sealed by card 00c0ffee");
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	require_refused(enrol_sealed(sealed), "sealed_spent", "sealed by card 00c0ffee");
	/* The card's next one is another one. */
	require_enrolled(card_of(card_key, certificate));
}

static void what_the_daemon_does_not_know_or_is_said_twice_is_refused(void **state)
{
	struct sealed_card card = *card_of(card_key, certificate);
	struct ipc_request request;

	(void)state;
	struct cs_view point = enrolment_point();
	card.version = 2;
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_sealed\"");
	card.version = 0;
	card.properties = 0; /* put in, not made */
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_sealed\"");
	card.properties = MADE;
	card.digits = 10;
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_digits\"");
	card.digits = 6;
	card.type_hash = 0x41; /* of a type that there is not */
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_sealed\"");
	card.type_hash = YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1;
	card.name = "5/fast";
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_period\"");
	card.name = "\xFFname";
	assert_int_equal(enrol_sealed(statement_for(&card, point)), 400);
	says("\"bad_label\"");
	request = enrolment(statement_for(card_of(card_key, certificate), point));
	with(&request, IPC_TAG_TYPE, "hotp");
	assert_int_equal(one(&request), 400);
	says("\"sealed_alone\"");
	request = ask(IPC_TOKEN_ENROL, world.admin);
	with(&request, IPC_TAG_USER, "alice");
	assert_int_equal(one(&request), 400);
	says("\"bad_type\"");
}

/* One request, of a keeper that has workers, until it is answered. */
static uint16_t one_in_the_end(struct ipc_request *request)
{
	struct pollfd fd = {.fd = hash_pool_fd(world.keeper.pool), .events = POLLIN};
	struct hash_ticket *ticket;

	struct cs_view replies = run(request, 1);
	while (!replies.len) {
		do
			assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		while ((ticket = hash_pool_next(world.keeper.pool)) == NULL);
		world.keeper.tickets[0] = ticket;
		replies = run(&ticket->request, 1);
	}
	struct ipc_reply reply = next_reply(&replies);
	memcpy(world.body, reply.body.ptr, reply.body.len);
	world.body[reply.body.len] = '\0';
	return reply.status;
}

/* The PIN's Argon2id is waited for, as it always is in a daemon: the request is run twice, and the card's
 * statement read twice. */
static void a_sealed_seed_is_enrolled_with_a_pin(void **state)
{
	char id[32], again[32], code[CS_OATH_CODE_MAX], typed[32];

	(void)state;
	struct ipc_request request =
	    enrolment(statement_for(card_of(card_key, certificate), enrolment_point()));
	with(&request, IPC_TAG_PIN, "7294");
	with(&request, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(keeper_pool_open(&world.keeper, &world.config), CS_OK);
	assert_int_equal(one_in_the_end(&request), 201);
	member("token", id, sizeof(id));
	require_last_audit("token_enrol", "done", "");
	assert_int_equal(one_in_the_end(&request), 201); /* the answer that was kept */
	member("token", again, sizeof(again));
	assert_string_equal(again, id);
	(void)snprintf(typed, sizeof(typed), "7294%s", code_of(secret_view, 0, code));
	request = ask(IPC_OTP_VERIFY, world.application);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	assert_int_equal(one_in_the_end(&request), 200);
	says("\"accepted\":false");
	with(&request, IPC_TAG_CODE, typed);
	assert_int_equal(one_in_the_end(&request), 200);
	says("\"accepted\":true");
}

static void without_card_ca_nothing_is_taken_and_it_is_named(void **state)
{
	(void)state;
	struct cs_view sealed = statement_for(card_of(card_key, certificate), enrolment_point());
	world.config.card_ca[0] = '\0';
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(enrol_sealed(sealed), 409);
	says("\"no_card_ca\"");
	says("set card_ca first");
	(void)snprintf(world.config.card_ca, sizeof(world.config.card_ca), "%s", ca_path());
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(enrol_sealed(sealed), 201);
}

#define TEST(test)                                                                                           \
	{#test, test, make, end, (void *)(uintptr_t)&on_sqlite},                                             \
	{                                                                                                    \
#test "_on_postgresql", test, make, end, (void *)(uintptr_t)&on_postgresql                   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_seed_that_a_card_has_sealed_is_enrolled_and_told_to_nobody),
	    TEST(what_the_statement_says_of_the_credential_is_enrolled),
	    TEST(the_key_is_one_for_all_and_outlives_restarts_and_changes_of_the_data_key),
	    TEST(daemons_that_share_a_database_share_key_and_memory),
	    TEST(the_enrolment_key_signs_no_assertions_and_is_not_rotated_away_with_those_that_do),
	    TEST(a_key_that_does_not_open_is_replaced_and_what_was_sealed_to_it_is_lost),
	    TEST(what_is_sealed_to_another_servers_key_is_refused),
	    TEST(a_changed_byte_anywhere_is_refused),
	    TEST(only_cards_that_card_ca_vouches_for_are_believed),
	    TEST(a_key_of_small_order_vouches_for_no_card),
	    TEST(a_key_that_the_card_attests_is_not_the_one_that_attests),
	    TEST(a_statement_is_taken_once_whatever_becomes_of_its_token),
	    TEST(what_the_daemon_does_not_know_or_is_said_twice_is_refused),
	    TEST(a_sealed_seed_is_enrolled_with_a_pin),
	    TEST(without_card_ca_nothing_is_taken_and_it_is_named),
	};

	return cmocka_run_group_tests(tests, group_make, group_end);
}
