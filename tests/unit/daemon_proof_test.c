/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates as a factor of logins: whose they are, what makes them good, what their keys sign and how
 * often it counts, and what all of it costs and tells.
 */
#include <openssl/x509v3.h>

#include "base/login_text.h"
#include "daemon/base64url.h"
#include "tests/unit/keeper_world.h"
#include "tests/unit/pki.h"

#define PASSWORD "correct horse 7"
#define CLIENT	 "clientAuth"

static EVP_PKEY *root_key, *issuing_key, *alice_key, *other_key, *rsa_key;
static X509 *root, *issuing;

/* What is sent. */
struct login {
	const char *user, *password, *code, *application;
	X509 *certificate;
	EVP_PKEY *key;	       /* that signs */
	const char *algorithm; /* NULL: ES256 */
	char nonce[128];
	const char *signed_user; /* NULL: as user */
	bool spoil;		 /* the signature's last bit */
};

/* ---- the world ---- */

static int group_make(void **state)
{
	(void)state;
	root_key = pki_key("P-256");
	issuing_key = pki_key("P-256");
	alice_key = pki_key("P-256");
	other_key = pki_key("P-256");
	rsa_key = pki_key("RSA2048");
	root = pki_ca("Root", root_key, NULL, NULL, T0);
	issuing = pki_ca("Issuing", issuing_key, root, root_key, T0);
	return 0;
}

static int group_end(void **state)
{
	EVP_PKEY *keys[] = {root_key, issuing_key, alice_key, other_key, rsa_key};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		EVP_PKEY_free(keys[i]);
	X509_free(root);
	X509_free(issuing);
	return database_server_end(state);
}

/* Another configuration, as a daemon that starts has it. */
static void reopen(bool crl, bool upn, bool email)
{
	const char *directory = world.database.directory;

	(void)snprintf(world.config.login_ca, PATH_MAX, "%s/ca.pem", directory);
	world.config.login_crl[0] = '\0';
	if (crl)
		(void)snprintf(world.config.login_crl, PATH_MAX, "%s/crl.pem", directory);
	world.config.login_upn = upn;
	world.config.login_email = email;
	keeper_close(&world.keeper);
	world_open();
}

static int proof_make(void **state)
{
	char path[128];

	if (world_make(state))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ca.pem", world.database.directory);
	pki_write(path, (X509 *[]){root, NULL}, NULL);
	reopen(false, false, false);
	return 0;
}

static int proof_end(void **state)
{
	static const char *const names[] = {"ca.pem", "crl.pem"};
	char path[128];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.database.directory, names[i]);
		(void)unlink(path);
	}
	return world_end(state);
}

#define IN_PROOF(test)                                                                                       \
	{#test, test, proof_make, proof_end, (void *)(uintptr_t)&on_sqlite},                                 \
	{                                                                                                    \
#test "_on_postgresql", test, proof_make, proof_end, (void *)(uintptr_t)&on_postgresql       \
	}

static void set_class(const char *user, const char *factors)
{
	struct ipc_request class_set = ask(IPC_CLASS_SET, world.admin),
			   user_class = ask(IPC_USER_CLASS, world.admin);

	with(&class_set, IPC_TAG_NAME, factors);
	with(&class_set, IPC_TAG_FACTORS, factors);
	assert_int_equal(one(&class_set), 200);
	with(&user_class, IPC_TAG_USER, user);
	with(&user_class, IPC_TAG_NAME, factors);
	assert_int_equal(one(&user_class), 200);
}

static void set_password(const char *user)
{
	struct ipc_request request = ask(IPC_USER_PASSWORD, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_PASSWORD, PASSWORD);
	with(&request, IPC_TAG_CHANGE, "never");
	assert_int_equal(one(&request), 200);
}

static X509 *leaf_of(EVP_PKEY *key, const char *usage, const char *alternative, long serial)
{
	const struct pki_leaf leaf = {.name = "Alice",
				      .usage = usage,
				      .alternative = alternative,
				      .from = T0 - 3600,
				      .until = T0 + 86400,
				      .serial = serial};
	return pki_leaf(&leaf, key, issuing, issuing_key);
}

static uint16_t bind_key(const char *user, const X509 *certificate)
{
	struct ipc_request request = ask(IPC_CERTIFICATE_ADD, world.admin);
	char fingerprint[65];

	pki_fingerprint(certificate, fingerprint);
	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_FINGERPRINT, fingerprint);
	with(&request, IPC_TAG_LABEL, "card 7");
	return one(&request);
}

