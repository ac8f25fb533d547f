/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates as a factor of logins: what makes them good, and whose they are.
 */
#include "daemon/keeper_alarm.h"
#include "tests/unit/keeper_proof_world.h"

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

/* It verifies what anybody has signed, whoever has certified it; so do some of Ed448, of which none is taken.
 */
static void a_key_for_which_anybody_signs_proves_nothing_wherever_in_the_chain_it_is(void **state)
{
	const struct {
		EVP_PKEY *key;
		const char *algorithm;
	} rows[] = {{pki_key_of_nobody(), "EdDSA"},
		    {pki_key_rsa("RSA", 1), "RS256"},
		    {pki_key_rsa("RSA", 1), "PS256"},
		    {pki_key("ED448"), "EdDSA"}};
	const struct pki_leaf leaf = {"Alice", CLIENT, NULL, NULL, T0 - 1, T0 + 7200, 50};

	(void)state;
	X509_free(alice_ready("certificate+password"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct login login = {.user = "alice",
				      .password = PASSWORD,
				      .key = rows[i].key,
				      .algorithm = rows[i].algorithm};
		struct db_user row;

		login.certificate = leaf_of(rows[i].key, CLIENT, NULL, 51 + (long)i);
		assert_int_equal(bind_key("alice", login.certificate), 201);
		require_refused(&login, "certificate_weak");
		X509_free(login.certificate);
		/* The same for what such a CA is said to have issued. */
		login.ca = pki_ca("Nobody's", rows[i].key, root, root_key, T0);
		login.certificate = pki_leaf(&leaf, alice_key, login.ca, rows[i].key);
		login.key = alice_key;
		login.algorithm = NULL;
		require_refused(&login, "certificate_weak");
		X509_free(login.certificate);
		X509_free(login.ca);
		EVP_PKEY_free(rows[i].key);
		assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
		assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	}
}

/* A CA may be for servers alone; what it issues to clients is nothing then, whatever that says. */
static void what_a_ca_is_for_holds_for_what_it_issues(void **state)
{
	static const struct {
		const char *ca, *usage, *reason; /* NULL: it is good */
	} rows[] = {
	    {"serverAuth", CLIENT, "certificate_purpose"},
	    {"emailProtection,OCSPSigning", CLIENT, "certificate_purpose"},
	    {"critical,serverAuth", "msSmartcardLogin", "certificate_purpose"},
	    {"msSmartcardLogin", CLIENT, "certificate_purpose"},
	    {"msSmartcardLogin", "clientAuth,msSmartcardLogin", NULL},
	    {"serverAuth,clientAuth", CLIENT, NULL},
	    {"anyExtendedKeyUsage", CLIENT, NULL},
	    {NULL, "msSmartcardLogin", NULL},
	};
	struct login login = {.user = "alice", .password = PASSWORD, .key = alice_key};
	struct pki_leaf leaf = {.name = "Alice", .from = T0 - 1, .until = T0 + 7200};

	(void)state;
	X509_free(alice_ready("certificate+password"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		login.ca = pki_ca_for("Purpose", rows[i].ca, issuing_key, root, root_key, T0);
		leaf.usage = rows[i].usage;
		leaf.serial = (long)i + 40;
		login.certificate = pki_leaf(&leaf, alice_key, login.ca, issuing_key);
		if (rows[i].reason)
			require_refused(&login, rows[i].reason);
		else
			require_accepted(&login);
		X509_free(login.certificate);
		X509_free(login.ca);
	}
}

static void write_lists(X509_CRL *const lists[])
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/crl.pem", world.database.directory);
	pki_write(path, NULL, lists);
}

static void a_list_that_does_not_say_until_when_it_counts_is_none(void **state)
{
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *endless = pki_crl(issuing, issuing_key, T0 - 60, 0, 99),
		 *clean = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99);

	(void)state;
	write_lists((X509_CRL *[]){of_root, endless, NULL});
	reopen(true, false, false);
	require_refused(&login, "no_valid_crl");
	write_lists((X509_CRL *[]){of_root, endless, clean, NULL});
	require_accepted(&login);
	X509_CRL_free(of_root);
	X509_CRL_free(endless);
	X509_CRL_free(clean);
	X509_free(login.certificate);
}

