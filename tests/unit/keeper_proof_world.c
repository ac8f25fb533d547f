/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logins with certificates, as keeper_proof_world.h has them.
 */
#include "tests/unit/keeper_proof_world.h"

#include "base/login_text.h"

EVP_PKEY *root_key, *issuing_key, *alice_key, *other_key, *rsa_key;
X509 *root, *issuing;

/* ---- the world ---- */

int proof_group_make(void **state)
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

int proof_group_end(void **state)
{
	EVP_PKEY *keys[] = {root_key, issuing_key, alice_key, other_key, rsa_key};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		EVP_PKEY_free(keys[i]);
	X509_free(root);
	X509_free(issuing);
	return database_server_end(state);
}

/* Another configuration, as a daemon that starts has it. */
void reopen(bool crl, bool upn, bool email)
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

int proof_make(void **state)
{
	char path[128];

	if (world_make(state))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ca.pem", world.database.directory);
	pki_write(path, (X509 *[]){root, NULL}, NULL);
	reopen(false, false, false);
	return 0;
}

int proof_end(void **state)
{
	static const char *const names[] = {"ca.pem", "crl.pem"};
	char path[128];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.database.directory, names[i]);
		(void)unlink(path);
	}
	return world_end(state);
}

void set_class(const char *user, const char *factors)
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

void set_password(const char *user)
{
	struct ipc_request request = ask(IPC_USER_PASSWORD, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_PASSWORD, PASSWORD);
	with(&request, IPC_TAG_CHANGE, "never");
	assert_int_equal(one(&request), 200);
}

X509 *leaf_of(EVP_PKEY *key, const char *usage, const char *alternative, long serial)
{
	const struct pki_leaf leaf = {.name = "Alice",
				      .usage = usage,
				      .alternative = alternative,
				      .from = T0 - 3600,
				      .until = T0 + 86400,
				      .serial = serial};
	return pki_leaf(&leaf, key, issuing, issuing_key);
}

uint16_t bind_key(const char *user, const X509 *certificate)
{
	struct ipc_request request = ask(IPC_CERTIFICATE_ADD, world.admin);
	char fingerprint[65];

	pki_fingerprint(certificate, fingerprint);
	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_FINGERPRINT, fingerprint);
	with(&request, IPC_TAG_LABEL, "card 7");
	return one(&request);
}

void add_user(const char *user)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin);

	with(&request, IPC_TAG_USER, user);
	assert_int_equal(one(&request), 201);
}

/* Alice logs in with her certificate and her password. */
X509 *alice_ready(const char *factors)
{
	X509 *certificate = leaf_of(alice_key, CLIENT, NULL, 7);

	set_class("alice", factors);
	set_password("alice");
	assert_int_equal(bind_key("alice", certificate), 201);
	return certificate;
}

struct login login_of_alice(const char *factors)
{
	return (struct login){
	    .user = "alice", .password = PASSWORD, .certificate = alice_ready(factors), .key = alice_key};
}

/* Asks what is wanted, and keeps the nonce. */
void take_nonce(struct login *login)
{
	struct ipc_request request =
	    ask(IPC_LOGIN, login->application ? login->application : world.application);

	with(&request, IPC_TAG_USER, login->user);
	assert_int_equal(one(&request), 200);
	says("\"accepted\":false,\"next\":[\"certificate\",");
	member("nonce", login->nonce, sizeof(login->nonce));
}

struct ipc_request login_request(const struct login *login)
{
	struct ipc_request request =
	    ask(IPC_LOGIN, login->application ? login->application : world.application);
	static uint8_t chain[4096], signature[512];
	uint8_t text[CS_LOGIN_TEXT_MAX];
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
	pki_der(&c, login->ca ? login->ca : issuing);
	assert_int_equal(cs_login_text_write(&what, &t), CS_OK);
	pki_sign(login->key, algorithm, cs_writer_view(&t), &s);
	signature[cs_writer_view(&s).len - 1] ^= login->spoil;
	request.field[IPC_TAG_CHAIN] = cs_writer_view(&c);
	request.field[IPC_TAG_SIGNATURE] = cs_writer_view(&s);
	with(&request, IPC_TAG_NONCE, login->nonce);
	with(&request, IPC_TAG_ALGORITHM, algorithm);
	return request;
}

void send_login(const struct login *login)
{
	struct ipc_request request = login_request(login);

	assert_int_equal(one(&request), 200);
}

void require_accepted(struct login *login)
{
	take_nonce(login);
	send_login(login);
	says("\"accepted\":true");
}

/* Wrong for everyone who hears it, and why for the audit log. */
void require_refused(struct login *login, const char *reason)
{
	take_nonce(login);
	send_login(login);
	assert_string_equal(world.body, "{\"accepted\":false,\"reason\":\"wrong\"}");
	require_last_audit("login", "wrong", reason);
}

uint64_t failures(const char *user)
{
	struct db_user row;

	assert_int_equal(db_user_find(world.keeper.db, user, &row), CS_OK);
	return row.budget.failures;
}
