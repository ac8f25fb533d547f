# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module where make install puts it, and what README says to type then. Source it after tests/lib/card.sh, in $CARD_DIR. Not a
# test itself.
#
#   installed_make install|uninstall  make install, below $CARD_DIR/root
#   installed_over FOLDER...          that lies over usr, etc, in these namespaces only; false where this kernel cannot do that
#   installed_module                  where README says that the module is
#   readme PROGRAM N                  the Nth text that README's table has for the program, with that place for PATH

installed_module=$(sed -n 's,.*the module is `\(/[^`]*\)`.*,\1,p' "${top_srcdir:?}/README.md")

# README speaks of a build that was configured without a prefix.
installed_usual()
{
	grep -q '^prefix = /usr/local$' "$top_builddir/Makefile"
}

installed_make()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" "$1" DESTDIR="$CARD_DIR/root"
}

installed_over()
{
	local folder
	for folder; do
		mkdir -p "root/$folder"
		mount -t overlay -o "lowerdir=$CARD_DIR/root/$folder:/$folder" overlay "/$folder" || return
	done
}

readme()
{
	sed -n "s/^| $1 | //p" "$top_srcdir/README.md" | grep -o '`[^`]*`' | sed -n "$2{s/\`//g; s,PATH,$installed_module,g; p}"
}