/* What the daemon tells while it sees to this login. */
static void require_told(struct login *login, const char *reason, const char *told)
{
	FILE *log = tmpfile();
	const int before = dup(STDERR_FILENO);
	char text[8192];

	assert_true(log && before >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
	if (reason)
		require_refused(login, reason);
	else
		require_accepted(login);
	assert_true(dup2(before, STDERR_FILENO) >= 0 && close(before) == 0);
	rewind(log);
	text[fread(text, 1, sizeof(text) - 1, log)] = '\0';
	assert_int_equal(fclose(log), 0);
	if (told)
		assert_non_null(strstr(text, told));
	else
		assert_string_equal(text, "");
}

/* RFC 5280, 5.2.3: 0 and what has 20 octets at most. Numbers are kept as those are: of 20 octets. */
static void a_number_that_no_list_may_have_makes_it_none(void **state)
{
	static const char unfit[] =
	    "the list of /CN=Issuing has a number that is negative, or longer than 20 octets "
	    "(RFC 5280, 5.2.3): it counts as none";
	static const struct {
		const char *number, *reason, *told; /* NULL: it is good, and nothing is told */
	} rows[] = {
	    {"0", NULL, NULL},
	    {"-1", "no_valid_crl", unfit},
	    {"-7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "no_valid_crl", unfit},
	    {"10000000000000000000000000000000000000000", "no_valid_crl", unfit},
	    {"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "no_valid_crl", unfit},
	    {"1", NULL, NULL}, /* none of them was kept */
	    {"7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", NULL, NULL},
	    {"7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE", "no_valid_crl",
	     "0x7fffffffffffffffffffffffffffffffffffffff: "},
	};
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *list = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99);
	struct db_user row;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pki_crl_extend(list, issuing_key, NID_crl_number, rows[i].number);
		write_lists((X509_CRL *[]){of_root, list, NULL});
		if (i == 0)
			reopen(true, false, false);
		require_told(&login, rows[i].reason, rows[i].told);
		assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
		assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	}
	X509_CRL_free(of_root);
	X509_CRL_free(list);
	X509_free(login.certificate);
}

/* It has only what was revoked since the full list that it names (RFC 5280, 5.2.4), and is issued later than
 * that one. */
static void a_delta_list_is_no_full_list(void **state)
{
	static const char unfit[] =
	    "the list of /CN=Issuing is a delta list (RFC 5280, 5.2.4), which has only "
	    "what changed since a full one: it counts as none";
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *full = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 7),
		 *clean = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 0),
		 *delta = pki_crl(issuing, issuing_key, T0 - 30, T0 + 3600, 99);

	(void)state;
	pki_crl_number(full, issuing_key, 5);
	pki_crl_number(clean, issuing_key, 5);
	pki_crl_extend(delta, issuing_key, NID_delta_crl, "5");
	pki_crl_number(delta, issuing_key, 6);
	write_lists((X509_CRL *[]){of_root, clean, NULL});
	reopen(true, false, false);
	require_accepted(&login);
	write_lists((X509_CRL *[]){of_root, delta, NULL});
	require_told(&login, "no_valid_crl", unfit);
	write_lists((X509_CRL *[]){of_root, full, delta, NULL});
	require_told(&login, "certificate_revoked", unfit);
	/* Nor has its number counted. */
	write_lists((X509_CRL *[]){of_root, delta, clean, NULL});
	require_told(&login, NULL, unfit);
	X509_CRL_free(of_root);
	X509_CRL_free(full);
	X509_CRL_free(clean);
	X509_CRL_free(delta);
	X509_free(login.certificate);
}

