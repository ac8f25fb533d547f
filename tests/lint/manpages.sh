#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The man pages: mandoc finds nothing wrong, and the options, commands and settings that a page tells are those that the program has.
# What a program has it says itself, from the table that it reads its arguments by: --help.
. "$top_srcdir/tests/lint/lint.sh"
export LC_ALL=C

command -v mandoc >/dev/null || tap_skip_all "mandoc is not installed"

# The words "--something" of a text.
options_in()
{
	grep -oE -- '(^|[^-a-zA-Z0-9])--[a-z][a-z0-9-]*' | sed 's/^[^-]*//' | LC_ALL=C sort -u
}

page_text()
{
	mandoc -T ascii "$1" | sed 's/.\x08//g'
}

built()
{
	find "$top_builddir" -maxdepth 3 -path "*/$1" -type f -perm -u+x ! -path '*/.libs/*' | head -n 1
}

# The commands of the command line, as "noun verb", one a line.
commands_of()
{
	"$1" --help | sed -nE 's/^  ([a-z][a-z ]*[a-z])( [[A-Z].*|  .*)$/\1/p'
}

help_of()
{
	local program=$1 command words
	"$program" --help
	"$program" --version >/dev/null && echo " --version"
	[ "$(basename "$program")" = countersign ] || return 0
	commands_of "$program" | while read -r command; do
		read -ra words <<<"$command"
		"$program" "${words[@]}" --help
	done
}

# A program that is a script is not built.
check_script()
{
	check_page "$1" "$2" "$(find "$top_srcdir"/applet -name "$1" -type f -perm -u+x)"
}

check_program()
{
	check_page "$1" "$2" "$(built "$1")"
}

check_page()
{
	local name=$1 page=$top_srcdir/docs/man/$2 program=$3
	[ -n "$program" ] || { tap_fail "$name is built"; return; }
	[ -e "$page" ] || { tap_fail "there is a page $2"; return; }
	lint_none "$2 tells the options that $name has, and no others" "$(
		comm -23 <(help_of "$program" | options_in) <(page_text "$page" | options_in) | sed 's/^/page lacks /'
		comm -13 <(help_of "$program" | options_in) <(grep -oE 'Fl -[a-z][a-z0-9-]*' "$page" | sed 's/Fl -/--/' | LC_ALL=C sort -u) |
			sed 's/^/program lacks /'
	)"
}

check_commands()
{
	local program page=$top_srcdir/docs/man/countersign.1 missing command
	[ -e "$page" ] || return
	program=$(built tools/countersign)
	missing=$(commands_of "$program" | while read -r command; do
		page_text "$page" | tr -s ' \n' ' ' | grep -qF "$command" || echo "$command"
	done)
	lint_none "countersign.1 tells every command" "$missing"
}

check_settings()
{
	local page=$top_srcdir/docs/man/countersignd.conf.5
	[ -e "$page" ] || { tap_fail "there is a page countersignd.conf.5"; return; }
	lint_none "countersignd.conf.5 tells the settings that the daemon reads, and no others" "$(diff \
		<(sed -nE 's/^[[:space:]]*(PATH|SECRET|PLACE|URI|TEXT|ADDRESS|NUMBER|FLAG|LEVEL)\(([a-z][a-z0-9_]*).*/\2/p' "$top_srcdir/daemon/config.c" | grep -vx key | LC_ALL=C sort -u) \
		<(sed -nE 's/^\.It ([A-Z][a-z]) ([a-z][a-z0-9_]*)( .*)?$/\2/p' "$page" | LC_ALL=C sort -u) |
		grep '^[<>]' | sed 's/^</page lacks/; s/^>/program lacks/')"
}

while IFS= read -r page; do
	lint_none "mandoc finds nothing wrong in $page" "$(mandoc -T lint -W warning "$top_srcdir/$page" 2>&1 | grep -v 'unusual Xr order')"