static void add_user(const char *user)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin);

	with(&request, IPC_TAG_USER, user);
	assert_int_equal(one(&request), 201);
}

/* Alice logs in with her certificate and her password. */
static X509 *alice_ready(const char *factors)
{
	X509 *certificate = leaf_of(alice_key, CLIENT, NULL, 7);

	set_class("alice", factors);
	set_password("alice");
	assert_int_equal(bind_key("alice", certificate), 201);
	return certificate;
}

/* Asks what is wanted, and keeps the nonce. */
static void take_nonce(struct login *login)
{
	struct ipc_request request =
	    ask(IPC_LOGIN, login->application ? login->application : world.application);

	with(&request, IPC_TAG_USER, login->user);
	assert_int_equal(one(&request), 200);
	says("\"accepted\":false,\"next\":[\"certificate\",");
	member("nonce", login->nonce, sizeof(login->nonce));
}

static void send_login(const struct login *login)
{
	struct ipc_request request =
	    ask(IPC_LOGIN, login->application ? login->application : world.application);
	uint8_t chain[4096], text[CS_LOGIN_TEXT_MAX], signature[512];
	struct cs_writer c = CS_WRITER_OF(chain), t = CS_WRITER_OF(text), s = CS_WRITER_OF(signature);
	const char *algorithm = login->algorithm ? login->algorithm : "ES256";
	const struct cs_login_text what = {
	    CS_VIEW_TEXT("countersign"), CS_VIEW_TEXT("web"),
	    cs_view_string(login->signed_user ? login->signed_user : login->user),
	    cs_view_string(login->nonce)};

	with(&request, IPC_TAG_USER, login->user);
	if (login->password)
		with(&request, IPC_TAG_PASSWORD, login->password);
	if (login->code)
		with(&request, IPC_TAG_CODE, login->code);
	pki_der(&c, login->certificate);
	pki_der(&c, issuing);
	assert_int_equal(cs_login_text_write(&what, &t), CS_OK);
	pki_sign(login->key, algorithm, cs_writer_view(&t), &s);
	signature[cs_writer_view(&s).len - 1] ^= login->spoil;
	request.field[IPC_TAG_CHAIN] = cs_writer_view(&c);
	request.field[IPC_TAG_SIGNATURE] = cs_writer_view(&s);
	with(&request, IPC_TAG_NONCE, login->nonce);
	with(&request, IPC_TAG_ALGORITHM, algorithm);
	assert_int_equal(one(&request), 200);
}

static void require_accepted(struct login *login)
{
	take_nonce(login);
	send_login(login);
	says("\"accepted\":true");
}

/* Wrong for everyone who hears it, and why for the audit log. */
static void require_refused(struct login *login, const char *reason)
{
	take_nonce(login);
	send_login(login);
	assert_string_equal(world.body, "{\"accepted\":false,\"reason\":\"wrong\"}");
	require_last_audit("login", "wrong", reason);
}

static uint64_t failures(const char *user)
{
	struct db_user row;

	assert_int_equal(db_user_find(world.keeper.db, user, &row), CS_OK);
	return row.budget.failures;
}

static void certificate_and_password_give_an_assertion_that_says_so(void **state)
{
	struct login login = {.user = "Alice ",
			      .signed_user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};
	uint8_t claims[1024] = {0};
	struct cs_writer w = cs_writer_of(claims, sizeof(claims) - 1);
	char assertion[2048];
	struct audit_entry entry;

	(void)state;
	require_accepted(&login);
	says("\"level\":\"aal2\"");
	member("assertion", assertion, sizeof(assertion));
	const char *body = strchr(assertion, '.') + 1;
	assert_int_equal(base64url_read(cs_view(body, strcspn(body, ".")), &w), CS_OK);
	assert_non_null(strstr((char *)claims, "\"acr\":\"aal2\",\"amr\":[\"pop\",\"pwd\"]"));
	assert_non_null(strstr((char *)claims, "\"sub\":\"alice\",\"aud\":\"web\""));
	take_last_audit(&entry);
	assert_non_null(strstr(entry.detail, ", certificate "));
	X509_free(login.certificate);
}

