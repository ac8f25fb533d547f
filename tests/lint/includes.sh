#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who may include whom: DESIGN's table of folders, and which folder may use which library.
. "$top_srcdir/tests/lint/lint.sh"

# The functions here answer in REPLY, since a process for each line of an include would take longer than all else.

# folder (longest match first): the folders it may include, beside itself
may_include()
{
	case $1 in
	base/host/*) REPLY="base base/host" ;;
	base/*) REPLY="base" ;;
	applet/port/*) REPLY="base applet applet/port" ;;
	applet/*) REPLY="base applet" ;;
	cardclient/*) REPLY="base base/host cardclient" ;;
	pkcs11/*) REPLY="base base/host cardclient pkcs11" ;;
	daemon/*) REPLY="base base/host daemon" ;;
	pam/*) REPLY="base pam" ;;
	tools/*) REPLY="base base/host cardclient tools" ;;
	tests/*) REPLY="base base/host applet applet/port cardclient pkcs11 daemon pam tools tests" ;;
	*) REPLY="" ;;
	esac
}

# a library's headers: the folders that may use it
library_users()
{
	case $1 in
	openssl/*) REPLY="base/host applet/port cardclient pkcs11 daemon tools tests" ;;
	winscard.h | PCSC/* | pcsclite.h | wintypes.h | reader.h | libusb.h | libusb-1.0/*) REPLY="cardclient tests" ;;
	sqlite3.h) REPLY="daemon tools tests" ;; # tools: audit verify reads the log where it lies
	libpq-fe.h) REPLY="daemon tools tests" ;; # tools: backup and restore of a server's database, in one transaction each
	p11-kit/*) REPLY="daemon tests" ;;
	microhttpd.h) REPLY="daemon tests" ;;
	libxml/*) REPLY="tools tests" ;;
	seccomp.h) REPLY="applet/port daemon tools tests" ;; # tools: what reads others' token files
	jansson.h | curl/*) REPLY="daemon tools pam tests" ;;
	cmocka.h) REPLY="tests tools" ;;
	dlfcn.h) REPLY="cardclient tests tools" ;; # cardclient: libusb is loaded when it is needed
	*) REPLY="" ;;
	esac
}

freestanding='^(stdbool|stddef|stdint|stdarg|stdalign|limits|string)\.h$'

# The folder of a path in the terms of the tables.
folder_of()
{
	case $1 in
	applet/port/*) REPLY=applet/port ;;
	base/host/*) REPLY=base/host ;;
	*) REPLY=${1%%/*} ;;
	esac
}

# What decides about a code, and about who may try one, can ask nobody and tell nobody: base and the freestanding headers have no I/O.
decides='^daemon/(decide|verify|verify_[a-z]*|budget)\.[ch]$'

contains()
{
	case " $1 " in *" $2 "*) return 0 ;; esac
	return 1
}

check_quoted()
{
	local file=$1 included=$2 allowed
	[ "$included" = config.h ] && return
	case $included in
	*/*) [ -e "$top_srcdir/$included" ] || [ -e "$top_builddir/$included" ] || echo "$file: \"$included\" is not spelled from the root" ;;
	*) echo "$file: \"$included\" is not spelled from the root" ;;
	esac
	may_include "$file"
	allowed=$REPLY
	folder_of "$included"
	contains "$allowed" "$REPLY" || echo "$file: may not include $included"
	if [[ $file =~ $decides && $REPLY != base && ! $included =~ $decides ]]; then echo "$file: decides, and may not include $included"; fi
}

check_angled()
{
	local file=$1 included=$2 folder
	folder_of "$file"
	folder=$REPLY
	case $folder in
	base | applet) [[ $included =~ $freestanding ]] || echo "$file: <$included> is not freestanding C" ;;
	esac
	if [[ $file =~ $decides && ! $included =~ $freestanding ]]; then echo "$file: decides, and may not use <$included>"; fi
	library_users "$included"
	[ -z "$REPLY" ] || contains "$REPLY" "$folder" || echo "$file: may not use <$included>"
}

check_folder()
{
	local file line included files
	mapfile -t files < <(lint_files "$1" -- '*.[ch]')
	[ "${#files[@]}" -gt 0 ] || return
	while IFS=: read -r file line; do
		included=${line#*[\"<]}
		included=${included%%[\">]*}
		case $line in
		*\"*) check_quoted "$file" "$included" ;;
		*) check_angled "$file" "$included" ;;
		esac
	done < <(cd "$top_srcdir" && grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' "${files[@]}")
}

for folder in "${lint_folders[@]}"; do
	[ -d "$top_srcdir/$folder" ] || continue
	lint_none "$folder/ includes only what it may" "$(check_folder "$folder")"
done
tap_done