done < <(lint_files docs -- '*.[1-8]')
check_options()
{
	local page=$top_srcdir/docs/man/countersign-pkcs11.conf.5
	[ -e "$page" ] || { tap_fail "there is a page countersign-pkcs11.conf.5"; return; }
	lint_none "countersign-pkcs11.conf.5 tells the options that the module reads, and no others" "$(diff \
		<(sed -nE 's/^[[:space:]]*\{"([a-z][a-z0-9_]*)", OPTION_.*/\1/p' "$top_srcdir/pkcs11/settings.c" | LC_ALL=C sort -u) \
		<(sed -nE 's/^\.It Cm ([a-z][a-z0-9_]*).*/\1/p' "$page" | LC_ALL=C sort -u) |
		grep '^[<>]' | sed 's/^</page lacks/; s/^>/module lacks/')"
}

# "NAME C35347nn" of what the module adds to the standard, by its header.
vendor_names()
{
	local header=$top_srcdir/pkcs11/pkcs11_countersign.h base name number
	base=$(sed -nE 's/^#define CK_COUNTERSIGN\(n\) \((0x[0-9A-F]+)UL .*/\1/p' "$header")
	sed -nE 's/^#define (CK[A-Z]*_[A-Z0-9_]+)[[:space:]]+CK_COUNTERSIGN\(([0-9]+)UL\).*/\1 \2/p' "$header" | while read -r name number; do
		printf '%s %X\n' "$name" $((base + number))
	done | LC_ALL=C sort
}

# The first cells of the page's table of mechanisms: "*" stands for a digest.
mechanism_cells()
{
	sed -n '/^\.Ss Mechanisms/,/^\.El/s/^\.It \(CKM_.*\)/\1/p' "$1" | sed 's/ Ta .*//'
}

check_mechanisms()
{
	local page=$top_srcdir/docs/man/countersign-pkcs11.7 mechanisms digest='[A-Z]*[0-9_]*[0-9]' name
	[ -e "$page" ] || { tap_fail "there is a page countersign-pkcs11.7"; return; }
	lint_none "countersign-pkcs11.7 tells the names that the module adds to the standard, and no others" "$(diff \
		<(vendor_names | cut -d ' ' -f 1) \
		<(grep -oE '\b(CK[A-Z]|CK_OTP)_COUNTERSIGN_[A-Z0-9_]+' "$page" | LC_ALL=C sort -u) |
		grep '^[<>]' | sed 's/^</page lacks/; s/^>/header lacks/')"
	lint_none "countersign-pkcs11.7 tells the numbers of the mechanisms that the module adds" "$(diff \
		<(vendor_names | sed -n 's/^CKM_/&/p') \
		<(mechanism_cells "$page" | grep -oE 'CKM_COUNTERSIGN_[A-Z0-9_]+( \([0-9A-F]+\))?' | tr -d '()' | LC_ALL=C sort) |
		grep '^[<>]' | sed 's/^</page lacks/; s/^>/header lacks/')"
	mechanisms=$(sed -nE 's/^[[:space:]]*\{(CKM_[A-Z0-9_]+), SCHEME_.*/\1/p' "$top_srcdir/pkcs11/mechanism.c")
	lint_none "countersign-pkcs11.7 has the module's mechanisms in its table, and no others" "$(
		grep -vxEf <(mechanism_cells "$page" | grep -oE 'CKM_[A-Z0-9_*]+' | sed "s/\*/$digest/") <<<"$mechanisms" | sed 's/^/page lacks /'
		mechanism_cells "$page" | grep -oE 'CKM_[A-Z0-9_*]+' | while read -r name; do
			grep -qxE "${name/\*/$digest}" <<<"$mechanisms" || echo "module lacks $name"
		done
	)"
}

check_program countersign-card countersign-card.1
check_script countersign-gadget countersign-gadget.8
check_program countersignd countersignd.8
check_program tools/countersign countersign.1
check_commands
check_settings
check_options
check_mechanisms
tap_done
