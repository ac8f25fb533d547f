# SPDX-License-Identifier: BSD-2-Clause
# daemon/: countersignd. The front process has its own list in front.mk; everything else is here.

DAEMON_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(ARGON2_CFLAGS) $(P11KIT_CFLAGS) $(SQLITE_CFLAGS) $(POSTGRESQL_CFLAGS) $(SECCOMP_CFLAGS) \
	-DCOUNTERSIGN_STATEDIR='"$(localstatedir)/lib/countersign"' \
	-DCOUNTERSIGN_SYSCONFDIR='"$(sysconfdir)/countersign"'

# What front and keeper share, and the unit tests of both use.
noinst_LTLIBRARIES += daemon/libdaemon.la
daemon_libdaemon_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_libdaemon_la_SOURCES = \
	daemon/client_address.c daemon/client_address.h \
	daemon/config.c daemon/config.h \
	daemon/config_change.c daemon/config_key.h \
	daemon/daemon.h \
	daemon/ipc.c daemon/ipc.h \
	daemon/journal.c daemon/journal.h \
	daemon/json_out.c daemon/json_out.h \
	daemon/link.c \
	daemon/log.c daemon/log.h \
	daemon/settings.c daemon/settings.h \
	daemon/privilege.c \
	daemon/role.c daemon/role.h

