# SPDX-License-Identifier: BSD-2-Clause
# pkcs11/: the provider module, and a convenience library of the same files for its tests.

PKCS11_SOURCES = \
	pkcs11/admin.c pkcs11/admin.h \
	pkcs11/attribute.c pkcs11/attribute.h \
	pkcs11/attribute_certificate.c \
	pkcs11/attribute_get.h \
	pkcs11/attribute_identity.c \
	pkcs11/attribute_table.c \
	pkcs11/buffer.c pkcs11/buffer.h \
	pkcs11/cache.c pkcs11/cache.h \
	pkcs11/call.c pkcs11/call.h \
	pkcs11/card_attributes.c pkcs11/card_attributes.h \
	pkcs11/card_secret.c pkcs11/card_secret.h \
	pkcs11/change.c \
	pkcs11/cipher.c pkcs11/cipher.h \
	pkcs11/copy.c pkcs11/copy.h \
	pkcs11/create.c pkcs11/create.h \
	pkcs11/data_object.c pkcs11/data_object.h \
	pkcs11/datastore.c pkcs11/datastore.h \
	pkcs11/decrypt.c pkcs11/decrypt.h \
	pkcs11/derive.c pkcs11/derive.h \
	pkcs11/descriptor.c pkcs11/descriptor.h \
	pkcs11/digest.c pkcs11/digest.h \
	pkcs11/dsa.c pkcs11/dsa.h \
	pkcs11/entry.h \
	pkcs11/entry_async.c \
	pkcs11/entry_crypto.c \
	pkcs11/entry_dual.c \
	pkcs11/entry_general.c \
	pkcs11/entry_message.c \
	pkcs11/entry_object.c \
	pkcs11/entry_wrap.c \
	pkcs11/find.c pkcs11/find.h \
	pkcs11/gate.c pkcs11/gate.h \
	pkcs11/gate_transport.c \
	pkcs11/gcm.c \
	pkcs11/generate.c pkcs11/generate.h \
	pkcs11/hash.c pkcs11/hash.h \
	pkcs11/hold.c pkcs11/hold.h \
	pkcs11/inflate.c pkcs11/inflate.h \
	pkcs11/interface.c pkcs11/interface.h \
	pkcs11/kem.c pkcs11/kem.h \
	pkcs11/key_naming.c \
	pkcs11/key_usage.c pkcs11/key_usage.h \
	pkcs11/keystore.c pkcs11/keystore.h \
	pkcs11/keystore_slot.c \
	pkcs11/keyuse.c \
	pkcs11/keywrap.c \
	pkcs11/learn.c pkcs11/learn.h \
	pkcs11/login.c \
	pkcs11/mac.c pkcs11/mac.h \
	pkcs11/material.c pkcs11/material.h \
	pkcs11/mechanism.c pkcs11/mechanism.h \
	pkcs11/memory_defaults.c \
	pkcs11/message.c pkcs11/message.h \
	pkcs11/naming.c pkcs11/naming.h \
	pkcs11/naming_template.c \
	pkcs11/object.c pkcs11/object.h \
	pkcs11/operation.c pkcs11/operation.h \
	pkcs11/otp_attribute.c pkcs11/otp_attribute.h \
	pkcs11/otp_card.c pkcs11/otp_card.h \
	pkcs11/otp_create.c pkcs11/otp_create.h \
	pkcs11/otp_memory.c pkcs11/otp_memory.h \
	pkcs11/otp_params.c pkcs11/otp_params.h \
	pkcs11/otp_plan.c pkcs11/otp_plan.h \
	pkcs11/otp_sign.c pkcs11/otp_sign.h \
	pkcs11/otp_store.c pkcs11/otp_store.h \
	pkcs11/otps.c pkcs11/otps.h \
	pkcs11/owner.c pkcs11/owner.h \
	pkcs11/pin.c pkcs11/pin.h \
	pkcs11/pkcs1.c pkcs11/pkcs1.h \
	pkcs11/pkcs11.h pkcs11/pkcs11_countersign.h pkcs11/pkcs11_mechanisms.h pkcs11/pkcs11_numbers.h \
	pkcs11/pkcs8.c pkcs11/pkcs8.h \
	pkcs11/place.c pkcs11/place.h \
	pkcs11/point.c pkcs11/point.h \
	pkcs11/presence.c pkcs11/presence.h \
	pkcs11/profile.c pkcs11/profile.h \
	pkcs11/pubkey.c pkcs11/pubkey.h \
	pkcs11/puk.c pkcs11/puk.h \
	pkcs11/public_half.c pkcs11/public_half.h \
	pkcs11/public_match.c pkcs11/public_match.h \
	pkcs11/public.c pkcs11/public.h \
	pkcs11/random.c pkcs11/random.h \
	pkcs11/secret.c pkcs11/secret.h \
	pkcs11/secrets.c pkcs11/secrets.h \
	pkcs11/session.c pkcs11/session.h \
	pkcs11/settings.c pkcs11/settings.h \
	pkcs11/sign.c pkcs11/sign.h \
	pkcs11/slot.c pkcs11/slot.h \
	pkcs11/template.c \
	pkcs11/text.c pkcs11/text.h \
	pkcs11/token.c pkcs11/token.h \
	pkcs11/token_info.c \
	pkcs11/verify.c pkcs11/verify.h \
	pkcs11/wait.c pkcs11/wait.h \
	pkcs11/wrap.c pkcs11/wrap.h \
	pkcs11/x509.c pkcs11/x509.h

