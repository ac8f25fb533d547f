# SPDX-License-Identifier: BSD-2-Clause
# base/: bytes, TLV, APDU, secrets, protocol numbers, OATH arithmetic. No malloc, no OS, no crypto library.

noinst_LTLIBRARIES += base/libbase.la
base_libbase_la_SOURCES = \
	base/apdu.c base/apdu.h \
	base/audit.c base/audit.h \
	base/bytes.c base/bytes.h \
	base/checkpoint.c base/checkpoint.h \
	base/countersign.h \
	base/ed25519.c base/ed25519.h \
	base/encoding.c base/encoding.h \
	base/err.c base/err.h \
	base/hkdf.c base/hkdf.h \
	base/json.c base/json.h \
	base/login_text.c base/login_text.h \
	base/oath.c base/oath.h \
	base/ocra.c \
	base/piv.h \
	base/scp03.h \
	base/sealed_seed.c base/sealed_seed.h \
	base/secret.c base/secret.h \
	base/sw.h \
	base/tlv.c base/tlv.h \
	base/utc.c base/utc.h \
	base/ykoath.c base/ykoath.h

# base/host/: what programs on a host share that needs libcrypto; no card has it.
noinst_LTLIBRARIES += base/libhost.la
base_libhost_la_SOURCES = \
	base/host/public_key.c base/host/public_key.h \
	base/host/sealed_seed.c base/host/sealed_seed.h
base_libhost_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)

if HAVE_CMOCKA
base_tests = \
	tests/unit/base_apdu_test \
	tests/unit/base_audit_test \
	tests/unit/base_bytes_test \
	tests/unit/base_checkpoint_test \
	tests/unit/base_ed25519_test \
	tests/unit/base_public_key_test \
	tests/unit/base_encoding_test \
	tests/unit/base_hkdf_test \
	tests/unit/base_oath_test \
	tests/unit/base_ocra_test \
	tests/unit/base_sealed_seed_test \
	tests/unit/base_tlv_test
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)

tests_unit_base_apdu_test_SOURCES = tests/unit/base_apdu_test.c tests/unit/random.h
tests_unit_base_apdu_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_apdu_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_apdu_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_bytes_test_SOURCES = tests/unit/base_bytes_test.c
tests_unit_base_bytes_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_bytes_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_bytes_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_checkpoint_test_SOURCES = tests/unit/base_checkpoint_test.c
tests_unit_base_checkpoint_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_checkpoint_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_checkpoint_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_ed25519_test_SOURCES = tests/unit/base_ed25519_test.c
tests_unit_base_ed25519_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_ed25519_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_ed25519_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_public_key_test_SOURCES = tests/unit/base_public_key_test.c tests/unit/pki.c tests/unit/pki.h
tests_unit_base_public_key_test_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_base_public_key_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_public_key_test_LDADD = base/libhost.la base/libbase.la $(CRYPTO_LIBS) $(CMOCKA_LIBS)

tests_unit_base_encoding_test_SOURCES = tests/unit/base_encoding_test.c tests/unit/random.h
tests_unit_base_encoding_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_encoding_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_encoding_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_oath_test_SOURCES = tests/unit/base_oath_test.c tests/unit/base_hmac.h
tests_unit_base_oath_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_oath_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_base_oath_test_LDADD = base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_base_ocra_test_SOURCES = tests/unit/base_ocra_test.c tests/unit/base_hmac.h tests/unit/ocra_vectors.h
tests_unit_base_ocra_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_ocra_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_base_ocra_test_LDADD = base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_base_tlv_test_SOURCES = tests/unit/base_tlv_test.c
tests_unit_base_tlv_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_tlv_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_tlv_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_audit_test_SOURCES = tests/unit/base_audit_test.c
tests_unit_base_audit_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_audit_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_audit_test_LDADD = base/libbase.la $(CMOCKA_LIBS)

tests_unit_base_hkdf_test_SOURCES = tests/unit/base_hkdf_test.c tests/unit/base_hmac.h
tests_unit_base_hkdf_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_hkdf_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_base_hkdf_test_LDADD = base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_base_sealed_seed_test_SOURCES = tests/unit/base_sealed_seed_test.c tests/unit/base_hmac.h
tests_unit_base_sealed_seed_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_base_sealed_seed_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_base_sealed_seed_test_LDADD = base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)
endif