# The keeper process, and what makes its files.
noinst_LTLIBRARIES += daemon/libkeeper.la
daemon_libkeeper_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_libkeeper_la_SOURCES = \
	daemon/algorithm.c daemon/algorithm.h \
	daemon/audit.c daemon/audit.h \
	daemon/audit_class.c daemon/audit_class.h \
	daemon/audit_key.c daemon/audit_key.h \
	daemon/auth_token.c daemon/auth_token.h \
	daemon/base64url.c daemon/base64url.h \
	daemon/break_glass.c daemon/break_glass.h \
	daemon/break_glass_file.c daemon/break_glass_file.h \
	daemon/budget.c daemon/budget.h \
	daemon/certificate.c daemon/certificate.h \
	daemon/checkpoint.c daemon/checkpoint.h \
	daemon/chores.c daemon/chores.h \
	daemon/clock.h \
	daemon/credential.c daemon/credential.h \
	daemon/data_key.c daemon/data_key.h \
	daemon/db.c daemon/db.h \
	daemon/db_approval.c \
	daemon/db_export.c \
	daemon/db_audit.c \
	daemon/db_budget.c \
	daemon/db_alias.c \
	daemon/db_binding.c \
	daemon/db_crl.c \
	daemon/db_challenge.c \
	daemon/db_checkpoint.c daemon/db_checkpoint.h \
	daemon/db_data_key.c daemon/db_data_key.h \
	daemon/db_import.c \
	daemon/db_outbox.c daemon/db_outbox.h \
	daemon/db_login.c \
	daemon/db_holder.c daemon/db_holder.h \
	daemon/db_kept.c \
	daemon/db_report.c \
	daemon/db_retention.c \
	daemon/db_schema.c \
	daemon/db_schema_alias.c \
	daemon/db_schema_audit.c \
	daemon/db_schema_search.c \
	daemon/db_search.c \
	daemon/db_search.h daemon/db_sql.h daemon/db_statement_search.h \
	daemon/db_schema_crl.c \
	daemon/db_schema_spent.c \
	daemon/db_statement.h \
	daemon/db_statement.c \
	daemon/db_token.c \
	daemon/db_user.c \
	daemon/decide.c daemon/decide.h \
	daemon/file.c daemon/file.h \
	daemon/hash_pool.c daemon/hash_pool.h \
	daemon/hmac.c daemon/hmac.h \
	daemon/hsm.c daemon/hsm.h \
	daemon/init.c daemon/init.h \
	daemon/jwt.c daemon/jwt.h \
	daemon/keeper.c daemon/keeper.h \
	daemon/keeper_batch.c \
	daemon/keeper_admin.c \
	daemon/keeper_alarm.c daemon/keeper_alarm.h \
	daemon/keeper_approval.c daemon/keeper_approval.h \
	daemon/keeper_attempt.c daemon/keeper_attempt.h \
	daemon/keeper_break_glass.c \
	daemon/keeper_alias.c \
	daemon/keeper_binding.c \
	daemon/keeper_call.c daemon/keeper_call.h \
	daemon/keeper_auth.c \
	daemon/keeper_caller.c \
	daemon/keeper_certificate.c \
	daemon/keeper_challenge.c \
	daemon/keeper_check.c daemon/keeper_check.h \
	daemon/keeper_emergency.c daemon/keeper_emergency.h \
	daemon/keeper_enrol.c \
	daemon/keeper_life.c \
	daemon/keeper_user.c \
	daemon/keeper_replace.c \
	daemon/keeper_export.c \
	daemon/keeper_idempotency.c daemon/keeper_idempotency.h \
	daemon/keeper_purge.c daemon/keeper_purge.h \
	daemon/keeper_hook.c daemon/keeper_hook.h \
	daemon/keeper_import.c \
	daemon/keeper_login.c daemon/keeper_login.h \
	daemon/keeper_policy.c \
	daemon/keeper_proof.c daemon/keeper_proof.h \
	daemon/keeper_sealed.c daemon/keeper_sealed.h \
	daemon/keeper_seed.c \
	daemon/keeper_key.c \
	daemon/keeper_rekey.c \
	daemon/keeper_signing.c \
	daemon/keeper_staff.c \
	daemon/keeper_start.c \
	daemon/keeper_stock.c \
	daemon/keeper_list.c daemon/keeper_search.c daemon/keeper_list.h \
	daemon/keeper_lock.c \
	daemon/keeper_loop.c \
	daemon/keeper_metrics.c \
	daemon/keeper_otp.c \
	daemon/keeper_recover.c \
	daemon/keeper_refused.c daemon/keeper_refused.h \
	daemon/keeper_outbox.c \
	daemon/keeper_ready.c \
	daemon/keeper_sandbox.c daemon/keeper_sandbox.h \
	daemon/keeper_unlock.c \
	daemon/keeper_wait.c \
	daemon/login_signature.c \
	daemon/login_list.c daemon/login_list.h \
	daemon/login_trust.c daemon/login_trust.h \
	daemon/name.c daemon/name.h \
	daemon/password.c daemon/password.h \
	daemon/pem_end.c daemon/pem_end.h \
	daemon/keeper_report.c \
	daemon/report.c daemon/report.h \
	daemon/report_write.c \
	daemon/rekey.c daemon/rekey.h \
	daemon/rewrap.c daemon/rewrap.h \
	daemon/retention.c daemon/retention.h \
	daemon/scope.c daemon/scope.h \
	daemon/seal.c daemon/seal.h \
	daemon/seal_key.c daemon/seal_key.h \
	daemon/sql.c daemon/sql.h daemon/sql_backend.h \
	daemon/sql_postgresql.c \
	daemon/sql_postgresql_link.c \
	daemon/sql_postgresql_link.h \
	daemon/sql_sqlite.c \
	daemon/vault.c daemon/vault.h \
	daemon/vault_warden.c daemon/vault_warden.h \
	daemon/verify.c daemon/verify.h \
	daemon/verify_ocra.c \
	daemon/verify_printed.c \
	daemon/verify_sent.c
KEEPER_LIBS = daemon/libkeeper.la daemon/libdaemon.la base/libhost.la base/libbase.la $(CRYPTO_LIBS) $(ARGON2_LIBS) $(P11KIT_LIBS) $(SQLITE_LIBS) $(POSTGRESQL_LIBS) $(SECCOMP_LIBS)

include daemon/front.mk
include daemon/audit.mk
include daemon/seal.mk
include daemon/service.mk
include daemon/courier.mk

sbin_PROGRAMS += daemon/countersignd
daemon_countersignd_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_countersignd_SOURCES = \
	daemon/main.c \
	daemon/settings_load.c \
	daemon/supervisor.c daemon/supervisor.h \
	daemon/supervisor_reload.c daemon/supervisor_state.h
daemon_countersignd_LDADD = $(COURIER_LIBS) $(KEEPER_LIBS) $(FRONT_LIBS)

