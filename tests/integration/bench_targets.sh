#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What make bench says of its targets: kept, missed, and figures that are not there, which alone are a failure, but with BENCH_STRICT=1.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
command -v jq >/dev/null || tap_skip_all "jq is not installed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset BENCH_STRICT

# Every figure, each just good enough.
jq -n 'def figure(name; value; beside): {(name): {value: value, beside: beside}};
	[(("1", "16", "64", "256", "1024") as $c |
		figure("daemon_verify_per_second_\($c)_connections"; 1000;
			{healthz_per_second: 1, group_commit_per_second: 1, single_commit_per_second: 1, percent_of_group_commit: 60}),
		figure("daemon_verify_p50_\($c)_connections"; 1; null), figure("daemon_verify_p99_\($c)_connections"; 9999; null)),
	((1000, 100000, 1000000, 5000000) as $n |
		figure("daemon_\($n)_tokens_verify_per_second"; 1000; {percent_of_1000: 80}), figure("daemon_\($n)_tokens_keeper_memory"; 65536; null),
		figure("daemon_\($n)_tokens_start"; 0.99; null), figure("daemon_\($n)_tokens_list_page"; 4.9; null),
		figure("daemon_\($n)_tokens_filtered_page"; 4.9; null),
		figure("daemon_\($n)_tokens_enrol"; 1; null)),
	figure("cores"; 2; {name: "any"}),
	(("unknown_user", "wrong_code", "code_alone_unknown_user") as $w | figure("daemon_login_\($w)"; 97; null)),
	(("liboath", "pam_oath", "FreeRADIUS", "Glewlwyd") as $p | figure("peer_\($p)_64_users_per_second"; 1; null)),
	({opensc: 99, ykcs11: 99} as $peers | ((4, 24) as $n |
		figure("p11_\($n)_list_apdus"; 3; $peers), figure("p11_\($n)_piv_card_list_apdus"; 2 + $n; $peers),
		figure("p11_\($n)_warm_list_apdus"; 2; null), figure("p11_\($n)_piv_card_warm_list_apdus"; 4; null)),
	(("p256", "rsa2048") as $k | ("", "_24", "_piv_card", "_24_piv_card") as $w |
		figure("p11_sign_\($k)\($w)_apdus"; 1; $peers), figure("p11_sign_\($k)\($w)_overhead"; 5; null)),
	(("p11_load_ms", "p11_memory_kb", "p11_end_memory_kb", "p11_threads_1", "p11_threads_16") as $f | figure($f; 1; $peers))),
	(("usb_round_trip_emulated", "usb_p256_sign_emulated") as $f | figure($f; 1; {echo: 1}))] | add' >"$work/good"

# What is said of the figures after a change; what is said of a kept one is left out.
said()
{
	local status
	jq "$1" "$work/good" >"$work/changed"
	bash "$top_srcdir/tests/bench/targets.sh" "$work/changed" >"$work/out"
	status=$?
	printf '%s' "$status"
	grep -vE '^(kept|there) ' "$work/out" | sed -E 's/ {2,}/ /g; s/^/|/' | tr -d '\n'
}
tap_is "where each target is just kept nothing is missed" "$(said .)" "0|46 kept, 0 missed, 0 missing"
tap_is "a target that is missed is said to be, and is no failure" "$(said '.daemon_verify_p99_64_connections.value = 10000')" \
	"0|MISSED p99, 64 connections 10 ms < 10 ms|45 kept, 1 missed, 0 missing"
tap_is "... but with BENCH_STRICT=1, and a kept one is none then either" \
	"$(BENCH_STRICT=1 said '.daemon_verify_p99_64_connections.value = 10000') $(BENCH_STRICT=1 said .)" \
	"1|MISSED p99, 64 connections 10 ms < 10 ms|45 kept, 1 missed, 0 missing 0|46 kept, 0 missed, 0 missing"
tap_is "so is one beside another figure" "$(said '.daemon_verify_per_second_1024_connections.value = 990')" \
	"0|MISSED of what 64 connections have, 1,024 99 % >= 100 %|45 kept, 1 missed, 0 missing"
for page in list filtered; do
	tap_is "and a page, whole or filtered, the worse of which is judged: $page" "$(said ".daemon_1000_tokens_${page}_page.value = 5")" \
		"0|MISSED ... a page of the list 5 ms < 5 ms|45 kept, 1 missed, 0 missing"
done
for percent in 96.9 103.1; do
	tap_is "and what a login tells by its time, shorter or longer: $percent" "$(said ".daemon_login_wrong_code.value = $percent")" \
		"0|MISSED ... wrong code by 3.1 % <= 3 %|45 kept, 1 missed, 0 missing"
done
tap_is "and one of the module" "$(said '.p11_4_list_apdus.value = 4')" \
	"0|MISSED 4 certificates, start to list 4 APDUs <= 3 APDUs|45 kept, 1 missed, 0 missing"
tap_is "so is a rate that falls with the number of tokens" "$(said '.daemon_1000000_tokens_verify_per_second.beside.percent_of_1000 = 79')" \
	"0|MISSED of what 1,000 tokens have, 1000000 79 % >= 80 %|45 kept, 1 missed, 0 missing"
tap_is "a figure that is not there is a failure" "$(said 'del(.daemon_5000000_tokens_start)')" "1|MISSING ... start - < 1 s|45 kept, 0 missed, 1 missing"
tap_is "so is one of two pages" "$(said 'del(.daemon_1000_tokens_filtered_page)')" \
	"1|MISSING ... a page of the list - < 5 ms|45 kept, 0 missed, 1 missing"
tap_is "so is a peer that was left out" "$(said 'del(.peer_FreeRADIUS_64_users_per_second)')" "1|MISSING peer: FreeRADIUS - |46 kept, 0 missed, 1 missing"
for figure in p11_4_list_apdus p11_24_list_apdus p11_4_piv_card_list_apdus p11_24_piv_card_list_apdus \
	p11_sign_{p256,rsa2048}{,_24,_piv_card,_24_piv_card}_apdus p11_load_ms p11_memory_kb p11_end_memory_kb p11_threads_{1,16}; do
	for peer in opensc ykcs11; do
		tap_is "so is one of another module, beside which ours is measured: $figure, $peer" "$(said "del(.$figure.beside.$peer)")" \
			"1|MISSING $figure beside $peer - |46 kept, 0 missed, 1 missing"
	done
done
for figure in p11_sign_{p256,rsa2048}_24{,_piv_card}_apdus; do
	tap_like "so is one of a signature's commands with 24 certificates: $figure" "$(said "del(.$figure.value)")" "^1\|MISSING signature, .*1 missing$"
	tap_like "and more than one command is too many: $figure" "$(said ".$figure.value = 1.01")" "^0\|MISSED signature, .*1 missed, 0 missing$"
done
tap_like "so is the memory at the end" "$(said "del(.p11_end_memory_kb.value)")" "^1\|MISSING p11_end_memory_kb - .*1 missing$"
export BENCH_TOKENS="1000 100000"
tap_is "fewer numbers of tokens are said to be" "$(said 'del(.daemon_5000000_tokens_start)')" \
	"0|left out, as BENCH_TOKENS does not name it: 1000000 tokens|left out, as BENCH_TOKENS does not name it: 5000000 tokens|38 kept, 0 missed, 0 missing"
tap_done
