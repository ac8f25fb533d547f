# SPDX-License-Identifier: BSD-2-Clause
# The oracle: a model of the card, written from the standards apart from applet/, and searches that hold the two side by side.
# make check runs it shortened; make oracle goes as deep as its plan says (about half an hour), and prints how far that was.

check_PROGRAMS += tests/oracle/oracle
TESTS += tests/oracle/oracle

oracle_model = \
	tests/oracle/alphabet.c tests/oracle/alphabet.h \
	tests/oracle/lockstep.c tests/oracle/lockstep.h \
	tests/oracle/model.c tests/oracle/model.h \
	tests/oracle/model_attribute.c \
	tests/oracle/model_authenticate.c \
	tests/oracle/model_bytes.c \
	tests/oracle/model_csgn.c tests/oracle/model_csgn.h \
	tests/oracle/model_inventory.c \
	tests/oracle/model_oath.c tests/oracle/model_oath.h \
	tests/oracle/model_object.c \
	tests/oracle/model_otp.c \
	tests/oracle/model_pin.c \
	tests/oracle/model_piv.c tests/oracle/model_piv.h \
	tests/oracle/model_secret.c \
	tests/oracle/model_sm.c

tests_oracle_oracle_SOURCES = tests/oracle/oracle.c $(oracle_model) tests/unit/random.h
tests_oracle_oracle_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_oracle_oracle_LDADD = applet/libapplet.la applet/port/libport.la $(CRYPTO_LIBS)

.PHONY: oracle
oracle: tests/oracle/oracle
	tests/oracle/oracle deep

# Which regions of applet/ the tests reach: coverage.sh says how.
.PHONY: coverage
coverage:
	top_srcdir='$(abs_top_srcdir)' bash $(srcdir)/tests/coverage.sh
EXTRA_DIST += tests/coverage.sh

clean-local: clean-coverage
.PHONY: clean-coverage
clean-coverage:
	-rm -rf coverage

# What hosts ask a card that they do not know; reads that fail.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_compat_test
TESTS += tests/unit/applet_compat_test
tests_unit_applet_compat_test_SOURCES = tests/unit/applet_compat_test.c $(applet_test_fixture)
tests_unit_applet_compat_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_compat_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_compat_test_LDADD = $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_read_fault_test
TESTS += tests/unit/applet_read_fault_test
tests_unit_applet_read_fault_test_SOURCES = tests/unit/applet_read_fault_test.c $(applet_test_fixture)
tests_unit_applet_read_fault_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_read_fault_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_read_fault_test_LDADD = $(applet_test_libs)
endif
