#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# targets.sh BENCH.JSON: what was to be reached, and whether it was: a line for each target, missed ones said to be so. A target that is
# missed is a fact, and no failure but with BENCH_STRICT=1; a figure that is not there is one (status 1), since nobody can say what it would have
# been. Where BENCH_TOKENS names fewer numbers of tokens than 1000 100000 1000000 5000000, the figures of the others are left out, and that is said.

set -euo pipefail
for tokens in 1000 100000 1000000 5000000; do
	[[ " ${BENCH_TOKENS:-$tokens} " = *" $tokens "* ]] || printf 'left out, as BENCH_TOKENS does not name it: %s tokens\n' "$tokens"
done
jq -r --arg tokens "${BENCH_TOKENS:-1000 100000 1000000 5000000}" '
	. as $bench |
	def figure(name): $bench[name].value;
	def beside(name; peer): $bench[name].beside[peer];
	def share(a; b): if a == null or b == null or b == 0 then null else 100 * a / b end;
	def off(name): figure(name) | if . then . - 100 | fabs else . end;
	def worse(a; b): if a == null or b == null then null else [a, b] | max end;
	def at_least(what; value; limit; unit): {what: what, value: value, limit: limit, word: ">=", unit: unit};
	def at_most(what; value; limit; unit): {what: what, value: value, limit: limit, word: "<=", unit: unit};
	def below(what; value; limit; unit): {what: what, value: value, limit: limit, word: "<", unit: unit};
	def there(what; value): {what: what, value: value, limit: null, word: "", unit: ""};
	def peers(name): ["opensc", "ykcs11"][] as $p | there("\(name) beside \($p)"; beside(name; $p));
	def kept: if .value == null then "MISSING"
		elif .limit == null then "there"
		elif (.word == ">=" and .value >= .limit) or (.word == "<=" and .value <= .limit) or (.word == "<" and .value < .limit) then "kept"
		else "MISSED" end;
	def machine: there("cores of the machine"; figure("cores"));
	def daemon:
		(["1", "16", "64", "256", "1024"][] as $c |
			there("checks a second, \($c) connections"; figure("daemon_verify_per_second_\($c)_connections")),
			there("... p50"; figure("daemon_verify_p50_\($c)_connections")),
			there("... p99"; figure("daemon_verify_p99_\($c)_connections")),
			(["healthz_per_second", "group_commit_per_second", "single_commit_per_second"][] as $b |
				there("... beside \($b)"; beside("daemon_verify_per_second_\($c)_connections"; $b)))),
		at_least("of a bare group commit, 64 connections"; beside("daemon_verify_per_second_64_connections"; "percent_of_group_commit"); 60; "%"),
		at_least("of what 64 connections have, 1,024"; share(figure("daemon_verify_per_second_1024_connections");
			figure("daemon_verify_per_second_64_connections")); 100; "%"),
		below("p99, 64 connections"; figure("daemon_verify_p99_64_connections") | if . then . / 1000 else . end; 10; "ms"),
		(($tokens | split(" ") | map(select(. != "")))[] as $n |
			at_least("of what 1,000 tokens have, \($n)"; beside("daemon_\($n)_tokens_verify_per_second"; "percent_of_1000"); 80; "%"),
			at_most("... keeper, memory"; figure("daemon_\($n)_tokens_keeper_memory"); 65536; "KiB"),
			below("... start"; figure("daemon_\($n)_tokens_start"); 1; "s"),
			below("... a page of the list"; worse(figure("daemon_\($n)_tokens_list_page"); figure("daemon_\($n)_tokens_filtered_page")); 5; "ms"),
			there("... an enrolment"; figure("daemon_\($n)_tokens_enrol"))),
		at_most("refused login, unknown user off wrong password by"; off("daemon_login_unknown_user"); 3; "%"),
		at_most("... wrong code by"; off("daemon_login_wrong_code"); 3; "%"),
		at_most("... of a code alone, unknown user off wrong code by"; off("daemon_login_code_alone_unknown_user"); 3; "%"),
		(["liboath", "pam_oath", "FreeRADIUS", "Glewlwyd"][] as $p | there("peer: \($p)"; figure("peer_\($p)_64_users_per_second")));
	def p11:
		([4, 24][] as $n |
			at_most("\($n) certificates, start to list"; figure("p11_\($n)_list_apdus"); 3; "APDUs"),
			at_most("... any PIV card"; figure("p11_\($n)_piv_card_list_apdus"); 2 + $n; "APDUs"),
			at_most("... warm"; figure("p11_\($n)_warm_list_apdus"); 2; "APDUs"),
			at_most("... any PIV card, warm"; figure("p11_\($n)_piv_card_warm_list_apdus"); 4; "APDUs"),
			peers("p11_\($n)_list_apdus"), peers("p11_\($n)_piv_card_list_apdus")),
		(["p256", "rsa2048"][] as $k | ["", "_24", "_piv_card", "_24_piv_card"][] as $w |
			at_most("signature, \($k)\($w)"; figure("p11_sign_\($k)\($w)_apdus"); 1; "APDUs"),
			peers("p11_sign_\($k)\($w)_apdus"),
			at_most("signature over its bare APDU, \($k)\($w)"; figure("p11_sign_\($k)\($w)_overhead"); 5; "%")),
		(["p11_load_ms", "p11_memory_kb", "p11_end_memory_kb", "p11_threads_1", "p11_threads_16"][] as $f | there($f; figure($f)), peers($f));
	def usb:
		(["usb_round_trip_emulated", "usb_p256_sign_emulated"][] as $f | there($f; figure($f)), there("... beside an echo"; beside($f; "echo")));
	[machine, daemon, p11, usb] | map(. + {kept: kept}) |
	(.[] | [.kept, .what, (if .value == null then "-" else (.value * 100 | round / 100 | tostring) + " " + .unit end),
		(if .limit == null then "" else "\(.word) \(.limit) \(.unit)" end)] | @tsv),
	"\(map(select(.kept == "kept")) | length) kept, \(map(select(.kept == "MISSED")) | length) missed, \(map(select(.kept == "MISSING")) | length) missing"
	' "$1" | awk -F '\t' -v strict="${BENCH_STRICT:-}" 'NF == 1 { last = $0; next } { printf "%-8s %-52s %16s  %s\n", $1, $2, $3, $4; missing += $1 == "MISSING" }
		$1 == "MISSED" { missed++ }
		END { print last; exit missing > 0 || (strict == "1" && missed > 0) }'
