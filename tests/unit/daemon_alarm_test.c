/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What will be over soon, is in use for long, or is missing, is told once a day.
 */
#include "tests/unit/keeper_world.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "daemon/keeper_alarm.h"
#include "daemon/keeper_call.h"

static void audited(uint64_t count, const char *reason)
{
	uint64_t last, broken;

	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, count);
	if (reason)
		require_last_audit("alarm", "done", reason);
}

static void what_will_be_over_soon_is_told_once_a_day(void **state)
{
	struct ipc_request token = ask(IPC_TOKEN_ENROL, world.admin);
	uint64_t last, broken;

	(void)state;
	world.keeper.alarm.certificate_days = 30;
	world.keeper.alarm.token_days = 7;
	with(&token, IPC_TAG_USER, "alice");
	with(&token, IPC_TAG_TYPE, "hotp");
	with_number(&token, IPC_TAG_VALID, 10 * 86400, 4);
	assert_int_equal(one(&token), 201);
	keeper_alarm_certificate(&world.keeper, world.now + 31 * 86400);
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	keeper_alarm(&world.keeper);
	audited(last, NULL);
	world.now += 2 * 86400; /* the certificate has 29 days, the token 8 */
	keeper_alarm(&world.keeper);
	audited(last + 1, "certificate_expires");
	keeper_alarm(&world.keeper);
	audited(last + 1, NULL);
	keeper_alarm_certificate(&world.keeper, world.now + 365 * 86400);
	world.now += 2 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 2, "tokens_expire");
	assert_int_equal(world.keeper.alarm.tokens_expiring, 1);
	struct ipc_request metrics = ask(IPC_METRICS, NULL);
	assert_int_equal(one(&metrics), 200);
	says("countersign_tokens_ending 1\n");
	world.now += 30 * 86400;
	keeper_alarm(&world.keeper); /* it has ended */
	audited(last + 2, NULL);
	keeper_alarm_certificate(&world.keeper, world.now);
	keeper_alarm(&world.keeper);
	audited(last + 3, "certificate_expired");
}

/* A certificate of the test's own that ends then. */
static void certificate_write(const char *path, uint64_t ends)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	FILE *file = fopen(path, "w");

	assert_true(pair && certificate && file);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)T0));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)ends));
	assert_int_equal(X509_set_pubkey(certificate, pair), 1);
	assert_true(X509_sign(certificate, pair, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(certificate);
	EVP_PKEY_free(pair);
}

static void a_ca_that_will_be_over_soon_is_told_and_another_file_ends_that(void **state)
{
	struct ipc_request metrics = ask(IPC_METRICS, NULL), ready = ask(IPC_READY, NULL);
	char path[128];
	uint64_t last, broken;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/ca.crt", world.database.directory);
	(void)snprintf(world.config.client_ca, sizeof(world.config.client_ca), "%s", path);
	certificate_write(path, T0 + 20 * 86400);
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	keeper_alarm(&world.keeper);
	audited(last + 1, "client_ca_expires");
	world.now += 7200; /* it is looked at again, and not told again */
	keeper_alarm(&world.keeper);
	audited(last + 1, NULL);
	assert_int_equal(one(&metrics), 200);
	says("countersign_end_seconds{of=\"client_ca\"} 1801728000\n");
	says("countersign_disk_free_bytes ");
	world.now += 21 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 2, "client_ca_expired");
	with(&ready, IPC_TAG_TYPE, "detail");
	assert_int_equal(one(&ready), 200); /* it serves who needs none of it */
	says("a certificate of client_ca is over");
	certificate_write(path, T0 + 400 * 86400);
	world.now += 86400;
	keeper_alarm(&world.keeper);
	audited(last + 2, NULL);
	keeper_alarm_certificate(&world.keeper, world.now);
	assert_int_equal(one(&ready), 503);
	says("the TLS certificate is over");
	assert_int_equal(unlink(path), 0);
}

/* A list that ends so many days after it was issued, at T0. */
static void list_write(const char *path, unsigned days)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)T0);
	FILE *file = fopen(path, "w");

	assert_true(pair && list && at && file);
	assert_int_equal(X509_CRL_set_version(list, 1), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(list, at), 1);
	assert_non_null(ASN1_TIME_set(at, (time_t)T0 + (time_t)days * 86400));
	assert_int_equal(X509_CRL_set1_nextUpdate(list, at), 1);
	assert_true(X509_CRL_sign(list, pair, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509_CRL(file, list), 1);
	assert_int_equal(fclose(file), 0);
	ASN1_TIME_free(at);
	X509_CRL_free(list);
	EVP_PKEY_free(pair);
}

