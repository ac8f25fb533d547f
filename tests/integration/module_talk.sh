# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2254
#
# A program with the module in it, p11_host, for the tests of what happens there. Source it after module_token.sh, in $CARD_DIR. Not
# a test itself.
#
#   moved TEXT, moved_bytes HEX  a secret as p11_host wants it, with each byte moved up by one
#   host WORD...                 does with the module what p11_host's words say; $host_module is another module
#   said DESC EXPECTED WORD...   what it prints for the words, "word value" each; EXPECTED may have patterns
#   talk WORD...                 starts it, to be told to go on at each `pause` with `go`; what it has said is in talk.out
#   talked LINE                  waits until it says this, after what it said before
#   go                           the next line for it
#   talk_end DESC EXPECTED       waits for its end

moved()
{
	perl -pe 's/(.)/chr(ord($1) + 1)/ge' <<<"$1"
}
moved_bytes()
{
	perl -e 'print map { sprintf "%02x", (hex($_) + 1) % 256 } $ARGV[0] =~ /../g' "$1"
}

moved_pin=$(moved "$PIN")
host()
{
	timeout 120 "$top_builddir/tests/integration/p11_host" "${host_module:-$CARD_MODULE}" "$moved_pin" "$@"
}

said()
{
	local desc=$1 expected=$2 output
	shift 2
	output=$(host "$@" 2>&1 | tr '\n' ' ')
	case ${output% } in
	$expected) tap_pass "$desc" ;;
	*) tap_fail "$desc"; tap_note "expected: $expected"; tap_note "got:      $output" ;;
	esac
}

talk()
{
	local input output
	rm -f talk.in talk.back
	mkfifo talk.in talk.back
	: >talk.out
	host "$@" <talk.in >talk.back 2>&1 {tap_fd}>&- &
	talk_pid=$!
	exec {input}>talk.in {output}<talk.back
	talk_input=$input
	talk_output=$output
}

talked()
{
	local line
	while IFS= read -rt 110 -u "$talk_output" line; do
		echo "$line" >>talk.out
		[ "$line" != "$1" ] || return 0
	done
	return 1
}

go()
{
	echo >&"$talk_input"
}

talk_end()
{
	local output
	exec {talk_input}>&-
	cat <&"$talk_output" >>talk.out
	exec {talk_output}<&-
	wait "$talk_pid"
	output=$(tr '\n' ' ' <talk.out)
	case ${output% } in
	$2) tap_pass "$1" ;;
	*) tap_fail "$1"; tap_note "expected: $2"; tap_note "got:      $output" ;;
	esac
}