if HAVE_CMOCKA
keeper_tests = \
	tests/unit/daemon_address_test \
	tests/unit/daemon_alias_test \
	tests/unit/daemon_attempt_test \
	tests/unit/daemon_auth_test \
	tests/unit/daemon_break_glass_test \
	tests/unit/daemon_budget_test \
	tests/unit/daemon_config_test \
	tests/unit/daemon_decide_test \
	tests/unit/daemon_emergency_test \
	tests/unit/daemon_hmac_test \
	tests/unit/daemon_idempotency_test tests/unit/daemon_purge_test \
	tests/unit/daemon_import_test \
	tests/unit/daemon_ipc_test \
	tests/unit/daemon_keeper_test tests/unit/daemon_keeper_power_test \
	tests/unit/daemon_kinds_test \
	tests/unit/daemon_login_test \
	tests/unit/daemon_password_test \
	tests/unit/daemon_migrate_test \
	tests/unit/daemon_postgresql_test \
	tests/unit/daemon_power_test \
	tests/unit/daemon_policy_test \
	tests/unit/daemon_proof_test \
	tests/unit/daemon_trust_test \
	tests/unit/daemon_race_test \
	tests/unit/daemon_role_test \
	tests/unit/daemon_sealed_test \
	tests/unit/daemon_refused_test \
	tests/unit/daemon_rekey_test \
	tests/unit/daemon_seal_fails_test \
	tests/unit/daemon_alarm_test \
	tests/unit/daemon_scope_test \
	tests/unit/daemon_plan_test \
	tests/unit/daemon_search_test \
	tests/unit/daemon_seed_test \
	tests/unit/daemon_life_test \
	tests/unit/daemon_sealing_test \
	tests/unit/daemon_start_test \
	tests/unit/daemon_store_test \
	tests/unit/daemon_verify_test \
	tests/unit/daemon_wait_test
check_PROGRAMS += $(keeper_tests)
TESTS += $(keeper_tests)

tests_unit_daemon_auth_test_SOURCES = tests/unit/daemon_auth_test.c $(keeper_world)
tests_unit_daemon_auth_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_auth_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_auth_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_plan_test_SOURCES = tests/unit/daemon_plan_test.c $(keeper_world)
tests_unit_daemon_plan_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_plan_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_plan_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_search_test_SOURCES = tests/unit/daemon_search_test.c $(keeper_world)
tests_unit_daemon_search_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_search_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_search_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_alias_test_SOURCES = tests/unit/daemon_alias_test.c $(keeper_world)
tests_unit_daemon_alias_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_alias_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_alias_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_break_glass_test_SOURCES = tests/unit/daemon_break_glass_test.c $(keeper_world)
tests_unit_daemon_break_glass_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_break_glass_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_break_glass_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_emergency_test_SOURCES = tests/unit/daemon_emergency_test.c $(keeper_world)
tests_unit_daemon_emergency_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_emergency_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_emergency_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_start_test_SOURCES = tests/unit/daemon_start_test.c $(keeper_world)
tests_unit_daemon_start_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_start_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_start_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_budget_test_SOURCES = tests/unit/daemon_budget_test.c
tests_unit_daemon_budget_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_budget_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_budget_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_config_test_SOURCES = tests/unit/daemon_config_test.c
tests_unit_daemon_config_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_config_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_config_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_decide_test_SOURCES = tests/unit/daemon_decide_test.c tests/unit/base_hmac.h
tests_unit_daemon_decide_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_decide_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_decide_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_hmac_test_SOURCES = tests/unit/daemon_hmac_test.c
tests_unit_daemon_hmac_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_hmac_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_hmac_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_import_test_SOURCES = tests/unit/daemon_import_test.c tests/unit/import_rows.c tests/unit/import_rows.h $(keeper_world)
tests_unit_daemon_import_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_import_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_import_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_purge_test_SOURCES = tests/unit/daemon_purge_test.c $(keeper_world)
tests_unit_daemon_purge_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_purge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_purge_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_race_test_SOURCES = tests/unit/daemon_race_test.c tests/unit/import_rows.c tests/unit/import_rows.h $(proof_world)
tests_unit_daemon_race_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_race_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_race_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_idempotency_test_SOURCES = tests/unit/daemon_idempotency_test.c $(keeper_world)
tests_unit_daemon_idempotency_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_idempotency_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_idempotency_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS) -lpthread