# cardclient brings base along.
PKCS11_LIBS = cardclient/libcardclient.la $(CRYPTO_LIBS) $(ZLIB_LIBS)

noinst_LTLIBRARIES += pkcs11/libpkcs11.la
pkcs11_libpkcs11_la_SOURCES = $(PKCS11_SOURCES)
pkcs11_libpkcs11_la_CPPFLAGS = $(AM_CPPFLAGS) -DCOUNTERSIGN_SYSCONFDIR='"$(sysconfdir)/countersign"'
pkcs11_libpkcs11_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(ZLIB_CFLAGS)

# Only the standard's entry points are seen from outside, and what the module calls by name is its own.
# It stays once it is loaded: no thread that waits in it, no late call of a program that is ending finds it gone.
p11module_LTLIBRARIES = pkcs11/countersign-pkcs11.la
pkcs11_countersign_pkcs11_la_SOURCES =
pkcs11_countersign_pkcs11_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-Bsymbolic -Wl,-z,nodelete \
	-export-symbols-regex '^C_[A-Z][A-Za-z]*$$'
pkcs11_countersign_pkcs11_la_LIBADD = pkcs11/libpkcs11.la $(PKCS11_LIBS)

p11kitmodule_DATA = pkcs11/countersign.module
EXTRA_DIST += pkcs11/countersign.module.in
CLEANFILES += pkcs11/countersign.module
pkcs11/countersign.module: pkcs11/countersign.module.in Makefile
	$(AM_V_GEN)$(SED) 's,[@]p11moduledir[@],$(p11moduledir),' $(srcdir)/pkcs11/countersign.module.in >$@

pkcs11_headers = $(top_srcdir)/pkcs11/pkcs11.h $(top_srcdir)/pkcs11/pkcs11_numbers.h $(top_srcdir)/pkcs11/pkcs11_mechanisms.h

# Every constant and function of our header, for the test that compares it with other projects' headers.
tests/unit/pkcs11_names.inc: $(pkcs11_headers)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(SED) -n 's/^#define \(CK[A-Z]*_[A-Za-z0-9_]*\)[[:blank:]].*/#ifdef \1\n{"\1", (unsigned long)(\1)},\n#endif/p' \
		$(top_srcdir)/pkcs11/pkcs11_numbers.h $(top_srcdir)/pkcs11/pkcs11_mechanisms.h >$@
tests/unit/pkcs11_functions.inc: $(pkcs11_headers)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(SED) -n '/define CK_FUNCTIONS_2_40/,/^$$/s/.*X(\(C_[A-Za-z]*\),.*/FUNCTION(\1)/p' $(top_srcdir)/pkcs11/pkcs11.h >$@
tests/unit/pkcs11_functions_3_0.inc: $(pkcs11_headers)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(SED) -n '/define CK_FUNCTIONS_2_40/,/define CK_FUNCTIONS_3_2/s/.*X(\(C_[A-Za-z]*\),.*/FUNCTION_3_0(\1)/p' \
		$(top_srcdir)/pkcs11/pkcs11.h >$@
