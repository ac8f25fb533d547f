# SPDX-License-Identifier: BSD-2-Clause
# Tests of how the module behaves in the program that loads it.

if HAVE_CMOCKA
host_tests = \
	tests/unit/pkcs11_arguments_test \
	tests/unit/pkcs11_ends_test \
	tests/unit/pkcs11_fork_file_test \
	tests/unit/pkcs11_fork_half_test \
	tests/unit/pkcs11_fork_states_test \
	tests/unit/pkcs11_fork_test \
	tests/unit/pkcs11_gate_test \
	tests/unit/pkcs11_otp_fork_test \
	tests/unit/pkcs11_owner_test \
	tests/unit/pkcs11_removal_short_test \
	tests/unit/pkcs11_removal_test \
	tests/unit/pkcs11_threads_test
check_PROGRAMS += $(host_tests)
TESTS += $(host_tests)

host_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
host_libs = $(pkcs11_card_libs) $(CMOCKA_LIBS) -lpthread

pkcs11_arguments_sources = \
	tests/unit/pkcs11_arguments.c \
	tests/unit/pkcs11_arguments.h \
	tests/unit/pkcs11_arguments_table.c \
	tests/unit/pkcs11_arguments_template.c \
	$(pkcs11_token_sources)

tests_unit_pkcs11_arguments_test_SOURCES = \
	tests/unit/pkcs11_arguments_test.c \
	tests/unit/random.h \
	$(pkcs11_arguments_sources)
nodist_tests_unit_pkcs11_arguments_test_SOURCES = tests/unit/pkcs11_names.inc
$(tests_unit_pkcs11_arguments_test_OBJECTS): tests/unit/pkcs11_names.inc
tests_unit_pkcs11_arguments_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_arguments_test_LDADD = $(host_libs)

tests_unit_pkcs11_ends_test_SOURCES = tests/unit/pkcs11_ends_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_ends_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_ends_test_LDADD = $(host_libs)

pkcs11_fork_sources = tests/lib/p11_fork.c tests/lib/p11_fork.h $(pkcs11_token_sources)

pkcs11_pause_sources = \
	tests/lib/pinpad_mock.c \
	tests/lib/pinpad_mock.h \
	tests/unit/pkcs11_pause.c \
	tests/unit/pkcs11_pause.h \
	$(pkcs11_fork_sources)

tests_unit_pkcs11_fork_file_test_SOURCES = \
	tests/unit/pkcs11_fork_file_test.c \
	tests/unit/pkcs11_token.c \
	tests/unit/pkcs11_token.h \
	$(pkcs11_pause_sources)
tests_unit_pkcs11_fork_file_test_CFLAGS = $(host_cflags) $(PCSC_CFLAGS)
tests_unit_pkcs11_fork_file_test_LDADD = $(host_libs)

tests_unit_pkcs11_fork_half_test_SOURCES = \
	tests/unit/pkcs11_fork_half_test.c \
	tests/unit/pkcs11_token.c \
	tests/unit/pkcs11_token.h \
	$(pkcs11_fork_sources)
tests_unit_pkcs11_fork_half_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_fork_half_test_LDADD = $(host_libs)

tests_unit_pkcs11_otp_fork_test_SOURCES = tests/unit/pkcs11_otp_fork_test.c $(pkcs11_otp_sources)
tests_unit_pkcs11_otp_fork_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_otp_fork_test_LDADD = $(host_libs)

tests_unit_pkcs11_fork_states_test_SOURCES = tests/unit/pkcs11_fork_states_test.c $(pkcs11_fork_sources)
tests_unit_pkcs11_fork_states_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_fork_states_test_LDADD = $(host_libs)

tests_unit_pkcs11_fork_test_SOURCES = tests/unit/pkcs11_fork_test.c $(pkcs11_pause_sources)
tests_unit_pkcs11_fork_test_CFLAGS = $(host_cflags) $(PCSC_CFLAGS)
tests_unit_pkcs11_fork_test_LDADD = $(host_libs)

tests_unit_pkcs11_gate_test_SOURCES = tests/unit/pkcs11_gate_test.c
tests_unit_pkcs11_gate_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_gate_test_LDADD = $(host_libs)

tests_unit_pkcs11_owner_test_SOURCES = tests/unit/pkcs11_owner_test.c
tests_unit_pkcs11_owner_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_owner_test_LDADD = $(host_libs)

pkcs11_removal_sources = \
	tests/unit/pkcs11_removal.h \
	tests/lib/pinpad_mock.c \
	tests/lib/pinpad_mock.h \
	tests/unit/pkcs11_removal_brought.c \
	tests/unit/pkcs11_removal_key.c \
	tests/unit/pkcs11_removal_made.c \
	tests/unit/pkcs11_removal_otp.c \
	tests/unit/pkcs11_removal_run.c \
	tests/unit/share.h \
	tests/unit/pkcs11_removal_secret.c \
	tests/unit/pkcs11_removal_session.c \
	tests/unit/pkcs11_removal_table.c \
	$(pkcs11_bare_sources)

tests_unit_pkcs11_removal_test_SOURCES = \
	tests/unit/pkcs11_arguments.h \
	tests/unit/pkcs11_arguments_table.c \
	tests/unit/pkcs11_removal_test.c \
	$(pkcs11_removal_sources)
tests_unit_pkcs11_removal_test_CFLAGS = $(host_cflags) $(PCSC_CFLAGS)
tests_unit_pkcs11_removal_test_LDADD = $(host_libs)

tests_unit_pkcs11_removal_short_test_SOURCES = tests/unit/pkcs11_removal_short_test.c $(pkcs11_removal_sources)
tests_unit_pkcs11_removal_short_test_CFLAGS = $(host_cflags) $(PCSC_CFLAGS)
tests_unit_pkcs11_removal_short_test_LDADD = $(host_libs)

tests_unit_pkcs11_threads_test_SOURCES = \
	tests/unit/pkcs11_threads_test.c \
	tests/unit/pkcs11_worker.h \
	tests/unit/pkcs11_worker_keys.c \
	$(pkcs11_token_sources)
tests_unit_pkcs11_threads_test_CFLAGS = $(host_cflags)
tests_unit_pkcs11_threads_test_LDADD = $(host_libs)
endif

# The module's threads under ThreadSanitizer.
TSAN_ROUNDS = 100
.PHONY: tsan
tsan:
	+@TSAN_ROUNDS='$(TSAN_ROUNDS)'; export TSAN_ROUNDS; $(call proof_run,tsan,tests/tsan/tsan.sh)
CLEANFILES += tsan.log tests/tsan/tsan.log tests/tsan/tsan.trs
EXTRA_DIST += tests/tsan/tsan.sh
clean-local: clean-tsan
.PHONY: clean-tsan
clean-tsan:
	-rm -rf tsan

# With real processes, pcscd, p11-kit and GnuPG.
noinst_PROGRAMS += tests/integration/p11_host
tests_integration_p11_host_SOURCES = \
	tests/integration/p11_host.c \
	tests/integration/p11_memory.c \
	tests/integration/p11_memory.h \
	tests/integration/p11_raw.c \
	tests/integration/p11_raw.h
tests_integration_p11_host_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_integration_p11_host_LDADD = $(PCSC_LIBS) -ldl -lpthread
host_integration = \
	tests/integration/module_beside.sh \
	tests/integration/module_host.sh \
	tests/integration/module_memory.sh \
	tests/integration/module_pcscd.sh \
	tests/integration/module_privileged.sh
INTEGRATION_TESTS += $(host_integration)
EXTRA_DIST += $(host_integration) tests/integration/module_talk.sh tests/lib/vpcd_hold.py
