# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# TAP for bash: source it, make the checks, end with tap_done. There is no plan to keep in step; tap_done prints it, and a script
# that dies before it counts as an error, because the plan is missing.
#
#   tap_ok DESC CMD...        the command (or function) exits 0; what it printed is shown only if it does not
#   tap_refused DESC CMD...   the command exits with something else than 0, and not by a signal
#   tap_is DESC GOT WANT      the same string
#   tap_like DESC GOT REGEX   GOT matches the extended regular expression
#   tap_fail DESC             a check that the script made itself, and that failed
#   tap_pass DESC             the same, passed
#   tap_skip DESC REASON      a check that cannot be made here
#   tap_skip_all REASON       nothing in this script can be checked here; ends it
#   tap_need PROGRAM...       ends it where one of them is not installed
#   tap_note TEXT             a diagnostic line
#   within SECONDS CMD...     waits for what cannot be waited for otherwise: true as soon as the command is, which says nothing
#   tap_done                  prints the plan; exits 0 if nothing failed
#
# A check never ends the script: each returns 0 if it passed and 1 if not, so that what depends on it can be left out. Commands
# run in this shell, not in a subshell; what they leave in variables stays.

tap_count=0
tap_failed=0

# Output of the commands goes to a file that has no name any more: nothing to clean up, whatever ends the script.
tap_file=$(mktemp)
exec {tap_fd}<>"$tap_file"
rm -f "$tap_file"

tap_note()
{
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$1"
}

tap_pass()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "${1//#/\\#}"
}

tap_fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "${1//#/\\#}"
	return 1
}

tap_skip()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "${1//#/\\#}" "$2"
}

tap_skip_all()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

tap_need()
{
	local need
	for need; do
		command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
	done
}

# Runs the command with its output kept; leaves its exit status in tap_status.
tap_run()
{
	tap_status=0
	"$@" >"/proc/self/fd/$tap_fd" 2>&1 || tap_status=$?
}

tap_show_run()
{
	tap_note "exit status $tap_status: $*"
	tap_note "$(tail -n 60 "/proc/self/fd/$tap_fd" | tr -d '\000')"
}

tap_ok()
{
	local desc=$1
	shift
	tap_run "$@"
	if [ "$tap_status" -eq 0 ]; then
		tap_pass "$desc"
	else
		tap_fail "$desc" || tap_show_run "$@"
		return 1
	fi
}

tap_refused()
{
	local desc=$1
	shift
	tap_run "$@"
	if [ "$tap_status" -ne 0 ] && [ "$tap_status" -lt 126 ]; then
		tap_pass "$desc"
	else
		tap_fail "$desc" || tap_show_run "$@"
		return 1
	fi
}

tap_is()
{
	if [ "$2" = "$3" ]; then
		tap_pass "$1"
	else
		tap_fail "$1" || tap_note "got:  $2"
		tap_note "want: $3"
		return 1
	fi
}

tap_like()
{
	if [[ $2 =~ $3 ]]; then
		tap_pass "$1"
	else
		tap_fail "$1" || tap_note "got: $2"
		tap_note "want a match of: $3"
		return 1
	fi
}

within()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

tap_done()
{
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