static void what_is_wanted_next_is_told_step_by_step_and_costs_nothing(void **state)
{
	struct login login = {
	    .user = "alice", .certificate = alice_ready("certificate+password"), .key = alice_key};

	(void)state;
	take_nonce(&login);
	says("\"next\":[\"certificate\",\"password\"],\"certificate\":{\"issuer\":\"countersign\","
	     "\"application\":\"web\",\"user\":\"alice\",\"nonce\":\"");
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"next\":[\"password\"]}");
	login.password = PASSWORD;
	send_login(&login); /* the nonce is good until a login is accepted */
	says("\"accepted\":true");
	assert_int_equal(failures("alice"), 0);
	X509_free(login.certificate);
}

static void certificate_and_code_are_two_factors(void **state)
{
	char id[32], code[CS_OATH_CODE_MAX];
	struct login login = {
	    .user = "alice", .certificate = alice_ready("certificate+code"), .key = alice_key};

	(void)state;
	assert_int_equal(enrol_seed("alice", "hotp", cs_view(seed, 20), id), 201);
	take_nonce(&login);
	says("\"next\":[\"certificate\",\"code\"]");
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"next\":[\"code\"]}");
	login.code = "000000";
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"reason\":\"wrong\"}");
	assert_int_equal(failures("alice"), 1);
	login.code = code_at(0, code);
	send_login(&login);
	says("\"level\":\"aal2\"");
	assert_int_equal(failures("alice"), 0);
	/* The code alone is not enough. */
	struct ipc_request alone = ask(IPC_LOGIN, world.application);
	with(&alone, IPC_TAG_USER, "alice");
	with(&alone, IPC_TAG_CODE, code_at(1, code));
	assert_int_equal(one(&alone), 200);
	says("\"next\":[\"certificate\",\"code\"]");
	X509_free(login.certificate);
}

static void keys_of_every_kind_sign_with_their_own_algorithm_alone(void **state)
{
	static const struct {
		const char *kind, *algorithm, *other;
	} rows[] = {{"P-256", "ES256", "ES384"},
		    {"P-384", "ES384", "ES256"},
		    {"ED25519", "EdDSA", NULL},
		    {"RSA2048", "RS256", NULL},
		    {"RSA2048", "PS256", NULL}};

	(void)state;
	set_class("alice", "certificate+password");
	set_password("alice");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = strcmp(rows[i].kind, "RSA2048") == 0 ? rsa_key : pki_key(rows[i].kind);
		struct login login = {.user = "alice",
				      .password = PASSWORD,
				      .certificate = leaf_of(key, CLIENT, NULL, (long)i + 10),
				      .key = key,
				      .algorithm = rows[i].algorithm};
		assert_int_equal(bind_key("alice", login.certificate), i == 4 ? 409 : 201);
		require_accepted(&login);
		if (rows[i].other) {
			login.algorithm = rows[i].other;
			require_refused(&login, "wrong_signature");
		}
		X509_free(login.certificate);
		if (key != rsa_key)
			EVP_PKEY_free(key);
	}
}

static void the_connections_certificate_is_as_good_where_it_is_the_users(void **state)
{
	X509 *certificate = alice_ready("certificate+password"), *other = leaf_of(other_key, CLIENT, NULL, 8);
	struct ipc_request request = ask(IPC_LOGIN, world.application);
	uint8_t chain[4096];
	struct cs_writer w = CS_WRITER_OF(chain);

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_PASSWORD, PASSWORD);
	pki_der(&w, other);
	pki_der(&w, issuing);
	request.field[IPC_TAG_TLS_CHAIN] = cs_writer_view(&w);
	assert_int_equal(one(&request), 200);
	says("\"next\":[\"certificate\",\"password\"]"); /* it may be the application's own */
	assert_int_equal(failures("alice"), 0);
	w = CS_WRITER_OF(chain);
	pki_der(&w, certificate);
	pki_der(&w, issuing);
	request.field[IPC_TAG_TLS_CHAIN] = cs_writer_view(&w);
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	assert_int_equal(one(&request), 200); /* a connection lives on */
	says("\"accepted\":true");
	world.now += 2 * 86400;
	assert_int_equal(one(&request), 200);
	says("\"next\":[\"certificate\",\"password\"]");
	X509_free(certificate);
	X509_free(other);
}

