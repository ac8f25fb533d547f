#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSSL's command and curl with the module, by the pkcs11-provider of trixie-backports, which has ML-DSA and ML-KEM: Debian 13's own has
# not. apt fetches and verifies the package with lists of its own, so that this system's stay as they are, and it is kept between runs.
# It is not installed: in the namespace of this test it stands where the installed one is. What cannot be fetched is no failure.
. "${top_srcdir:-.}/tests/lib/tap.sh"
. /etc/os-release
[ "${ID-} ${VERSION_ID-}" = "debian 13" ] || tap_skip_all "this is ${PRETTY_NAME-not Debian}: trixie-backports belongs to Debian 13"

package=${COUNTERSIGN_CHECK_CACHE:-/var/cache/countersign}/backports/pkcs11-provider.deb
log=${package%.deb}.log

# From the mirror that this machine's own packages come from; apt tells of it only where it has lists.
package_fetch()
{
	local site options
	new=$(mktemp -d) && trap 'rm -rf "$new"' EXIT && cd "$new" && mkdir -p lists/partial || return 1
	# shellcheck disable=SC2016
	site=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Codename: trixie' | head -n 1)
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site:-http://deb.debian.org/debian} trixie-backports main" >sources.list
	options=(-q -o "Dir::Etc::SourceList=$new/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$new/lists"
		-o "Dir::Cache=$new/cache" -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Acquire::Languages=none
		-o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false)
	timeout 120 apt-get "${options[@]}" update && timeout 120 apt-get "${options[@]}" download pkcs11-provider/trixie-backports &&
		mv pkcs11-provider_*.deb "$package.$$" && mv "$package.$$" "$package"
}

# Here there is a network; behind card.sh there is not.
if [ -z "${CARD_NAMESPACE-}" ] && [ "$(id -u)" -eq 0 ] && [ ! -e "$package" ]; then
	mkdir -p "${package%/*}" && (package_fetch) >"$log" 2>&1 ||
		tap_skip_all "pkcs11-provider cannot be had from trixie-backports: $(grep -m 1 '^E:' "$log" || echo "see $log")"
fi

. "${top_srcdir:-.}/tests/lib/card.sh"
tap_need pkcs11-tool openssl curl
. "$top_srcdir/tests/clients/openssl_rows.sh"
[ -e "$provider" ] || tap_skip_all "pkcs11-provider is not installed, in whose place that of trixie-backports is put"
if ! dpkg-deb -x "$package" "$CARD_DIR/backports" || [ ! -e "$CARD_DIR/backports$provider" ]; then
	rm -f "$package"
	tap_skip_all "the package of trixie-backports that was kept is none; the next run fetches it"
fi
mount --bind "$CARD_DIR/backports$provider" "$provider" || card_die "$provider cannot be mounted"

openssl_token
tap_like "OpenSSL loads that of trixie-backports" \
	"$(PKCS11_PROVIDER_MODULE=$CARD_MODULE openssl list -providers -provider pkcs11 2>&1)" "version: $(client_version_of "$package")"
provider_rows "$package"
tap_done
