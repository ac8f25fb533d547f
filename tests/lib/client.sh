# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Other people's programs, subcommand by subcommand: docs/CLIENTS is made of what these tests print. Source it after card.sh, then:
#
#   client_begin NAME PACKAGE[:N] ROW...   NAME is a section of docs/CLIENTS, PACKAGE the Debian package that has the program, or its file
#                                      NAME.deb (of its version N parts matter), each ROW a subcommand. A check belongs to the row that
#                                      its description begins with (the longest such), else to the row of the check before it. A ROW
#                                      "with PACKAGE[:N]" is another program that takes part: its answer is its version
#   client_end                         prints the rows, compares them with docs/CLIENTS; another client may begin
#   client_done                        the same, and ends as tap_done does
#
# A row is "yes" if a check of it passed and none failed; "no", with the reason, if all that was tried of it was skipped.

client_name=
client_version=
client_rows=()
client_row=
declare -A client_good client_bad client_reason client_with

# client_version_of PACKAGE[:N]
client_version_of()
{
	local version
	case $1 in
	*.deb) version=$(dpkg-deb -f "$1" Version) ;;
	*) version=$(dpkg-query -W -f '${Version}' "${1%:*}") ;;
	esac
	version=$(sed 's/^[0-9]*://; s/[-+~].*//' <<<"$version")
	case $1 in *:*) version=$(cut -d . -f "1-${1#*:}" <<<"$version") ;; esac
	echo "$version"
}

client_begin()
{
	local row
	client_name=$1
	client_version=$(client_version_of "$2")
	shift 2
	client_rows=()
	client_row=
	client_good=() client_bad=() client_reason=() client_with=()
	for row; do
		case $row in
		"with "*)
			client_rows+=("${row%:*}")
			client_with[${row%:*}]=$(client_version_of "${row#with }")
			;;
		*) client_rows+=("$row") ;;
		esac
	done
	tap_note "client: $client_name $client_version"
}

client_row_of()
{
	local row best=
	for row in "${client_rows[@]}"; do
		case $1 in
		"$row" | "$row"[,:\ ]*) [ "${#row}" -le "${#best}" ] || best=$row ;;
		esac
	done
	[ -z "$best" ] || client_row=$best
}

# The checks of tap.sh end in one of these three.
eval "$(declare -f tap_pass tap_fail tap_skip | sed 's/^tap_\(pass\|fail\|skip\) ()/client_tap_\1 ()/')"

tap_pass()
{
	client_row_of "$1"
	client_good[${client_row:-none}]=1
	client_tap_pass "$@"
}

tap_fail()
{
	client_row_of "$1"
	client_bad[${client_row:-none}]=1
	client_tap_fail "$@"
}

tap_skip()
{
	client_row_of "$1"
	client_reason[${client_row:-none}]=$2
	client_tap_skip "$@"
}

# client_answer ROW: "yes", "fails", or "no" and the reason; of another program its version.
client_answer()
{
	if [ -n "${client_with[$1]-}" ]; then
		echo "${client_with[$1]}"
	elif [ -n "${client_bad[$1]-}" ]; then
		echo fails
	elif [ -n "${client_good[$1]-}" ]; then
		echo yes
	elif [ -n "${client_reason[$1]-}" ]; then
		echo "no | ${client_reason[$1]}"
	fi
}

# What docs/CLIENTS says of a row in the column of this version: its first word.
client_documented()
{
	awk -v section="$client_name" -v version="$client_version" -v row="$1" '
		/^[^ ]/ { inside = ($1 == section); for (i = 2; inside && i <= NF; i++) if ($i == version) column = i - 1 }
		inside && /^  / && index($0, "  " row "  ") == 1 {
			n = split(substr($0, length(row) + 3), cell, " ")
			print column <= n ? cell[column] : ""
		}
	' "${top_srcdir:?}/docs/CLIENTS"
}

client_end()
{
	local row answer wrong=()
	for row in "${client_rows[@]}"; do
		answer=$(client_answer "$row")
		[ -n "$answer" ] || { client_tap_fail "$row was tried" || answer="fails"; }
		tap_note "row: $row | $answer"
		answer=${answer%% *}
		case $(client_documented "$row") in
		"$answer" | "$answer"\[*) ;;
		*) wrong+=("$row: $answer") ;;
		esac
	done
	if ! grep -qE "^$client_name( .*)? ${client_version//./\\.}( |$)" "$top_srcdir/docs/CLIENTS"; then
		client_tap_skip "docs/CLIENTS says what was seen of $client_name" "it has no column for $client_name $client_version"
	elif [ "${#wrong[@]}" -eq 0 ]; then
		client_tap_pass "docs/CLIENTS says what was seen of $client_name"
	else
		client_tap_fail "docs/CLIENTS says what was seen of $client_name" || tap_note "$(printf '%s\n' "${wrong[@]}")"
	fi
}

client_done()
{
	client_end
	tap_done
}
