# SPDX-License-Identifier: BSD-2-Clause
# The oracle: a model of the card, written from the standards apart from applet/, and searches that hold the two side by side.
# make check runs it shortened; make oracle goes as deep as its plan says (about half an hour), and prints how far that was.

check_PROGRAMS += tests/oracle/oracle
TESTS += tests/oracle/oracle

oracle_model = \
	tests/oracle/alphabet.c tests/oracle/alphabet.h \
	tests/oracle/lockstep.c tests/oracle/lockstep.h \
	tests/oracle/model.c tests/oracle/model.h \
	tests/oracle/model_authenticate.c \
	tests/oracle/model_bytes.c \
	tests/oracle/model_csgn.c \
	tests/oracle/model_oath.c tests/oracle/model_oath.h \
	tests/oracle/model_object.c \
	tests/oracle/model_otp.c \
	tests/oracle/model_pin.c \
	tests/oracle/model_piv.c tests/oracle/model_piv.h

tests_oracle_oracle_SOURCES = tests/oracle/oracle.c $(oracle_model) tests/unit/random.h
tests_oracle_oracle_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_oracle_oracle_LDADD = applet/libapplet.la applet/port/libport.la $(CRYPTO_LIBS)

.PHONY: oracle
oracle: tests/oracle/oracle
	tests/oracle/oracle deep