tests_unit_daemon_ipc_test_SOURCES = tests/unit/daemon_ipc_test.c tests/unit/random.h
tests_unit_daemon_ipc_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_ipc_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_ipc_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

keeper_world = tests/unit/base_hmac.h tests/unit/database.c tests/unit/database.h \
	tests/unit/keeper_world.c tests/unit/keeper_world.h
tests_unit_daemon_keeper_test_SOURCES = tests/unit/daemon_keeper_test.c $(keeper_world)
tests_unit_daemon_keeper_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_keeper_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_keeper_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_attempt_test_SOURCES = tests/unit/daemon_attempt_test.c $(keeper_world)
tests_unit_daemon_attempt_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_attempt_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_attempt_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_address_test_SOURCES = tests/unit/daemon_address_test.c $(keeper_world)
tests_unit_daemon_address_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_address_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_address_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_kinds_test_SOURCES = tests/unit/daemon_kinds_test.c $(keeper_world)
tests_unit_daemon_kinds_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_kinds_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_kinds_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_login_test_SOURCES = tests/unit/daemon_login_test.c $(keeper_world)
tests_unit_daemon_login_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_login_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_login_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=seal_draw
tests_unit_daemon_login_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

proof_world = tests/unit/pki.c tests/unit/pki.h tests/unit/keeper_proof_world.c tests/unit/keeper_proof_world.h $(keeper_world)
tests_unit_daemon_proof_test_SOURCES = tests/unit/daemon_proof_test.c $(proof_world)
tests_unit_daemon_proof_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_proof_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_proof_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_sealed_test_SOURCES = tests/unit/daemon_sealed_test.c tests/unit/sealed_card.c tests/unit/sealed_card.h tests/unit/pki.c tests/unit/pki.h $(keeper_world)
tests_unit_daemon_sealed_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_sealed_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_sealed_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_trust_test_SOURCES = tests/unit/daemon_trust_test.c $(proof_world)
tests_unit_daemon_trust_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_trust_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_trust_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_policy_test_SOURCES = tests/unit/daemon_policy_test.c $(keeper_world)
tests_unit_daemon_policy_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_policy_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_policy_test_LDADD = $(FRONT_LIBS) $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_role_test_SOURCES = tests/unit/daemon_role_test.c $(keeper_world)
tests_unit_daemon_role_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_role_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_role_test_LDADD = $(FRONT_LIBS) $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_scope_test_SOURCES = tests/unit/daemon_scope_test.c $(keeper_world)
tests_unit_daemon_scope_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_scope_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_scope_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_rekey_test_SOURCES = tests/unit/daemon_rekey_test.c tests/unit/random.h $(keeper_world)
tests_unit_daemon_rekey_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_rekey_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_rekey_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_alarm_test_SOURCES = tests/unit/daemon_alarm_test.c $(keeper_world)
tests_unit_daemon_alarm_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_alarm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_alarm_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_seal_fails_test_SOURCES = tests/unit/daemon_seal_fails_test.c $(keeper_world)
tests_unit_daemon_seal_fails_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_seal_fails_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_seal_fails_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=EVP_CIPHER_CTX_new \
	-Wl,--wrap=EVP_CipherInit_ex2 -Wl,--wrap=EVP_CipherUpdate -Wl,--wrap=EVP_CIPHER_CTX_ctrl \
	-Wl,--wrap=EVP_CipherFinal_ex
tests_unit_daemon_seal_fails_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_life_test_SOURCES = tests/unit/daemon_life_test.c $(keeper_world)
tests_unit_daemon_life_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_life_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_life_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_seed_test_SOURCES = tests/unit/daemon_seed_test.c $(keeper_world)
tests_unit_daemon_seed_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_seed_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_seed_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_wait_test_SOURCES = tests/unit/daemon_wait_test.c $(keeper_world)
tests_unit_daemon_wait_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_wait_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_wait_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=setpriority
tests_unit_daemon_wait_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_refused_test_SOURCES = tests/unit/daemon_refused_test.c $(keeper_world)
tests_unit_daemon_refused_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_refused_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_refused_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_password_test_SOURCES = tests/unit/daemon_password_test.c
tests_unit_daemon_password_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_password_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_password_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_migrate_test_SOURCES = tests/unit/daemon_migrate_test.c tests/unit/database.c tests/unit/database.h
tests_unit_daemon_migrate_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_migrate_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_migrate_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_postgresql_test_SOURCES = tests/unit/daemon_postgresql_test.c tests/unit/database.c tests/unit/database.h
tests_unit_daemon_postgresql_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_postgresql_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_postgresql_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_power_test_SOURCES = tests/unit/daemon_power_test.c tests/unit/power_vfs.c tests/unit/power_vfs.h \
	tests/unit/database.c tests/unit/database.h tests/unit/random.h