CLEANFILES += tests/unit/pkcs11_names.inc tests/unit/pkcs11_functions.inc tests/unit/pkcs11_functions_3_0.inc

if HAVE_CMOCKA
pkcs11_tests = \
	tests/unit/pkcs11_cache_test \
	tests/unit/pkcs11_attribute_test \
	tests/unit/pkcs11_card_secret_test \
	tests/unit/pkcs11_card_test \
	tests/unit/pkcs11_commands_test \
	tests/unit/pkcs11_curve_test \
	tests/unit/pkcs11_compat_test \
	tests/unit/pkcs11_derive_test \
	tests/unit/pkcs11_cancel_test \
	tests/unit/pkcs11_digest_test \
	tests/unit/pkcs11_faults_test \
	tests/unit/pkcs11_foreign_cards_test \
	tests/unit/pkcs11_foreign_login_test \
	tests/unit/pkcs11_foreign_test \
	tests/unit/pkcs11_forgery_test \
	tests/unit/pkcs11_gcm_test \
	tests/unit/pkcs11_hold_test \
	tests/unit/pkcs11_made_key_test \
	tests/unit/pkcs11_meant_test \
	tests/unit/pkcs11_whole_test \
	tests/unit/pkcs11_said_test \
	tests/unit/pkcs11_header_test \
	tests/unit/pkcs11_lattice_test \
	tests/unit/pkcs11_learn_test \
	tests/unit/pkcs11_lone_test \
	tests/unit/pkcs11_login_test \
	tests/unit/pkcs11_module_test \
	tests/unit/pkcs11_object_test \
	tests/unit/pkcs11_oath_alone_test \
	tests/unit/pkcs11_otp_object_test \
	tests/unit/pkcs11_otp_session_test \
	tests/unit/pkcs11_otp_test \
	tests/unit/pkcs11_otp_world_test \
	tests/unit/pkcs11_naming_test \
	tests/unit/pkcs11_parameter_test \
	tests/unit/pkcs11_pinpad_mock_test \
	tests/unit/pkcs11_pkcs1_test \
	tests/unit/pkcs11_pqc_test \
	tests/unit/pkcs11_profile_cards_test \
	tests/unit/pkcs11_profile_test \
	tests/unit/pkcs11_puk_test \
	tests/unit/pkcs11_read_only_test \
	tests/unit/pkcs11_rsa_size_test \
	tests/unit/pkcs11_rsa_small_test \
	tests/unit/pkcs11_rsa_test \
	tests/unit/pkcs11_secret_test \
	tests/unit/pkcs11_short_mock_test \
	tests/unit/pkcs11_settings_test \
	tests/unit/pkcs11_sm2_test \
	tests/unit/pkcs11_point_test \
	tests/unit/pkcs11_material_test \
	tests/unit/pkcs11_public_half_test \
	tests/unit/pkcs11_public_match_test \
	tests/unit/pkcs11_template_foreign_test \
	tests/unit/pkcs11_template_test \
	tests/unit/pkcs11_unwrap_test \
	tests/unit/pkcs11_usage_test \
	tests/unit/pkcs11_wrap_test
check_PROGRAMS += $(pkcs11_tests)
TESTS += $(pkcs11_tests)

# A card core and the module in one process.
check_LTLIBRARIES += tests/lib/libp11_token.la
tests_lib_libp11_token_la_SOURCES = tests/lib/transport_card.c tests/lib/transport_card.h tests/lib/p11_token.c tests/lib/p11_token.h \
	tests/lib/p11_cache.c tests/lib/p11_cache.h tests/lib/p11_foreign.c tests/lib/p11_foreign.h tests/lib/short_card.c tests/lib/short_card.h
tests_lib_libp11_token_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
pkcs11_card_sources = tests/lib/transport_card.h
pkcs11_card_libs = tests/lib/libp11_token.la pkcs11/libpkcs11.la $(PKCS11_LIBS) applet/port/libprocess.la applet/libapplet.la applet/port/libport.la

tests_unit_pkcs11_attribute_test_SOURCES = tests/unit/pkcs11_attribute_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_attribute_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_attribute_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

# Has its own libpcsclite: of the library's only the constants are taken.
tests_unit_pkcs11_short_mock_test_SOURCES = tests/unit/pkcs11_short_mock_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_short_mock_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS) $(PCSC_CFLAGS)
tests_unit_pkcs11_short_mock_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) $(PCSC_LIBS)