static void a_list_that_is_older_by_its_number_counts_as_none(void **state)
{
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *unnumbered = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99),
		 *clean = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99),
		 *revoked = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 7);
	const struct {
		X509_CRL *list;
		long number; /* 0: as it is */
		EVP_PKEY *key;
		const char *reason; /* NULL: it is good */
	} steps[] = {
	    {unnumbered, 0, NULL, NULL},
	    {revoked, 200, issuing_key, "certificate_revoked"},
	    {clean, 199, issuing_key, "no_valid_crl"},
	    {unnumbered, 0, NULL, "no_valid_crl"},
	    {NULL, 0, NULL, "no_valid_crl"}, /* what there was is not forgotten then */
	    {clean, 199, issuing_key, "no_valid_crl"},
	    {clean, 1000, other_key, "no_valid_crl"}, /* who is not the CA raises no number */
	    {clean, 200, issuing_key, NULL},
	    {clean, 256, issuing_key, NULL},
	    {clean, 255, issuing_key, "no_valid_crl"},
	};
	struct db_user row;

	(void)state;
	pki_crl_number(of_root, root_key, 1); /* each CA counts for itself */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].number)
			pki_crl_number(steps[i].list, steps[i].key, steps[i].number);
		write_lists((X509_CRL *[]){of_root, steps[i].list, NULL});
		if (i == 0)
			reopen(true, false, false);
		if (steps[i].reason)
			require_refused(&login, steps[i].reason);
		else
			require_accepted(&login);
		assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
		assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	}
	X509_CRL_free(of_root);
	X509_CRL_free(unnumbered);
	X509_CRL_free(clean);
	X509_CRL_free(revoked);
	X509_free(login.certificate);
}

/* The CA's lists, one after the other; anew: of a daemon that has just started. */
struct list_step {
	long number;
	const char *reason; /* NULL: it is good */
};

static void require_lists(struct login *login, bool anew, const struct list_step *steps, size_t count)
{
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *list = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99);
	struct db_user row;

	for (size_t i = 0; i < count; i++) {
		pki_crl_number(list, issuing_key, steps[i].number);
		write_lists((X509_CRL *[]){of_root, list, NULL});
		if (anew && i == 0)
			reopen(true, false, false);
		if (steps[i].reason)
			require_refused(login, steps[i].reason);
		else
			require_accepted(login);
		assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
		assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	}
	X509_CRL_free(of_root);
	X509_CRL_free(list);
}

static void an_older_list_counts_as_none_after_a_restart_too(void **state)
{
	static const struct list_step before[] = {{5, NULL}},
				      after[] = {{4, "no_valid_crl"}, {5, NULL}, {6, NULL}},
				      later[] = {{5, "no_valid_crl"}, {6, NULL}};
	struct login login = login_of_alice("certificate+password");

	(void)state;
	require_lists(&login, true, before, 1);
	require_lists(&login, true, after, 3);
	require_lists(&login, true, later, 2);
	X509_free(login.certificate);
}

/* Who writes the file and sends a chain of his own: libcrypto looks at lists before it looks whether the root
 * has signed the CA that they are of. */
static void a_ca_that_calls_itself_another_raises_no_number_of_it(void **state)
{
	static const struct list_step fine[] = {{7, NULL}}, still[] = {{8, NULL}};
	const struct pki_leaf leaf = {"Alice", CLIENT, NULL, NULL, T0 - 1, T0 + 7200, 60};
	struct login login = login_of_alice("certificate+password"), forged = login;
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0), *list;
	struct db_user row;
	int64_t kept;

	(void)state;
	require_lists(&login, true, fine, 1);
	forged.ca = pki_ca("Issuing", other_key, root, other_key, T0);
	forged.certificate = pki_leaf(&leaf, alice_key, forged.ca, other_key);
	list = pki_crl(forged.ca, other_key, T0 - 60, T0 + 3600, 99);
	pki_crl_number(list, other_key, 1000);
	write_lists((X509_CRL *[]){of_root, list, NULL});
	require_refused(&forged, "certificate_untrusted");
	assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
	assert_int_equal(db_user_cleared(world.keeper.db, row.id), CS_OK);
	require_lists(&login, false, still, 1);
	/* Nor does it take the room that there is for others. */
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
	assert_int_equal(db_crl_forget(world.keeper.db, "/CN=Issuing", &kept), CS_OK);
	db_rollback(world.keeper.db);
	assert_int_equal(kept, 1);
	X509_CRL_free(of_root);
	X509_CRL_free(list);
	X509_free(forged.ca);
	X509_free(forged.certificate);
	X509_free(login.certificate);
}