/* ---- nonces ---- */

static void a_nonce_is_good_for_one_login(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};

	(void)state;
	require_accepted(&login);
	send_login(&login);
	says("\"accepted\":false,\"next\":[\"certificate\",\"password\"]");
	require_last_audit("login", "next", "nonce_used");
	assert_int_equal(failures("alice"), 0);
	struct login later = login;
	world.now += world.config.challenge_lifetime + 1; /* a daemon whose clock is ahead forgets */
	require_accepted(&later);
	world.now -= 2;
	send_login(&login);
	require_last_audit("login", "next", "nonce_used");
	X509_free(login.certificate);
}

static void a_nonce_expires(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};

	(void)state;
	take_nonce(&login);
	world.now += world.config.challenge_lifetime - 1;
	send_login(&login);
	says("\"accepted\":true");
	take_nonce(&login);
	world.now += world.config.challenge_lifetime;
	send_login(&login);
	says("\"accepted\":false,\"next\":[\"certificate\",\"password\"]");
	require_last_audit("login", "next", "nonce_expired");
	X509_free(login.certificate);
}

static void a_nonce_is_of_one_user_and_one_application(void **state)
{
	struct ipc_request add = ask(IPC_APP_ADD, world.admin);
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key},
		     bob = {.user = "bob"}, elsewhere = {.user = "alice"};
	char other[64];

	(void)state;
	add_user("bob");
	set_class("bob", "certificate+password");
	with(&add, IPC_TAG_NAME, "vpn");
	assert_int_equal(one(&add), 201);
	member("credential", other, sizeof(other));
	elsewhere.application = other;

	take_nonce(&bob);
	memcpy(login.nonce, bob.nonce, sizeof(login.nonce));
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	take_nonce(&elsewhere);
	memcpy(login.nonce, elsewhere.nonce, sizeof(login.nonce));
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	assert_int_equal(failures("alice"), 2);
	/* What was signed for one application is no signature for another one. */
	memcpy(login.nonce, elsewhere.nonce, sizeof(login.nonce));
	login.application = other;
	send_login(&login);
	require_last_audit("login", "wrong", "wrong_signature");
	login.application = NULL;
	(void)snprintf(login.nonce, sizeof(login.nonce), "no nonce at all");
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	X509_free(login.certificate);
}

/* ---- what is wrong ---- */

static void wrong_signatures_spend_the_budget_that_codes_do(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = other_key};

	(void)state;
	require_refused(&login, "wrong_signature");
	login.key = alice_key;
	login.spoil = true;
	require_refused(&login, "wrong_signature");
	login.spoil = false;
	login.signed_user = "bob";
	require_refused(&login, "wrong_signature");
	assert_int_equal(failures("alice"), 3);
	require_refused(&login, "wrong_signature");
	require_refused(&login, "wrong_signature");
	login.signed_user = NULL;
	take_nonce(&login);
	send_login(&login);
	says("{\"accepted\":false,\"reason\":\"locked\",\"wait\":");
	world.now += 61;
	require_accepted(&login);
	X509_free(login.certificate);
}

static void no_password_is_tried_without_the_card(void **state)
{
	struct login login = {.user = "alice",
			      .password = "wrong horse 1",
			      .certificate = alice_ready("certificate+password"),
			      .key = other_key};

	(void)state;
	const uint64_t computed = world.keeper.metrics.passwords;
	require_refused(&login, "wrong_signature");
	assert_int_equal(world.keeper.metrics.passwords, computed);
	login.key = alice_key;
	require_refused(&login, "wrong_password");
	assert_int_equal(world.keeper.metrics.passwords, computed + 1);
	X509_free(login.certificate);
}

