#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who may include whom: DESIGN's table of folders, and which folder may use which library.
. "$top_srcdir/tests/lint/lint.sh"

# folder (longest match first): the folders it may include, beside itself
may_include()
{
	case $1 in
	base/*) echo base ;;
	applet/port/*) echo "base applet applet/port" ;;
	applet/*) echo "base applet" ;;
	cardclient/*) echo "base cardclient" ;;
	pkcs11/*) echo "base cardclient pkcs11" ;;
	daemon/*) echo "base daemon" ;;
	pam/*) echo "base pam" ;;
	tools/*) echo "base cardclient tools" ;;
	tests/*) echo "base applet applet/port cardclient pkcs11 daemon pam tools tests" ;;
	esac
}

# a library's headers: the folders that may use it
library_users()
{
	case $1 in
	openssl/*) echo "applet/port cardclient pkcs11 daemon tools tests" ;;
	winscard.h | PCSC/* | pcsclite.h | wintypes.h | reader.h | libusb.h | libusb-1.0/*) echo "cardclient tests" ;;
	sqlite3.h) echo "daemon tools tests" ;; # tools: audit verify reads the log where it lies
	libpq-fe.h | p11-kit/*) echo "daemon tests" ;;
	microhttpd.h) echo "daemon tests" ;;
	libxml/*) echo "tools tests" ;;
	seccomp.h) echo "applet/port daemon tools tests" ;; # tools: what reads others' token files
	jansson.h | curl/*) echo "daemon tools pam tests" ;;
	cmocka.h) echo "tests tools" ;;
	dlfcn.h) echo "cardclient tests tools" ;; # cardclient: libusb is loaded when it is needed
	esac
}

freestanding='^(stdbool|stddef|stdint|stdarg|stdalign|limits|string)\.h$'

# The folder of a path in the terms of the tables.
folder_of()
{
	case $1 in
	applet/port/*) echo applet/port ;;
	*) echo "${1%%/*}" ;;
	esac
}

contains()
{
	case " $1 " in *" $2 "*) return 0 ;; esac
	return 1
}

check_quoted()
{
	local file=$1 included=$2
	[ "$included" = config.h ] && return
	case $included in
	*/*) [ -e "$top_srcdir/$included" ] || [ -e "$top_builddir/$included" ] || echo "$file: \"$included\" is not spelled from the root" ;;
	*) echo "$file: \"$included\" is not spelled from the root" ;;
	esac
	contains "$(may_include "$file")" "$(folder_of "$included")" || echo "$file: may not include $included"
}

check_angled()
{
	local file=$1 included=$2 users
	case $(folder_of "$file") in
	base | applet) [[ $included =~ $freestanding ]] || echo "$file: <$included> is not freestanding C" ;;
	esac
	users=$(library_users "$included")
	[ -z "$users" ] || contains "$users" "$(folder_of "$file")" || echo "$file: may not use <$included>"
}

check_folder()
{
	local file line included
	while IFS= read -r file; do
		while IFS= read -r line; do
			included=${line#*[\"<]}
			included=${included%%[\">]*}
			case $line in
			*\"*) check_quoted "$file" "$included" ;;
			*) check_angled "$file" "$included" ;;
			esac
		done < <(grep -E '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' "$top_srcdir/$file")
	done < <(lint_files "$1" -- '*.[ch]')
}

for folder in "${lint_folders[@]}"; do
	[ -d "$top_srcdir/$folder" ] || continue
	lint_none "$folder/ includes only what it may" "$(check_folder "$folder")"
done
tap_done