static void what_one_daemon_counted_holds_for_another_one_beside_it(void **state)
{
	static const struct list_step five[] = {{5, NULL}}, six[] = {{6, NULL}},
				      back[] = {{5, "no_valid_crl"}};
	struct login login = login_of_alice("certificate+password");
	struct keeper first, other;

	(void)state;
	require_lists(&login, true, five, 1);
	world_open_beside(&other);
	first = world.keeper;
	world.keeper = other;
	require_lists(&login, false, six, 1);
	other = world.keeper;
	world.keeper = first;
	require_lists(&login, false, back, 1);
	keeper_close(&other);
	X509_free(login.certificate);
}

static void an_older_list_is_told_of_once_a_day(void **state)
{
	static const struct list_step fine[] = {{5, NULL}}, back[] = {{4, "no_valid_crl"}};
	struct login login = login_of_alice("certificate+password");
	struct audit_entry last;

	(void)state;
	require_lists(&login, true, fine, 1);
	keeper_alarm(&world.keeper);
	take_last_audit(&last);
	assert_string_not_equal(last.reason, "login_crl_older");
	require_lists(&login, false, back, 1);
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_older");
	take_last_audit(&last);
	assert_string_equal(last.detail, "an older list: /CN=Issuing");
	require_lists(&login, false, back, 1);
	keeper_alarm(&world.keeper);
	require_last_audit("login", "wrong", "no_valid_crl");
	world.now += 86401;
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_older");
	X509_free(login.certificate);
}

/* A list that is there no more is told of no more, whether or not another one is there. */
static void an_older_list_that_is_gone_raises_no_alarm(void **state)
{
	static const struct list_step lists[] = {{5, NULL}, {4, "no_valid_crl"}};
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0);
	struct audit_entry last;

	(void)state;
	require_lists(&login, true, lists, 2);
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_older");
	write_lists((X509_CRL *[]){of_root, NULL});
	require_refused(&login, "no_valid_crl");
	world.now += 86401;
	keeper_alarm(&world.keeper);
	take_last_audit(&last);
	assert_string_not_equal(last.reason, "login_crl_older");
	X509_CRL_free(of_root);
	X509_free(login.certificate);
}

static void older_lists_of_two_cas_are_both_told_of(void **state)
{
	const struct pki_leaf leaf = {"Alice", CLIENT, NULL, NULL, T0 - 1, T0 + 7200, 61};
	X509_CRL *lists[] = {pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
			     pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99), NULL};
	struct login login = login_of_alice("certificate+password"), of_root = login;
	struct audit_entry before, last;

	(void)state;
	of_root.certificate = pki_leaf(&leaf, alice_key, root, root_key);
	for (long number = 5; number >= 4; number--) {
		pki_crl_number(lists[0], root_key, number);
		pki_crl_number(lists[1], issuing_key, number);
		write_lists(lists);
		if (number == 5) {
			reopen(true, false, false);
			require_accepted(&login);
			keeper_alarm(&world.keeper);
		}
	}
	require_refused(&login, "no_valid_crl");
	require_refused(&of_root, "no_valid_crl");
	take_last_audit(&before);
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_older");
	take_last_audit(&last);
	assert_int_equal(last.sequence, before.sequence + 2);
	X509_CRL_free(lists[0]);
	X509_CRL_free(lists[1]);
	X509_free(of_root.certificate);
	X509_free(login.certificate);
}

static void an_alarm_that_is_not_stored_is_tried_again_after_a_pause(void **state)
{
	static const struct list_step lists[] = {{5, NULL}, {4, "no_valid_crl"}};
	struct login login = login_of_alice("certificate+password");

	(void)state;
	require_lists(&login, true, lists, 2);
	assert_true(database_execute(
	    &world.database,
	    "CREATE TRIGGER refused BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'no'); END",
	    "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
	    "CREATE TRIGGER refused BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refused()"));
	keeper_alarm(&world.keeper);
	assert_true(database_execute(&world.database, "DROP TRIGGER refused",
				     "DROP TRIGGER refused ON audit; DROP FUNCTION refused"));
	world.now += 10;
	keeper_alarm(&world.keeper);
	require_last_audit("login", "wrong", "no_valid_crl");
	world.now += 290;
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_older");
	X509_free(login.certificate);
}