static void a_certificate_is_good_only_for_what_it_says(void **state)
{
	EVP_PKEY *weak = pki_key("RSA1024");
	const struct pki_leaf past = {"Alice", CLIENT, NULL, NULL, T0 - 7200, T0 - 1, 20},
			      future = {"Alice", CLIENT, NULL, NULL, T0 + 3600, T0 + 7200, 21},
			      agreement = {"Alice", CLIENT, "keyAgreement", NULL, T0 - 1, T0 + 7200, 22},
			      own = {"Alice", CLIENT, NULL, NULL, T0 - 1, T0 + 7200, 23};
	struct {
		X509 *certificate;
		const char *reason;
	} rows[] = {
	    {pki_leaf(&past, alice_key, issuing, issuing_key), "certificate_expired"},
	    {pki_leaf(&future, alice_key, issuing, issuing_key), "certificate_expired"},
	    {pki_leaf(&agreement, alice_key, issuing, issuing_key), "certificate_purpose"},
	    {pki_leaf(&own, alice_key, NULL, NULL), "certificate_untrusted"},
	    {leaf_of(alice_key, "serverAuth,emailProtection", NULL, 24), "certificate_purpose"},
	    {leaf_of(alice_key, NULL, NULL, 25), "certificate_purpose"},
	    {leaf_of(alice_key, "anyExtendedKeyUsage", NULL, 26), "certificate_purpose"},
	    {pki_ca("Alice", alice_key, issuing, issuing_key, T0), "certificate_purpose"},
	    {pki_leaf(&own, weak, issuing, issuing_key), "certificate_weak"},
	};
	struct login login = {.user = "alice", .password = PASSWORD, .key = alice_key};

	(void)state;
	X509_free(alice_ready("certificate+password"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		login.certificate = rows[i].certificate;
		require_refused(&login, rows[i].reason);
		X509_free(rows[i].certificate);
		assert_int_equal(failures("alice"), 1);
		struct db_user row;
		assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
		assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	}
	login.certificate = leaf_of(alice_key, "msSmartcardLogin", NULL, 27);
	require_accepted(&login);
	X509_free(login.certificate);
	EVP_PKEY_free(weak);
}

static void a_certificate_is_one_users(void **state)
{
	struct login login = {.user = "bob", .password = PASSWORD, .key = alice_key};

	(void)state;
	login.certificate = alice_ready("certificate+password");
	add_user("bob");
	set_class("bob", "certificate+password");
	set_password("bob");
	require_refused(&login, "other_certificate");
	X509_free(login.certificate);
	login.certificate = leaf_of(other_key, CLIENT, NULL, 9);
	login.key = other_key;
	require_refused(&login, "other_certificate"); /* it is nobody's */
	assert_int_equal(bind_key("bob", login.certificate), 201);
	require_accepted(&login);
	X509_free(login.certificate);
}

static void a_revoked_certificate_and_a_ca_without_a_list_are_refused_at_once(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *clean = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99),
		 *revoked = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 7);
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/crl.pem", world.database.directory);
	pki_write(path, NULL, (X509_CRL *[]){of_root, clean, NULL});
	reopen(true, false, false);
	require_accepted(&login);
	/* A file that is there anew is read by the daemon that serves. */
	pki_write(path, NULL, (X509_CRL *[]){of_root, revoked, NULL});
	require_refused(&login, "certificate_revoked");
	pki_write(path, NULL, (X509_CRL *[]){of_root, NULL});
	require_refused(&login, "no_valid_crl");
	pki_write(path, NULL, (X509_CRL *[]){of_root, clean, NULL});
	require_accepted(&login);
	pki_write(path, NULL, NULL); /* what cannot be read widens nothing, and takes nothing away */
	require_accepted(&login);
	world.now = T0 + 3601;
	require_refused(&login, "no_valid_crl"); /* its time is over */
	X509_CRL_free(of_root);
	X509_CRL_free(clean);
	X509_CRL_free(revoked);
	X509_free(login.certificate);
}