tests_unit_pkcs11_pinpad_mock_test_SOURCES = tests/unit/pkcs11_pinpad_mock_test.c $(pkcs11_bare_sources) \
	tests/lib/pinpad_mock.c tests/lib/pinpad_mock.h
tests_unit_pkcs11_pinpad_mock_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS) $(PCSC_CFLAGS)
tests_unit_pkcs11_pinpad_mock_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_compat_test_SOURCES = tests/unit/pkcs11_compat_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_compat_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_compat_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) -lpthread

tests_unit_pkcs11_login_test_SOURCES = tests/unit/pkcs11_login_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_login_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_login_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_naming_test_SOURCES = tests/unit/pkcs11_naming_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_naming_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_naming_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_usage_test_SOURCES = tests/unit/pkcs11_usage_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_usage_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_usage_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_profile_cards_test_SOURCES = tests/unit/pkcs11_profile_cards_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_profile_cards_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_profile_cards_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_puk_test_SOURCES = tests/unit/pkcs11_puk_test.c $(pkcs11_token_sources) \
	tests/lib/pinpad_mock.c tests/lib/pinpad_mock.h
tests_unit_pkcs11_puk_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(PCSC_CFLAGS)
tests_unit_pkcs11_puk_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_read_only_test_SOURCES = tests/unit/pkcs11_read_only_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_read_only_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_read_only_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_profile_test_SOURCES = tests/unit/pkcs11_profile_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_profile_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_profile_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_card_test_SOURCES = tests/unit/pkcs11_card_test.c $(pkcs11_card_sources)
tests_unit_pkcs11_card_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_card_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

pkcs11_token_sources = $(pkcs11_card_sources) tests/lib/p11_token.h
pkcs11_bare_sources = $(pkcs11_token_sources) tests/unit/pkcs11_token.c tests/unit/pkcs11_token.h

tests_unit_pkcs11_cache_test_SOURCES = tests/unit/pkcs11_cache_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_cache_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_cache_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_pkcs11_foreign_cards_test_SOURCES = tests/unit/pkcs11_foreign_cards_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_foreign_cards_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_foreign_cards_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_made_key_test_SOURCES = tests/unit/pkcs11_made_key_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_made_key_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_made_key_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_foreign_login_test_SOURCES = tests/unit/pkcs11_foreign_login_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_foreign_login_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_foreign_login_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_foreign_test_SOURCES = tests/unit/pkcs11_foreign_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_foreign_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_foreign_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_commands_test_SOURCES = tests/unit/pkcs11_commands_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_commands_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_commands_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
pkcs11_other_sources = $(pkcs11_bare_sources) tests/unit/pkcs11_other.c tests/unit/pkcs11_other.h
tests_unit_pkcs11_hold_test_SOURCES = tests/unit/pkcs11_hold_test.c $(pkcs11_other_sources)
tests_unit_pkcs11_hold_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_hold_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_meant_test_SOURCES = tests/unit/pkcs11_meant_test.c $(pkcs11_other_sources)
tests_unit_pkcs11_meant_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_meant_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_said_test_SOURCES = tests/unit/pkcs11_said_test.c $(pkcs11_other_sources)
tests_unit_pkcs11_said_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_said_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_whole_test_SOURCES = tests/unit/pkcs11_whole_test.c $(pkcs11_bare_sources)
tests_unit_pkcs11_whole_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_whole_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_lone_test_SOURCES = tests/unit/pkcs11_lone_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_lone_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_lone_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_learn_test_SOURCES = tests/unit/pkcs11_learn_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_learn_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_learn_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

pkcs11_session_sources = $(pkcs11_token_sources) tests/unit/pkcs11_session.c tests/unit/pkcs11_session.h

tests_unit_pkcs11_secret_test_SOURCES = tests/unit/pkcs11_secret_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_secret_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_secret_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

pkcs11_agree_sources = tests/unit/pkcs11_agree.c tests/unit/pkcs11_agree.h $(pkcs11_session_sources)

tests_unit_pkcs11_parameter_test_SOURCES = tests/unit/pkcs11_parameter_test.c $(pkcs11_agree_sources)
tests_unit_pkcs11_parameter_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_parameter_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_object_test_SOURCES = tests/unit/pkcs11_object_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_object_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_object_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

