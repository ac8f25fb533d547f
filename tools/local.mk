# SPDX-License-Identifier: BSD-2-Clause
# tools/: the countersign command.

# Token files of others, taken apart: a library, as unit tests and fuzzers take it, too.
noinst_LTLIBRARIES += tools/libimport.la
IMPORT_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(XML_CFLAGS) $(SECCOMP_CFLAGS)
IMPORT_LIBS = tools/libimport.la base/libbase.la $(CRYPTO_LIBS) $(JANSSON_LIBS) $(XML_LIBS) $(SECCOMP_LIBS)
tools_libimport_la_CPPFLAGS = $(IMPORT_CPPFLAGS)
tools_libimport_la_SOURCES = \
	tools/export.c tools/export.h \
	tools/export_linotp.c \
	tools/export_migration.c \
	tools/export_privacyidea.c \
	tools/export_pskc.c \
	tools/import.c tools/import.h \
	tools/import_csv.c \
	tools/import_linotp.c \
	tools/import_migration.c \
	tools/import_oath_csv.c \
	tools/import_otpauth.c \
	tools/import_privacyidea.c \
	tools/import_pskc.c \
	tools/import_pskc_crypto.c tools/import_pskc_crypto.h \
	tools/import_pskc_key.c \
	tools/import_pskc_xml.c tools/import_pskc_xml.h \
	tools/import_sql.c tools/import_sql.h \
	tools/import_sandbox.c tools/import_sandbox.h \
	tools/import_table.c tools/import_table.h \
	tools/otpauth.c tools/otpauth.h

bin_PROGRAMS += tools/countersign
dist_man_MANS += docs/man/countersign.1
tools_countersign_SOURCES = \
	tools/audit.c tools/audit.h \
	tools/audit_chain.c tools/audit_chain.h \
	tools/audit_checkpoint.c tools/audit_checkpoint.h \
	tools/audit_file.c \
	tools/audit_postgresql.c tools/audit_postgresql.h \
	tools/audit_row.c tools/audit_row.h \
	tools/audit_source.c tools/audit_source.h \
	tools/backup_postgresql.c tools/backup_postgresql.h \
	tools/backup_script.c tools/backup_script.h \
	tools/card.c \
	tools/card_init.c tools/card_init.h \
	tools/card_inventory.c tools/card_inventory.h \
	tools/card_key.c tools/card_key.h \
	tools/card_life.c \
	tools/card_sm2.c tools/card_sm2.h \
	tools/card_x509.c \
	tools/cert.c \
	tools/cli.h \
	tools/cli_options.c \
	tools/cli_output.c \
	tools/confirm.c tools/confirm.h \
	tools/key.c \
	tools/key_attest.c tools/key_attest.h \
	tools/key_file.c tools/key_file.h \
	tools/key_import.c tools/key_import.h \
	tools/key_options.h \
	tools/login.c tools/login.h \
	tools/main.c \
	tools/names.c tools/names.h \
	tools/open_card.c tools/open_card.h \
	tools/otp.c tools/otp.h \
	tools/otp_access.c \
	tools/otp_add.c \
	tools/otp_code.c \
	tools/otp_open.c \
	tools/otp_sealed.c \
	tools/pem.c tools/pem.h \
	tools/pg_place.c tools/pg_place.h \
	tools/pin.c \
	tools/program.c tools/program.h \
	tools/progress.c tools/progress.h \
	tools/prompt.c tools/prompt.h \
	tools/scp.c tools/scp.h \
	tools/secret.c \
	tools/secrets.c tools/secrets.h \
	tools/server_alias.c \
	tools/server_backup.c \
	tools/server_certificate.c \
	tools/server_credential.c \
	tools/server_http.c tools/server_http.h \
	tools/server_enrol.c tools/server_enrol.h \
	tools/server_enrolment.c \
	tools/server_export.c \
	tools/server_import.c \
	tools/server_issue.c \
	tools/server_key.c \
	tools/server_report.c \
	tools/server_break_glass.c tools/server_lock.c \
	tools/server_login.c \
	tools/server_stock.c \
	tools/server_life.c \
	tools/server_token.c \
	tools/server_outbox.c \
	tools/server_staff.c \
	tools/server_user.c \
	tools/slot_option.h \
	tools/touch.c tools/touch.h \
	tools/transport_key.c tools/transport_key.h \
	tools/verbs.h \
	tools/whole_file.c tools/whole_file.h