static void a_name_in_the_certificate_counts_where_it_is_configured_and_nothing_is_bound(void **state)
{
	X509 *upn = leaf_of(other_key, CLIENT, "otherName:msUPN;UTF8:ALICE", 30),
	     *mail = leaf_of(other_key, CLIENT, "email:alice", 31),
	     *of_bob = leaf_of(other_key, CLIENT, "otherName:msUPN;UTF8:bob,DNS:alice", 32);
	struct login login = {.user = "alice", .password = PASSWORD, .key = other_key};

	(void)state;
	set_class("alice", "certificate+password");
	set_password("alice");
	login.certificate = upn;
	require_refused(&login, "other_certificate");
	reopen(false, true, false);
	require_accepted(&login);
	login.certificate = mail;
	require_refused(&login, "other_certificate");
	login.certificate = of_bob;
	require_refused(&login, "other_certificate");
	reopen(false, false, true);
	login.certificate = mail;
	require_accepted(&login);
	login.certificate = upn;
	require_refused(&login, "other_certificate");
	/* Who has a certificate bound has that one alone. */
	reopen(false, true, true);
	require_accepted(&login);
	X509_free(alice_ready("certificate+password"));
	require_refused(&login, "other_certificate");
	X509_free(upn);
	X509_free(mail);
	X509_free(of_bob);
}

/* ---- what nobody learns ---- */

static void nobody_hears_what_somebody_hears(void **state)
{
	struct ipc_request standard = ask(IPC_CLASS_SET, world.admin);
	struct login alice = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = other_key},
		     nobody = alice;
	char heard[256];

	(void)state;
	with(&standard, IPC_TAG_NAME, "default");
	with(&standard, IPC_TAG_FACTORS, "certificate+password");
	assert_int_equal(one(&standard), 200);
	nobody.user = "nobody";
	const uint64_t computed = world.keeper.metrics.passwords;
	for (unsigned i = 0; i < 6; i++) {
		take_nonce(&alice);
		const size_t len = strlen(alice.nonce);
		take_nonce(&nobody);
		says("\"next\":[\"certificate\",\"password\"]");
		assert_int_equal(strlen(nobody.nonce), len);
		send_login(&alice);
		memcpy(heard, world.body, sizeof(heard));
		nobody.key = i % 2 ? alice_key : other_key; /* a right signature tells no more */
		send_login(&nobody);
		assert_string_equal(world.body, heard);
	}
	says("locked");
	assert_int_equal(world.keeper.metrics.passwords, computed);
	X509_free(alice.certificate);
}

static void half_a_proof_is_refused_and_costs_nothing(void **state)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	(void)state;
	X509_free(alice_ready("certificate+password"));
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_SIGNATURE, "xx");
	assert_int_equal(one(&request), 400);
	says("bad_proof");
	with(&request, IPC_TAG_CHAIN, "no certificate");
	with(&request, IPC_TAG_NONCE, "xx");
	assert_int_equal(one(&request), 400);
	assert_int_equal(failures("alice"), 0);
}

/* ---- whose they are ---- */

static void certificates_are_bound_listed_and_removed(void **state)
{
	X509 *certificate = leaf_of(alice_key, CLIENT, NULL, 7),
	     *second = leaf_of(other_key, CLIENT, NULL, 8);
	struct ipc_request list = ask(IPC_CERTIFICATE_LIST, world.admin),
			   take = ask(IPC_CERTIFICATE_REMOVE, world.admin),
			   bad = ask(IPC_CERTIFICATE_ADD, world.admin);
	char fingerprint[65], next[65];

	(void)state;
	add_user("bob");
	assert_int_equal(bind_key("Alice", certificate), 201);
	pki_fingerprint(certificate, fingerprint);
	says(fingerprint);
	says("\"user\":\"alice\",\"label\":\"card 7\"");
	require_last_audit("certificate_add", "done", "");
	assert_int_equal(bind_key("bob", certificate), 409);
	says("certificate_bound");
	assert_int_equal(bind_key("nobody", certificate), 404);
	assert_int_equal(bind_key("bob", second), 201);
	with(&bad, IPC_TAG_USER, "alice");
	with(&bad, IPC_TAG_FINGERPRINT, "none");
	assert_int_equal(one(&bad), 400);

	with_number(&list, IPC_TAG_LIMIT, 1, 4);
	assert_int_equal(one(&list), 200);
	member("next", next, sizeof(next));
	with(&list, IPC_TAG_AFTER, next);
	assert_int_equal(one(&list), 200);
	says("\"next\":null");
	with(&list, IPC_TAG_AFTER, "x");
	assert_int_equal(one(&list), 400);
	list.field[IPC_TAG_AFTER] = CS_VIEW_EMPTY;
	with(&list, IPC_TAG_USER, "ALICE");
	assert_int_equal(one(&list), 200);
	says(fingerprint);
	says("\"next\":null");

	with(&take, IPC_TAG_FINGERPRINT, fingerprint);
	assert_int_equal(one(&take), 200);
	require_last_audit("certificate_remove", "done", "");
	assert_int_equal(one(&take), 404);
	assert_int_equal(one(&list), 200);
	says("{\"certificates\":[],\"next\":null}");
	X509_free(certificate);
	X509_free(second);
}

