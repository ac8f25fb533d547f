#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds Debian 13's OpenSC with what Debian leaves out of it, PIV secure messaging: its source, as the archive of this release has it
# and apt has checked it; only the tools that tests/integration/opensc_sm.sh drives.
#
#   opensc_sm.sh DIR         DIR/tree is the source, built. What is there already stays
#
# Exit status 77, and the reason as the last line: no such source can be had.

set -u
dir=${1:?opensc_sm.sh wants the folder to build in}
jobs=$(nproc)

skip()
{
	echo "$*"
	exit 77
}

. /etc/os-release
[ "${ID-} ${VERSION_ID-}" = "debian 13" ] ||
	skip "this is ${PRETTY_NAME-not Debian}: OpenSC has had PIV secure messaging since 0.26, which is Debian 13's"
[ ! -e "$dir/built" ] || exit 0
mkdir -p "$dir" && cd "$dir" && dir=$PWD || exit 1
rm -rf tree tree.new apt
mkdir -p apt/lists/partial apt/cache apt/source

# The sources that belong to the packages of this machine; apt's own lists stay as they are. It tells of archives only where it has lists.
apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
	sort -u >apt/sources.list
[ -s apt/sources.list ] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >apt/sources.list 2>/dev/null
[ -s apt/sources.list ] || skip "apt knows no archive of Debian's to have OpenSC's source from"

source_get()
{
	apt-get -q -o "Dir::Etc::SourceList=$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$dir/apt/lists" \
		-o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root "$@"
}

source_get update && (cd apt/source && source_get --only-source --tar-only --download-only source opensc) &&
	archive=$(find apt/source -name 'opensc_*.orig.tar.*' ! -name '*.asc' | grep .) ||
	skip "OpenSC's source cannot be had from $(cut -d ' ' -f 2 apt/sources.list | head -n 1)"

mkdir tree.new
tar -xf "$archive" -C tree.new --strip-components=1 && mv tree.new tree && cd tree || exit 1
autoreconf -fi &&
	./configure -q --enable-piv-sm --disable-man --disable-doc --disable-static --disable-notify --disable-readline --disable-zlib \
		--disable-strict CFLAGS='-O1 -w' &&
	for part in common scconf ui pkcs15init sm libopensc; do
		make -s -C "src/$part" -j"$jobs" || exit 1
	done &&
	make -s -C src/tools -j"$jobs" opensc-tool pkcs15-tool || exit 1
grep -q piv_sm_open src/libopensc/.libs/libopensc.so || { echo "what was built has no PIV secure messaging"; exit 1; }
rm -rf "$dir/apt"
touch "$dir/built"