static void a_ca_numbers_its_lists_anew_when_an_operator_says_so(void **state)
{
	static const struct list_step lists[] = {{0x7ffffffe, NULL}, {4, "no_valid_crl"}},
				      anew[] = {{4, NULL}, {3, "no_valid_crl"}, {5, NULL}};
	struct login login = login_of_alice("certificate+password");
	static char error[CONFIG_ERROR_MAX];

	(void)state;
	require_lists(&login, true, lists, 2);
	assert_false(database_execute(&world.database, "UPDATE crl SET number = zeroblob(20)",
				      "UPDATE crl SET number = decode(repeat('00', 20), 'hex')"));
	assert_int_equal(init_crl_anew(&world.config, "/CN=Root", error), CS_ERR_NOT_FOUND);
	assert_string_equal(error, "no list of `/CN=Root` has counted; those that have are of: /CN=Issuing");
	require_lists(&login, false, lists + 1, 1);
	assert_int_equal(init_crl_anew(&world.config, "/CN=Issuing", error), CS_OK);
	require_last_audit("crl_anew", "done", "");
	assert_int_equal(init_crl_anew(&world.config, "/CN=Issuing", error), CS_ERR_NOT_FOUND);
	assert_string_equal(error, "no list has counted, of `/CN=Issuing` or of another CA");
	require_lists(&login, false, anew, 3);
	X509_free(login.certificate);
}

static void there_is_room_for_the_numbers_of_so_many_cas_and_no_more(void **state)
{
	static const struct list_step none[] = {{5, "no_valid_crl"}}, fine[] = {{5, NULL}},
				      more[] = {{6, NULL}, {5, "no_valid_crl"}};
	struct login login = login_of_alice("certificate+password");

	(void)state;
	assert_true(database_execute(
	    &world.database,
	    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 256)"
	    " INSERT INTO crl (scope, issuer, number) SELECT randomblob(32), n, zeroblob(20) FROM c",
	    "INSERT INTO crl (scope, issuer, number) SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), n,"
	    " decode(repeat('00', 20), 'hex') FROM generate_series(1, 256) AS n"));
	require_lists(&login, true, none, 1);
	keeper_alarm(&world.keeper);
	require_last_audit("alarm", "done", "login_crl_no_room");
	assert_true(database_execute(&world.database, "DELETE FROM crl WHERE issuer = '7'",
				     "DELETE FROM crl WHERE issuer = '7'"));
	require_lists(&login, false, fine, 1);
	require_lists(&login, false, more, 2);
	X509_free(login.certificate);
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
	struct login login = login_of_alice("certificate+password");
	X509_CRL *of_root = pki_crl(root, root_key, T0 - 60, T0 + 3600, 0),
		 *clean = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 99),
		 *revoked = pki_crl(issuing, issuing_key, T0 - 60, T0 + 3600, 7);

	(void)state;
	write_lists((X509_CRL *[]){of_root, clean, NULL});
	reopen(true, false, false);
	require_accepted(&login);
	/* A file that is there anew is read by the daemon that serves. */
	write_lists((X509_CRL *[]){of_root, revoked, NULL});
	require_refused(&login, "certificate_revoked");
	write_lists((X509_CRL *[]){of_root, NULL});
	require_refused(&login, "no_valid_crl");
	write_lists((X509_CRL *[]){of_root, clean, NULL});
	require_accepted(&login);
	write_lists(NULL); /* what cannot be read widens nothing, and takes nothing away */
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

static uint16_t unbind(const X509 *certificate)
{
	struct ipc_request take = ask(IPC_CERTIFICATE_REMOVE, world.admin);
	char fingerprint[65];

	pki_fingerprint(certificate, fingerprint);
	with(&take, IPC_TAG_FINGERPRINT, fingerprint);
	return one(&take);
}

static uint16_t set_certificates(const char *user, const char *what)
{
	struct ipc_request set = ask(IPC_USER_CERTIFICATES, world.admin);

	with(&set, IPC_TAG_USER, user);
	with(&set, IPC_TAG_CERTIFICATES, what);
	return one(&set);
}

