# SPDX-License-Identifier: BSD-2-Clause
# The card core: dispatch, PINs, the PIV and Countersign applications. No OS, no malloc, no crypto library.

noinst_LTLIBRARIES += applet/libapplet.la
applet_libapplet_la_LIBADD = applet/libstore.la base/libbase.la
applet_libapplet_la_SOURCES = \
	applet/app.h \
	applet/block_mode.c applet/block_mode.h \
	applet/card.c applet/card.h applet/card_private.h \
	applet/card_apps.c applet/card_apps.h \
	applet/channel.c applet/channel.h \
	applet/crypto.h \
	applet/device.c applet/device.h \
	applet/dispatch.c applet/dispatch.h \
	applet/pin.c applet/pin.h \
	applet/pin_commands.c applet/pin_commands.h \
	applet/pin_make.c applet/pin_make.h \
	applet/pin_migrate.c applet/pin_migrate.h \
	applet/pin_officer.c applet/pin_officer.h \
	applet/pin_rules.c applet/pin_rules.h \
	applet/pin_session.c applet/pin_session.h \
	applet/piv.c applet/piv.h \
	applet/piv_algorithm.c applet/piv_algorithm.h \
	applet/piv_attestation.c applet/piv_attestation.h \
	applet/piv_authenticate.c \
	applet/piv_certificate.c applet/piv_certificate.h \
	applet/piv_commands.h \
	applet/piv_generate.c \
	applet/piv_key.c applet/piv_key.h \
	applet/piv_make.c \
	applet/piv_management.c applet/piv_management.h \
	applet/piv_metadata.c \
	applet/piv_object.c applet/piv_object.h \
	applet/piv_sign.c applet/piv_sign.h \
	applet/piv_sm.c applet/piv_sm.h \
	applet/piv_sm_make.c \
	applet/platform.h \
	applet/records.h \
	applet/scp03.c applet/scp03.h \
	applet/sm.c applet/sm.h \
	applet/secret.c applet/secret.h \
	applet/transfer.c applet/transfer.h \
	applet/touch.c applet/touch.h \
	applet/x509.c applet/x509.h

if HAVE_CMOCKA
applet_tests = \
	tests/unit/applet_algorithm_test \
	tests/unit/applet_attestation_test \
	tests/unit/applet_block_mode_test \
	tests/unit/applet_channel_test \
	tests/unit/applet_counter_file_test \
	tests/unit/applet_csgn_test \
	tests/unit/applet_dispatch_test \
	tests/unit/applet_full_test \
	tests/unit/applet_key_input_test \
	tests/unit/applet_pin_fault_test \
	tests/unit/applet_pin_test \
	tests/unit/applet_secret_test \
	tests/unit/applet_piv_key_test \
	tests/unit/applet_piv_sm_edge_test \
	tests/unit/applet_piv_sm_test \
	tests/unit/applet_piv_test \
	tests/unit/applet_failing_port_test \
	tests/unit/applet_owner_test \
	tests/unit/applet_power_test \
	tests/unit/applet_record_test \
	tests/unit/applet_scp03_edge_test \
	tests/unit/applet_scp03_test \
	tests/unit/applet_touch_test
check_PROGRAMS += $(applet_tests)
TESTS += $(applet_tests)

# What nearly every test of the core shares is compiled once.
check_LTLIBRARIES += tests/unit/libfixture.la
tests_unit_libfixture_la_SOURCES = tests/unit/card_fixture.c tests/unit/card_fixture.h tests/unit/card_verify.c tests/unit/card_verify.h
tests_unit_libfixture_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
applet_test_fixture = tests/unit/card_fixture.h tests/unit/card_verify.h
applet_test_fault = tests/unit/crypto_fault.c tests/unit/crypto_fault.h
applet_test_admin = tests/unit/scp03_admin.c tests/unit/scp03_admin.h $(applet_test_fixture)
applet_test_host = tests/unit/piv_sm_host.c tests/unit/piv_sm_host.h $(applet_test_fixture)
applet_test_libs = tests/unit/libfixture.la applet/libapplet.la applet/port/libport.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_applet_algorithm_test_SOURCES = tests/unit/applet_algorithm_test.c tests/unit/algorithm_check.c \
	tests/unit/algorithm_check.h $(applet_test_fixture)
tests_unit_applet_algorithm_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_algorithm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_algorithm_test_LDADD = $(applet_test_libs)

tests_unit_applet_attestation_test_SOURCES = tests/unit/applet_attestation_test.c tests/unit/algorithm_check.c \
	tests/unit/algorithm_check.h tests/unit/issuer.c tests/unit/issuer.h $(applet_test_fixture)
tests_unit_applet_attestation_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_attestation_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_attestation_test_LDADD = $(applet_test_libs)

tests_unit_applet_block_mode_test_SOURCES = tests/unit/applet_block_mode_test.c tests/unit/crypto_fixture.h
tests_unit_applet_block_mode_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_block_mode_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_block_mode_test_LDADD = $(applet_test_libs) base/libbase.la

tests_unit_applet_channel_test_SOURCES = tests/unit/applet_channel_test.c $(applet_test_fixture)
tests_unit_applet_channel_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_channel_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_channel_test_LDADD = $(applet_test_libs)

