# SPDX-License-Identifier: BSD-2-Clause
# Fuzz harnesses: tests/fuzz/fuzz_NAME.c with a corpus in tests/fuzz/corpus/NAME/.
#
# In an ordinary build make check replays the corpus, and mutations of it. With ./configure --enable-fuzzing CC=clang (best together
# with --enable-sanitizers) make fuzz FUZZ_SECONDS=n runs each harness under libFuzzer for n seconds; what it learns stays in the
# build tree (tests/fuzz/found/), and FUZZ_ONLY=NAME picks one.
#
# To add one: the source, at least one file in its corpus, and two lines below.

fuzz_programs =

fuzz_programs += tests/fuzz/fuzz_apdu
tests_fuzz_fuzz_apdu_LDADD = $(FUZZ_LIBS) base/libbase.la

fuzz_programs += tests/fuzz/fuzz_audit_log
tests_fuzz_fuzz_audit_log_SOURCES = tests/fuzz/fuzz_audit_log.c $(audit_sources)
tests_fuzz_fuzz_audit_log_CPPFLAGS = $(AUDIT_CPPFLAGS)
tests_fuzz_fuzz_audit_log_LDADD = $(FUZZ_LIBS) $(AUDIT_LIBS)

fuzz_programs += tests/fuzz/fuzz_card
tests_fuzz_fuzz_card_LDADD = $(FUZZ_LIBS) applet/libapplet.la applet/port/libport.la

fuzz_programs += tests/fuzz/fuzz_cardclient
tests_fuzz_fuzz_cardclient_LDADD = $(FUZZ_LIBS) cardclient/libcardclient.la

fuzz_programs += tests/fuzz/fuzz_ccid
tests_fuzz_fuzz_ccid_LDADD = $(FUZZ_LIBS) applet/port/libusbdevice.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_ccid_host
tests_fuzz_fuzz_ccid_host_LDADD = $(FUZZ_LIBS) cardclient/libcardclient.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_encoding
tests_fuzz_fuzz_encoding_LDADD = $(FUZZ_LIBS) base/libbase.la

fuzz_programs += tests/fuzz/fuzz_front_json
tests_fuzz_fuzz_front_json_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_fuzz_fuzz_front_json_LDADD = $(FUZZ_LIBS) $(FRONT_LIBS)

fuzz_programs += tests/fuzz/fuzz_import
tests_fuzz_fuzz_import_CPPFLAGS = $(IMPORT_CPPFLAGS)
tests_fuzz_fuzz_import_LDADD = $(FUZZ_LIBS) $(IMPORT_LIBS)

fuzz_programs += tests/fuzz/fuzz_ipc
tests_fuzz_fuzz_ipc_LDADD = $(FUZZ_LIBS) daemon/libdaemon.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_login_trust
tests_fuzz_fuzz_login_trust_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_fuzz_fuzz_login_trust_LDADD = $(FUZZ_LIBS) $(KEEPER_LIBS)

fuzz_programs += tests/fuzz/fuzz_ocra
tests_fuzz_fuzz_ocra_LDADD = $(FUZZ_LIBS) base/libbase.la

fuzz_programs += tests/fuzz/fuzz_pam_reply
tests_fuzz_fuzz_pam_reply_LDADD = $(FUZZ_LIBS) pam/libpam_countersign.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_sequence
tests_fuzz_fuzz_sequence_SOURCES = tests/fuzz/fuzz_sequence.c $(oracle_model)
tests_fuzz_fuzz_sequence_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_sequence_LDADD = $(FUZZ_LIBS) applet/libapplet.la applet/port/libport.la $(CRYPTO_LIBS)

fuzz_programs += tests/fuzz/fuzz_sealed_seed
tests_fuzz_fuzz_sealed_seed_LDADD = $(FUZZ_LIBS) base/libbase.la

fuzz_programs += tests/fuzz/fuzz_slot
tests_fuzz_fuzz_slot_LDADD = $(FUZZ_LIBS) applet/port/libprocess.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_p11_attributes
tests_fuzz_fuzz_p11_attributes_SOURCES = tests/fuzz/fuzz_p11_attributes.c $(pkcs11_card_sources)
tests_fuzz_fuzz_p11_attributes_LDADD = $(FUZZ_LIBS) $(pkcs11_card_libs)