static void names_count_no_more_once_a_certificate_was_bound_until_an_administrator_says_so(void **state)
{
	X509 *bound = alice_ready("certificate+password"), *second = leaf_of(root_key, CLIENT, NULL, 8);
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = leaf_of(other_key, CLIENT, "otherName:msUPN;UTF8:alice", 30),
			      .key = other_key};
	struct ipc_request list = ask(IPC_USER_LIST, world.admin);

	(void)state;
	reopen(false, true, false);
	assert_int_equal(bind_key("alice", second), 201);
	assert_int_equal(unbind(second), 200);
	require_refused(&login, "other_certificate");
	assert_int_equal(unbind(bound), 200); /* the last one */
	require_refused(&login, "other_certificate");
	reopen(false, true, false);
	require_refused(&login, "other_certificate");
	assert_int_equal(one(&list), 200);
	says("\"certificates\":\"bound\"");

	assert_int_equal(bind_key("alice", bound), 201);
	assert_int_equal(set_certificates("alice", "named"), 409);
	says("still_bound");
	assert_int_equal(unbind(bound), 200);
	assert_int_equal(set_certificates("ALICE", "named"), 200);
	require_last_audit("user_certificates", "done", "");
	assert_int_equal(one(&list), 200);
	says("\"certificates\":\"named\"");
	require_accepted(&login);
	/* Nor need one be bound for names to count no more. */
	assert_int_equal(set_certificates("alice", "bound"), 200);
	require_refused(&login, "other_certificate");
	assert_int_equal(set_certificates("nobody", "bound"), 404);
	assert_int_equal(set_certificates("alice", "any"), 400);
	says("bad_certificates");
	X509_free(bound);
	X509_free(second);
	X509_free(login.certificate);
}

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
	struct login login = login_of_alice("certificate+password");

	(void)state;
	require_accepted(&login);
	take_nonce(&login);
	assert_int_equal(unbind(login.certificate), 200);
	send_login(&login);
	require_last_audit("login", "wrong", "other_certificate");
	X509_free(login.certificate);
}

static void no_class_wants_a_certificate_where_no_ca_is_trusted(void **state)
{
	struct ipc_request set = ask(IPC_CLASS_SET, world.admin);
	struct login login = login_of_alice("certificate+password");

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
	    IN_PROOF(a_certificate_is_good_only_for_what_it_says),
	    IN_PROOF(a_key_for_which_anybody_signs_proves_nothing_wherever_in_the_chain_it_is),
	    IN_PROOF(what_a_ca_is_for_holds_for_what_it_issues),
	    IN_PROOF(a_list_that_does_not_say_until_when_it_counts_is_none),
	    IN_PROOF(a_number_that_no_list_may_have_makes_it_none),
	    IN_PROOF(a_delta_list_is_no_full_list),
	    IN_PROOF(a_list_that_is_older_by_its_number_counts_as_none),
	    IN_PROOF(an_older_list_counts_as_none_after_a_restart_too),
	    IN_PROOF(a_ca_that_calls_itself_another_raises_no_number_of_it),
	    IN_PROOF(what_one_daemon_counted_holds_for_another_one_beside_it),
	    IN_PROOF(an_older_list_is_told_of_once_a_day),
	    IN_PROOF(an_older_list_that_is_gone_raises_no_alarm),
	    IN_PROOF(older_lists_of_two_cas_are_both_told_of),
	    IN_PROOF(an_alarm_that_is_not_stored_is_tried_again_after_a_pause),
	    IN_PROOF(a_ca_numbers_its_lists_anew_when_an_operator_says_so),
	    IN_PROOF(there_is_room_for_the_numbers_of_so_many_cas_and_no_more),
	    IN_PROOF(a_certificate_is_one_users),
	    IN_PROOF(a_revoked_certificate_and_a_ca_without_a_list_are_refused_at_once),
	    IN_PROOF(a_name_in_the_certificate_counts_where_it_is_configured_and_nothing_is_bound),
	    IN_PROOF(names_count_no_more_once_a_certificate_was_bound_until_an_administrator_says_so),
	    IN_PROOF(certificates_are_bound_listed_and_removed),
	    IN_PROOF(an_unbound_certificate_logs_nobody_in),
	    IN_PROOF(no_class_wants_a_certificate_where_no_ca_is_trusted),
	    IN_PROOF(a_daemon_does_not_start_with_a_ca_that_is_none),
	};

	return cmocka_run_group_tests(tests, proof_group_make, proof_group_end);
}