pkcs11_template_sources = tests/unit/pkcs11_template_check.c tests/unit/pkcs11_template_check.h $(pkcs11_session_sources)

tests_unit_pkcs11_template_foreign_test_SOURCES = tests/unit/pkcs11_template_foreign_test.c $(pkcs11_template_sources)
tests_unit_pkcs11_template_foreign_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_template_foreign_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_template_test_SOURCES = tests/unit/pkcs11_template_test.c $(pkcs11_template_sources)
tests_unit_pkcs11_template_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_template_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_cancel_test_SOURCES = tests/unit/pkcs11_cancel_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_cancel_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_cancel_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_digest_test_SOURCES = tests/unit/pkcs11_digest_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_digest_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_digest_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_derive_test_SOURCES = tests/unit/pkcs11_derive_test.c $(pkcs11_agree_sources)
tests_unit_pkcs11_derive_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_derive_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_curve_test_SOURCES = tests/unit/pkcs11_curve_test.c $(pkcs11_agree_sources)
tests_unit_pkcs11_curve_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_curve_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_point_test_SOURCES = tests/unit/pkcs11_point_test.c $(pkcs11_agree_sources)
tests_unit_pkcs11_point_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_point_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_lattice_test_SOURCES = tests/unit/pkcs11_lattice_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_lattice_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_lattice_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_sm2_test_SOURCES = tests/unit/pkcs11_sm2_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_sm2_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_sm2_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_pqc_test_SOURCES = tests/unit/pkcs11_pqc_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_pqc_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_pqc_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_rsa_test_SOURCES = tests/unit/pkcs11_rsa_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_rsa_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_rsa_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

pkcs11_rsa_try_sources = tests/unit/pkcs11_rsa_try.c tests/unit/pkcs11_rsa_try.h $(pkcs11_session_sources)

tests_unit_pkcs11_rsa_small_test_SOURCES = tests/unit/pkcs11_rsa_small_test.c $(pkcs11_rsa_try_sources)
tests_unit_pkcs11_rsa_small_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_rsa_small_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_rsa_size_test_SOURCES = tests/unit/pkcs11_rsa_size_test.c $(pkcs11_rsa_try_sources)
tests_unit_pkcs11_rsa_size_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_rsa_size_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_card_secret_test_SOURCES = tests/unit/pkcs11_card_secret_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_card_secret_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_card_secret_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_material_test_SOURCES = tests/unit/pkcs11_material_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_material_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_material_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_public_half_test_SOURCES = tests/unit/pkcs11_public_half_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_public_half_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_public_half_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_public_match_test_SOURCES = tests/unit/pkcs11_public_match_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_public_match_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_public_match_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_gcm_test_SOURCES = tests/unit/pkcs11_gcm_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_gcm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_gcm_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_forgery_test_SOURCES = tests/unit/pkcs11_forgery_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_forgery_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_forgery_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_unwrap_test_SOURCES = tests/unit/pkcs11_unwrap_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_unwrap_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_unwrap_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_wrap_test_SOURCES = tests/unit/pkcs11_wrap_test.c $(pkcs11_session_sources)
tests_unit_pkcs11_wrap_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_wrap_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_wrap_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getrandom

tests_unit_pkcs11_settings_test_SOURCES = tests/unit/pkcs11_settings_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_settings_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_settings_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_faults_test_SOURCES = tests/unit/pkcs11_faults_test.c $(pkcs11_token_sources)
tests_unit_pkcs11_faults_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_faults_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) -lpthread

tests_unit_pkcs11_header_test_SOURCES = \
	tests/unit/pkcs11_header.h \
	tests/unit/pkcs11_header_nss.c \
	tests/unit/pkcs11_header_ours.c \
	tests/unit/pkcs11_header_p11kit.c \
	tests/unit/pkcs11_header_tables.h \
	tests/unit/pkcs11_header_test.c
nodist_tests_unit_pkcs11_header_test_SOURCES = \
	tests/unit/pkcs11_functions.inc tests/unit/pkcs11_functions_3_0.inc tests/unit/pkcs11_names.inc