static void what_users_certificates_hang_on_is_told_before_it_is_over(void **state)
{
	struct ipc_request metrics = ask(IPC_METRICS, NULL), ready = ask(IPC_READY, NULL);
	char ca[128], crl[128];
	uint64_t last, broken;

	(void)state;
	(void)snprintf(ca, sizeof(ca), "%s/login.crt", world.database.directory);
	(void)snprintf(crl, sizeof(crl), "%s/login.crl", world.database.directory);
	certificate_write(ca, T0 + 60 * 86400);
	list_write(crl, 8);
	(void)snprintf(world.config.login_ca, sizeof(world.config.login_ca), "%s", ca);
	(void)snprintf(world.config.login_crl, sizeof(world.config.login_crl), "%s", crl);
	world.config.alarm_key_days = 0;
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	keeper_alarm(&world.keeper);
	audited(last, NULL);
	world.now = T0 + 6 * 86400; /* a quarter of its time is left */
	keeper_alarm(&world.keeper);
	audited(last + 1, "login_crl_expires");
	world.now = T0 + 8 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 2, "login_crl_expired");
	with(&ready, IPC_TAG_TYPE, "detail");
	assert_int_equal(one(&ready), 200);
	says("a list of login_crl is over");
	list_write(crl, 400);
	world.now = T0 + 31 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 3, "login_ca_expires");
	assert_int_equal(one(&metrics), 200);
	says("countersign_end_seconds{of=\"login_ca\"} 1805184000\n");
	says("countersign_end_seconds{of=\"login_crl\"} 1834560000\n");
	world.now = T0 + 60 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 4, "login_ca_expired");
	assert_int_equal(unlink(ca), 0);
	assert_int_equal(unlink(crl), 0);
}

static void a_certificate_of_card_ca_that_will_be_over_is_told(void **state)
{
	struct ipc_request metrics = ask(IPC_METRICS, NULL);
	char ca[128];
	uint64_t last, broken;

	(void)state;
	(void)snprintf(ca, sizeof(ca), "%s/cards.crt", world.database.directory);
	certificate_write(ca, T0 + 60 * 86400);
	(void)snprintf(world.config.card_ca, sizeof(world.config.card_ca), "%s", ca);
	world.config.alarm_key_days = 0;
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	keeper_alarm(&world.keeper);
	audited(last, NULL);
	world.now = T0 + 31 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 1, "card_ca_expires");
	assert_int_equal(one(&metrics), 200);
	says("countersign_end_seconds{of=\"card_ca\"} 1805184000\n");
	world.now = T0 + 60 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 2, "card_ca_expired");
	assert_int_equal(unlink(ca), 0);
}

static void a_key_that_is_in_use_for_long_is_told(void **state)
{
	struct ipc_request jwks = ask(IPC_JWKS, NULL);
	uint64_t last, broken;

	(void)state;
	world.config.alarm_key_days = 100;
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(one(&jwks), 200); /* makes a signing key */
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	world.now = T0 + 99 * 86400;
	world.keeper.alarm.sealing_key[0] = '\0'; /* its file is as old as the test, not as its clock */
	keeper_alarm(&world.keeper);
	audited(last, NULL);
	world.now = T0 + 100 * 86400;
	keeper_alarm(&world.keeper);
	audited(last + 1, "signing_key_old");
	/* The sealing key's file, which is as old. */
	const struct timespec times[2] = {{.tv_sec = T0}, {.tv_sec = T0}};
	assert_int_equal(utimensat(AT_FDCWD, world.config.sealing_key, times, 0), 0);
	keeper_reconfigure(&world.keeper, &world.config);
	world.now += 3600;
	keeper_alarm(&world.keeper);
	audited(last + 2, "data_key_old");
}

static void a_disk_with_little_room_is_told(void **state)
{
	uint64_t last, broken;

	(void)state;
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	world.keeper.disk_free = UINT64_MAX;
	keeper_alarm(&world.keeper);
	audited(last + 1, "disk_low");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(what_will_be_over_soon_is_told_once_a_day),
	    IN_WORLD(a_ca_that_will_be_over_soon_is_told_and_another_file_ends_that),
	    IN_WORLD(what_users_certificates_hang_on_is_told_before_it_is_over),
	    IN_WORLD(a_certificate_of_card_ca_that_will_be_over_is_told),
	    IN_WORLD(a_key_that_is_in_use_for_long_is_told),
	    IN_SQLITE(a_disk_with_little_room_is_told),
	};

	return cmocka_run_group_tests_name("daemon_alarm", tests, NULL, database_server_end);
}