tests_unit_applet_counter_file_test_SOURCES = tests/unit/applet_counter_file_test.c $(applet_test_fixture)
tests_unit_applet_counter_file_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_counter_file_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_counter_file_test_LDADD = $(applet_test_libs)

tests_unit_applet_csgn_test_SOURCES = tests/unit/applet_csgn_test.c $(applet_test_fixture)
tests_unit_applet_csgn_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_csgn_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_csgn_test_LDADD = $(applet_test_libs)

tests_unit_applet_dispatch_test_SOURCES = tests/unit/applet_dispatch_test.c $(applet_test_fixture)
tests_unit_applet_dispatch_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_dispatch_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_dispatch_test_LDADD = $(applet_test_libs)

tests_unit_applet_full_test_SOURCES = tests/unit/applet_full_test.c $(applet_test_fixture)
tests_unit_applet_full_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_full_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_full_test_LDADD = $(applet_test_libs)

tests_unit_applet_pin_fault_test_SOURCES = tests/unit/applet_pin_fault_test.c $(applet_test_fault) $(applet_test_fixture)
tests_unit_applet_pin_fault_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_pin_fault_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_pin_fault_test_LDADD = $(applet_test_libs)

tests_unit_applet_pin_test_SOURCES = tests/unit/applet_pin_test.c $(applet_test_fixture)
tests_unit_applet_pin_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_pin_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_pin_test_LDADD = $(applet_test_libs)

tests_unit_applet_secret_test_SOURCES = tests/unit/applet_secret_test.c $(applet_test_fixture)
tests_unit_applet_secret_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_secret_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_secret_test_LDADD = $(applet_test_libs)

tests_unit_applet_piv_key_test_SOURCES = tests/unit/applet_piv_key_test.c $(applet_test_fixture)
tests_unit_applet_piv_key_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_piv_key_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_piv_key_test_LDADD = $(applet_test_libs)

tests_unit_applet_piv_test_SOURCES = tests/unit/applet_piv_test.c $(applet_test_fixture)
tests_unit_applet_piv_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_piv_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_piv_test_LDADD = $(applet_test_libs)

tests_unit_applet_scp03_test_SOURCES = tests/unit/applet_scp03_test.c tests/unit/scp03_recordings.h $(applet_test_admin)
tests_unit_applet_scp03_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_scp03_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_scp03_test_LDADD = $(applet_test_libs) cardclient/libcardclient.la

tests_unit_applet_owner_test_SOURCES = tests/unit/applet_owner_test.c $(applet_test_admin)
tests_unit_applet_owner_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_owner_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_owner_test_LDADD = $(applet_test_libs) cardclient/libcardclient.la

tests_unit_applet_key_input_test_SOURCES = tests/unit/applet_key_input_test.c $(applet_test_fault) $(applet_test_fixture)
tests_unit_applet_key_input_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_key_input_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_key_input_test_LDADD = $(applet_test_libs)

tests_unit_applet_record_test_SOURCES = tests/unit/applet_record_test.c $(applet_test_fault) $(applet_test_fixture)
tests_unit_applet_record_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_record_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_record_test_LDADD = $(applet_test_libs)

tests_unit_applet_scp03_edge_test_SOURCES = tests/unit/applet_scp03_edge_test.c $(applet_test_fault) $(applet_test_admin)
tests_unit_applet_scp03_edge_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_scp03_edge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_scp03_edge_test_LDADD = $(applet_test_libs) cardclient/libcardclient.la

tests_unit_applet_piv_sm_edge_test_SOURCES = tests/unit/applet_piv_sm_edge_test.c $(applet_test_fault) $(applet_test_host)
tests_unit_applet_piv_sm_edge_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_piv_sm_edge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_piv_sm_edge_test_LDADD = $(applet_test_libs)

tests_unit_applet_piv_sm_test_SOURCES = tests/unit/applet_piv_sm_test.c $(applet_test_host)
tests_unit_applet_piv_sm_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_piv_sm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_piv_sm_test_LDADD = $(applet_test_libs)

tests_unit_applet_failing_port_test_SOURCES = \
	tests/unit/applet_failing_port_test.c \
	tests/unit/power.h \
	tests/unit/power_csgn.c \
	tests/unit/power_look.c \
	tests/unit/power_oath.c \
	tests/unit/power_pin.c \
	tests/unit/power_piv.c \
	tests/unit/power_scp03.c \
	$(applet_test_fixture)
tests_unit_applet_failing_port_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_failing_port_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_failing_port_test_LDADD = $(applet_test_libs)

tests_unit_applet_power_test_SOURCES = \
	tests/unit/applet_power_test.c \
	tests/unit/power.h \
	tests/unit/power_csgn.c \
	tests/unit/power_look.c \
	tests/unit/power_oath.c \
	tests/unit/power_pin.c \
	tests/unit/power_piv.c \
	tests/unit/power_scp03.c \
	tests/unit/random.h \
	tests/unit/share.h \
	$(applet_test_fixture)
tests_unit_applet_power_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_power_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_power_test_LDADD = $(applet_test_libs)

tests_unit_applet_touch_test_SOURCES = tests/unit/applet_touch_test.c $(applet_test_fixture)
tests_unit_applet_touch_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_touch_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_touch_test_LDADD = $(applet_test_libs)
endif