static void an_unbound_certificate_logs_nobody_in(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};
	struct ipc_request take = ask(IPC_CERTIFICATE_REMOVE, world.admin);
	char fingerprint[65];

	(void)state;
	require_accepted(&login);
	take_nonce(&login);
	pki_fingerprint(login.certificate, fingerprint);
	with(&take, IPC_TAG_FINGERPRINT, fingerprint);
	assert_int_equal(one(&take), 200);
	send_login(&login);
	require_last_audit("login", "wrong", "other_certificate");
	X509_free(login.certificate);
}

static void no_class_wants_a_certificate_where_no_ca_is_trusted(void **state)
{
	struct ipc_request set = ask(IPC_CLASS_SET, world.admin);
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};

	(void)state;
	reopen(false, false, false);
	world.config.login_ca[0] = '\0';
	keeper_reconfigure(&world.keeper, &world.config);
	with(&set, IPC_TAG_NAME, "x");
	with(&set, IPC_TAG_FACTORS, "certificate+code");
	assert_int_equal(one(&set), 409);
	require_refused(&login, "no_login_ca");
	X509_free(login.certificate);
}

static void a_daemon_does_not_start_with_a_ca_that_is_none(void **state)
{
	static char error[CONFIG_ERROR_MAX];
	struct keeper keeper;

	(void)state;
	(void)snprintf(world.config.login_ca, PATH_MAX, "%s", world.config.tls_key);
	assert_int_equal(keeper_open(&world.config, world.keeper.clock, &keeper, error), CS_ERR_MALFORMED);
	assert_non_null(strstr(error, "not certificates of CAs in PEM"));
	(void)snprintf(world.config.login_ca, PATH_MAX, "/nowhere/ca.pem");
	assert_int_equal(keeper_open(&world.config, world.keeper.clock, &keeper, error), CS_ERR_MALFORMED);
	assert_non_null(strstr(error, "/nowhere/ca.pem: No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_PROOF(certificate_and_password_give_an_assertion_that_says_so),
	    IN_PROOF(what_is_wanted_next_is_told_step_by_step_and_costs_nothing),
	    IN_PROOF(certificate_and_code_are_two_factors),
	    IN_PROOF(keys_of_every_kind_sign_with_their_own_algorithm_alone),
	    IN_PROOF(the_connections_certificate_is_as_good_where_it_is_the_users),
	    IN_PROOF(a_nonce_is_good_for_one_login),
	    IN_PROOF(a_nonce_expires),
	    IN_PROOF(a_nonce_is_of_one_user_and_one_application),
	    IN_PROOF(wrong_signatures_spend_the_budget_that_codes_do),
	    IN_PROOF(no_password_is_tried_without_the_card),
	    IN_PROOF(a_certificate_is_good_only_for_what_it_says),
	    IN_PROOF(a_certificate_is_one_users),
	    IN_PROOF(a_revoked_certificate_and_a_ca_without_a_list_are_refused_at_once),
	    IN_PROOF(a_name_in_the_certificate_counts_where_it_is_configured_and_nothing_is_bound),
	    IN_PROOF(nobody_hears_what_somebody_hears),
	    IN_PROOF(half_a_proof_is_refused_and_costs_nothing),
	    IN_PROOF(certificates_are_bound_listed_and_removed),
	    IN_PROOF(an_unbound_certificate_logs_nobody_in),
	    IN_PROOF(no_class_wants_a_certificate_where_no_ca_is_trusted),
	    IN_PROOF(a_daemon_does_not_start_with_a_ca_that_is_none),
	};

	return cmocka_run_group_tests(tests, group_make, group_end);
}
