# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of token files share. Source it after tests/lib/daemon.sh:
#
#   reach                                 the command line tool asks the daemon that was started last, as its administrator
#   check DESC STATUS REGEX COMMAND...    countersign COMMAND ends with this status, and says what matches
#   verify DESC true|false USER CODE      whether a code is accepted; wants an application, web
#   seed N                                32 characters of base32 that no other N has

cs=$top_builddir/tools/countersign

reach()
{
	export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
}

check() # DESC STATUS REGEX COMMAND...
{
	local desc=$1 want=$2 regex=$3 status out
	shift 3
	out=$("$cs" "$@" 2>&1 </dev/null)
	status=$?
	if [ "$status" -eq "$want" ] && [[ $out =~ $regex ]]; then
		tap_pass "$desc"
	else
		tap_fail "$desc" || tap_note "countersign $*: status $status (want $want): $out"
	fi
}

verify() # DESC true|false USER CODE
{
	local credential=$DAEMON_DIR/web.credential
	api POST /v1/otp/verify "{\"user\":\"$3\",\"code\":\"$4\"}"
	tap_is "$1" "$(jq -r .accepted <<<"$answer")" "$2"
}

seed() # N
{
	printf 'GEZDGNBVGY3TQOJQGEZD%012d' "$1" | tr 0189 AHIJ
}
