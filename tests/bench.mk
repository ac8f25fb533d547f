# SPDX-License-Identifier: BSD-2-Clause
# make bench: measures in one run what is said to be fast, each figure beside a peer or a floor; prints a table, writes bench.json.
#
# To add one: a script tests/bench/bench_NAME.sh that prints one JSON object of figures on standard output,
#   {"NAME": {"value": N, "unit": "TEXT", "beside": {"PEER": N, ...}}, ...}
# and whatever a person wants to see while it runs on standard error; and a line here. What it needs built: bench_programs.

bench_scripts =
bench_programs =

bench_scripts += tests/bench/bench_daemon.sh
bench_programs += tests/integration/http_load tests/bench/bench_codes tests/bench/bench_load tests/bench/bench_sqlite
check_PROGRAMS += tests/bench/bench_codes tests/bench/bench_load tests/bench/bench_sqlite
tests_bench_bench_load_SOURCES = tests/bench/bench_load.c
tests_bench_bench_load_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_bench_bench_load_LDADD = -lssl $(CRYPTO_LIBS)
tests_bench_bench_codes_SOURCES = tests/bench/bench_codes.c
tests_bench_bench_codes_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_bench_bench_codes_LDADD = $(KEEPER_LIBS)
tests_bench_bench_sqlite_SOURCES = tests/bench/bench_sqlite.c
tests_bench_bench_sqlite_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_bench_bench_sqlite_LDADD = $(KEEPER_LIBS)

# The daemon beside liboath, pam_oath and FreeRADIUS
bench_scripts += tests/bench/bench_peers.sh
if HAVE_PAM
bench_programs += tests/bench/bench_oath
check_PROGRAMS += tests/bench/bench_oath
endif
tests_bench_bench_oath_SOURCES = tests/bench/bench_oath.c
tests_bench_bench_oath_CPPFLAGS = $(DAEMON_CPPFLAGS) $(PAM_CFLAGS)
tests_bench_bench_oath_LDADD = $(KEEPER_LIBS) $(PAM_LIBS) -ldl

# BENCH_TOKENS="1000 100000" for less; five million take 3 GB in TMPDIR
bench_scripts += tests/bench/bench_tokens.sh

# What logins tell by their time
bench_scripts += tests/bench/bench_logins.sh

bench_scripts += tests/bench/bench_p11.sh
bench_programs += tests/bench/bench_p11 tests/bench/relay tests/lib/card_wait

bench_scripts += tests/bench/bench_core.sh
bench_programs += tests/cortex-m/relay

bench_scripts += tests/bench/bench_card.sh
bench_programs += tests/bench/bench_card countersign-card

bench_scripts += tests/bench/bench_usb.sh
bench_programs += tests/bench/bench_usb tests/guest/lengths
EXTRA_DIST += tests/bench/bench_usb_inside.sh

# ---- the pattern ends here ----

INTEGRATION_TESTS += tests/integration/bench_targets.sh
EXTRA_DIST += tests/integration/bench_targets.sh
EXTRA_DIST += $(bench_scripts) tests/bench/daemon_bench.sh tests/bench/run.sh tests/bench/targets.sh
CLEANFILES += bench.json

.PHONY: bench
bench: all $(bench_programs)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/tests/bench/run.sh bench.json $(bench_scripts:%=$(srcdir)/%)