$(tests_unit_pkcs11_header_test_OBJECTS): $(nodist_tests_unit_pkcs11_header_test_SOURCES)
tests_unit_pkcs11_header_test_CPPFLAGS = $(AM_CPPFLAGS) $(P11KIT_CPPFLAGS) $(NSS_CPPFLAGS)
tests_unit_pkcs11_header_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_pkcs11_header_test_LDADD = $(CMOCKA_LIBS)

tests_unit_pkcs11_module_test_SOURCES = tests/unit/pkcs11_module_test.c
tests_unit_pkcs11_module_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_module_test_LDADD = pkcs11/libpkcs11.la $(PKCS11_LIBS) $(CMOCKA_LIBS)

pkcs11_otp_sources = tests/unit/pkcs11_otp_fixture.c tests/unit/pkcs11_otp_fixture.h $(pkcs11_token_sources)
tests_unit_pkcs11_oath_alone_test_SOURCES = tests/unit/pkcs11_oath_alone_test.c $(pkcs11_otp_sources)
tests_unit_pkcs11_oath_alone_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_oath_alone_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)
tests_unit_pkcs11_oath_alone_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime

tests_unit_pkcs11_otp_object_test_SOURCES = tests/unit/pkcs11_otp_object_test.c $(pkcs11_otp_sources)
tests_unit_pkcs11_otp_object_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_otp_object_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_otp_world_test_SOURCES = tests/unit/pkcs11_otp_world_test.c $(pkcs11_otp_sources)
tests_unit_pkcs11_otp_world_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_otp_world_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS) -lpthread

tests_unit_pkcs11_otp_session_test_SOURCES = tests/unit/pkcs11_otp_session_test.c tests/unit/ocra_vectors.h \
	$(pkcs11_otp_sources)
tests_unit_pkcs11_otp_session_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_otp_session_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_otp_test_SOURCES = tests/unit/pkcs11_otp_test.c tests/unit/ocra_vectors.h $(pkcs11_otp_sources)
tests_unit_pkcs11_otp_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_otp_test_LDADD = $(pkcs11_card_libs) $(CMOCKA_LIBS)

tests_unit_pkcs11_pkcs1_test_SOURCES = tests/unit/pkcs11_pkcs1_test.c
tests_unit_pkcs11_pkcs1_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_pkcs11_pkcs1_test_LDADD = pkcs11/libpkcs11.la $(PKCS11_LIBS) $(CMOCKA_LIBS)
endif

# With other people's programs.
module_integration = \
	tests/integration/module.sh \
	tests/integration/module_foreign.sh \
	tests/integration/module_foreign_programs.sh \
	tests/integration/module_oath.sh \
	tests/integration/module_otp.sh \
	tests/integration/module_kinds.sh \
	tests/integration/module_removal.sh \
	tests/integration/module_two_processes.sh \
	tests/integration/module_valgrind.sh \
	tests/integration/pinpad_mock.sh
INTEGRATION_TESTS += $(module_integration)
EXTRA_DIST += $(module_integration) tests/integration/module_token.sh tests/integration/module_tool.sh tests/integration/module_uses.sh
noinst_PROGRAMS += tests/integration/p11_client
tests_integration_p11_client_SOURCES = tests/integration/p11_client.c
tests_integration_p11_client_LDADD = -ldl -lpthread

# In front of libpcsclite: a PIN pad that is a mock.
noinst_LTLIBRARIES += tests/integration/pinpad_shim.la
tests_integration_pinpad_shim_la_SOURCES = tests/integration/pinpad_shim.c tests/lib/pinpad_mock.c tests/lib/pinpad_mock.h
tests_integration_pinpad_shim_la_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_integration_pinpad_shim_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_integration_pinpad_shim_la_LIBADD = $(PCSC_LIBS)

dist_man_MANS += docs/man/countersign-pkcs11.7 docs/man/countersign-pkcs11.conf.5
examplesdir = $(docdir)/examples
dist_examples_DATA = docs/examples/countersign-pkcs11.conf docs/examples/countersign-pcscd.rules

# Measured beside other modules (make bench).
check_PROGRAMS += tests/bench/relay tests/bench/bench_p11
tests_bench_relay_SOURCES = tests/bench/relay.c
tests_bench_bench_p11_SOURCES = tests/bench/bench_p11.c
tests_bench_bench_p11_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_bench_bench_p11_LDADD = -ldl -lpthread

include tests/host.mk