tests_unit_daemon_power_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_power_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_power_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_keeper_power_test_SOURCES = tests/unit/daemon_keeper_power_test.c tests/unit/keeper_power.c \
	tests/unit/keeper_power.h tests/unit/power_vfs.c tests/unit/power_vfs.h tests/unit/random.h $(keeper_world)
tests_unit_daemon_keeper_power_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_keeper_power_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_keeper_power_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_sealing_test_SOURCES = tests/unit/daemon_sealing_test.c $(keeper_world)
tests_unit_daemon_sealing_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_sealing_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_sealing_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_store_test_SOURCES = tests/unit/daemon_store_test.c tests/unit/database.c tests/unit/database.h
tests_unit_daemon_store_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_store_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_store_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_verify_test_SOURCES = tests/unit/daemon_verify_test.c tests/unit/base_hmac.h tests/unit/random.h
tests_unit_daemon_verify_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_verify_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_verify_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
endif

INTEGRATION_TESTS += tests/integration/break_glass.sh tests/integration/soak.sh
EXTRA_DIST += tests/integration/break_glass.sh tests/integration/soak.sh tests/lib/soak.py
INTEGRATION_TESTS += tests/integration/daemon_kill.sh tests/integration/daemon_postgresql.sh tests/integration/daemon_kinds.sh
INTEGRATION_TESTS += tests/integration/daemon_kinds_postgresql.sh
EXTRA_DIST += tests/integration/daemon_kinds.sh tests/integration/daemon_kinds_postgresql.sh
EXTRA_DIST += tests/integration/daemon_kill.sh tests/integration/daemon_postgresql.sh tests/lib/postgresql.sh tests/lib/pair.sh
check_PROGRAMS += tests/integration/daemon_kill
tests_integration_daemon_kill_SOURCES = tests/integration/daemon_kill.c
tests_integration_daemon_kill_CPPFLAGS = $(DAEMON_CPPFLAGS) $(CURL_CFLAGS)
tests_integration_daemon_kill_LDADD = $(KEEPER_LIBS) $(CURL_LIBS)

# What integration tests do in short, at length: 200 kills on each database; files of 100,000 tokens; 1,000 rounds of 64 identical codes.
.PHONY: imports kills races soak
kills: all tests/integration/daemon_kill$(EXEEXT)
	COUNTERSIGN_TEST_KILLS=200 top_srcdir=$(top_srcdir) top_builddir=$(top_builddir) \
		bash $(top_srcdir)/tests/integration/daemon_kill.sh
imports: all
	IMPORTS_TOKENS=$${IMPORTS_TOKENS:-100000} top_srcdir=$(top_srcdir) top_builddir=$(top_builddir) \
		bash $(top_srcdir)/tests/integration/imports.sh
# Half an hour, or SOAK_SECONDS, of all that the machine can do.
soak: all
	SOAK_SECONDS=$${SOAK_SECONDS:-1800} SOAK_RATE=0 top_srcdir=$(top_srcdir) top_builddir=$(top_builddir) \
		bash $(top_srcdir)/tests/integration/soak.sh
races: all tests/integration/daemon_kill$(EXEEXT) tests/integration/http_load$(EXEEXT)
	COUNTERSIGN_TEST_ROUNDS=1000 top_srcdir=$(top_srcdir) top_builddir=$(top_builddir) \
		bash $(top_srcdir)/tests/integration/daemon_postgresql.sh

dist_man_MANS += docs/man/countersignd.8 docs/man/countersignd.conf.5