fuzz_programs += tests/fuzz/fuzz_p11_card
tests_fuzz_fuzz_p11_card_SOURCES = tests/fuzz/fuzz_p11_card.c tests/fuzz/p11_session.c tests/fuzz/p11_session.h \
	tests/fuzz/p11_session_parts.c tests/fuzz/p11_session_parts.h \
	tests/lib/pinpad_mock.c tests/lib/pinpad_mock.h $(pkcs11_token_sources)
tests_fuzz_fuzz_p11_card_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(PCSC_CFLAGS)
tests_fuzz_fuzz_p11_card_LDADD = $(FUZZ_LIBS) $(pkcs11_card_libs) $(CRYPTO_LIBS)

fuzz_programs += tests/fuzz/fuzz_p11_settings
tests_fuzz_fuzz_p11_settings_LDADD = $(FUZZ_LIBS) pkcs11/libpkcs11.la $(PKCS11_LIBS)

fuzz_programs += tests/fuzz/fuzz_sm
tests_fuzz_fuzz_sm_LDADD = $(FUZZ_LIBS) applet/libapplet.la applet/port/libport.la cardclient/libcardclient.la

fuzz_programs += tests/fuzz/fuzz_store
tests_fuzz_fuzz_store_LDADD = $(FUZZ_LIBS) applet/libstore.la applet/port/libport.la base/libbase.la

fuzz_programs += tests/fuzz/fuzz_tlv
tests_fuzz_fuzz_tlv_LDADD = $(FUZZ_LIBS) base/libbase.la

fuzz_programs += tests/fuzz/fuzz_usbip
tests_fuzz_fuzz_usbip_LDADD = $(FUZZ_LIBS) applet/port/libusbdevice.la applet/port/libprocess.la base/libbase.la

# ---- the pattern ends here ----

check_PROGRAMS += $(fuzz_programs)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.h

if FUZZING
FUZZ_LIBS = $(FUZZ_LDFLAGS)
else
FUZZ_LIBS = tests/fuzz/libreplay.la
check_LTLIBRARIES += tests/fuzz/libreplay.la
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h tests/unit/random.h
TESTS += $(fuzz_programs)
endif

FUZZ_SECONDS = 60
FUZZ_ONLY =
# 0: another one each time. ./check takes 1, so that a change is judged by what it changed.
FUZZ_SEED = 0

# A harness is a process of its own and takes one processor: make -j runs several at once, when all are built.
fuzz_runs = $(fuzz_programs:=.run)
.PHONY: fuzz $(fuzz_runs)
fuzz: $(fuzz_runs)
if FUZZING
$(fuzz_runs): $(fuzz_programs)
	@program='$@'; program=$${program%.run}; name=`echo "$$program" | sed 's,.*/fuzz_,,'`; \
	test -z '$(FUZZ_ONLY)' || test "$$name" = '$(FUZZ_ONLY)' || exit 0; \
	$(MKDIR_P) "tests/fuzz/found/$$name" && \
	"./$$program" -seed=$(FUZZ_SEED) -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="tests/fuzz/found/$$name-" \
		"tests/fuzz/found/$$name" "$(srcdir)/tests/fuzz/corpus/$$name" >"tests/fuzz/found/$$name.log" 2>&1 || \
		{ tail -n 60 "tests/fuzz/found/$$name.log"; exit 1; }; \
	sed -n "s/^stat::number_of_executed_units: */fuzz: $$name for $(FUZZ_SECONDS) seconds, runs: /p" "tests/fuzz/found/$$name.log"
else
$(fuzz_runs):
	@echo 'fuzz: this build has no libFuzzer; ./configure --enable-fuzzing --enable-sanitizers CC=clang'; exit 1
endif

clean-local: clean-fuzz
.PHONY: clean-fuzz
clean-fuzz:
	-rm -rf tests/fuzz/found