tools_countersign_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(SQLITE_CFLAGS) $(POSTGRESQL_CFLAGS)
tools_countersign_LDADD = $(IMPORT_LIBS) cardclient/libcardclient.la base/libbase.la $(CRYPTO_LIBS) $(JANSSON_LIBS) \
	$(CURL_LIBS) $(SQLITE_LIBS) $(POSTGRESQL_LIBS) -lpthread
INTEGRATION_TESTS += tests/integration/cli_server.sh tests/integration/cli_server_postgresql.sh tests/integration/import.sh tests/integration/import_postgresql.sh
INTEGRATION_TESTS += tests/integration/imports.sh tests/integration/backup_postgresql.sh
EXTRA_DIST += tests/integration/imports.sh tests/integration/backup_postgresql.sh tests/lib/import.sh
EXTRA_DIST += tests/integration/cli_server.sh tests/integration/cli_server_postgresql.sh tests/integration/import.sh tests/integration/import_postgresql.sh
INTEGRATION_TESTS += tests/integration/cli_card.sh
EXTRA_DIST += tests/integration/cli_card.sh
INTEGRATION_TESTS += tests/integration/touch.sh tests/integration/card_login.sh tests/integration/card_login_postgresql.sh \
	tests/integration/card_sealed.sh tests/integration/card_sealed_postgresql.sh
EXTRA_DIST += tests/integration/touch.sh tests/integration/card_login.sh tests/integration/card_login_postgresql.sh \
	tests/integration/card_sealed.sh tests/integration/card_sealed_postgresql.sh tests/lib/lossy.py

if HAVE_CMOCKA
import_tests = \
	tests/unit/tools_backup_script_test \
	tests/unit/tools_export_test \
	tests/unit/tools_import_test \
	tests/unit/tools_linotp_test \
	tests/unit/tools_privacyidea_test \
	tests/unit/tools_pskc_test \
	tests/unit/tools_sandbox_test \
	tests/unit/tools_server_http_test
check_PROGRAMS += $(import_tests)
TESTS += $(import_tests)

tests_unit_tools_export_test_SOURCES = tests/unit/tools_export_test.c tests/unit/import_world.c tests/unit/import_world.h
tests_unit_tools_export_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_export_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_export_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_tools_privacyidea_test_SOURCES = tests/unit/tools_privacyidea_test.c tests/unit/import_world.c tests/unit/import_world.h
tests_unit_tools_privacyidea_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_privacyidea_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_privacyidea_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_tools_import_test_SOURCES = tests/unit/tools_import_test.c tests/unit/import_world.c tests/unit/import_world.h
tests_unit_tools_import_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_import_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_import_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_tools_linotp_test_SOURCES = tests/unit/tools_linotp_test.c tests/unit/import_world.c tests/unit/import_world.h
tests_unit_tools_linotp_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_linotp_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_linotp_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_tools_pskc_test_SOURCES = tests/unit/tools_pskc_test.c tests/unit/import_world.c tests/unit/import_world.h
tests_unit_tools_pskc_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_pskc_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_pskc_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_tools_sandbox_test_SOURCES = tests/unit/tools_sandbox_test.c
tests_unit_tools_sandbox_test_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_unit_tools_sandbox_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_sandbox_test_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

# libpq is the test's own.
tests_unit_tools_backup_script_test_SOURCES = tests/unit/tools_backup_script_test.c tools/backup_script.c
tests_unit_tools_backup_script_test_CPPFLAGS = $(AM_CPPFLAGS) $(POSTGRESQL_CFLAGS)
tests_unit_tools_backup_script_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_backup_script_test_LDADD = $(CMOCKA_LIBS)

# libcurl and the tool are the test's own.
tests_unit_tools_server_http_test_SOURCES = tests/unit/tools_server_http_test.c tools/server_http.c
tests_unit_tools_server_http_test_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS)
tests_unit_tools_server_http_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_server_http_test_LDADD = base/libbase.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
endif

# What verifies an audit log, for its tests.
audit_sources = tools/audit_chain.c tools/audit_chain.h tools/audit_row.c tools/audit_row.h
AUDIT_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS)
AUDIT_LIBS = base/libbase.la $(CRYPTO_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS)
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/tools_audit_test
TESTS += tests/unit/tools_audit_test
tests_unit_tools_audit_test_SOURCES = tests/unit/tools_audit_test.c $(audit_sources)
tests_unit_tools_audit_test_CPPFLAGS = $(AUDIT_CPPFLAGS)
tests_unit_tools_audit_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_tools_audit_test_LDADD = $(AUDIT_LIBS) $(CMOCKA_LIBS)
endif
