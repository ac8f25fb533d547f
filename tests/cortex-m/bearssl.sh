# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# BearSSL's sources, of this system's release of Debian, which has it compiled for computers alone. apt fetches and verifies them
# with lists of its own, so that this system's stay as they are; kept between runs.
#
#   bearssl_source    prints the folder; else says why there is none, and fails
#   bearssl_files DIR the files of it that the crypto port needs

bearssl_cache=${COUNTERSIGN_CHECK_CACHE:-/var/cache/countersign}/bearssl

bearssl_fetch()
{
	local new=$bearssl_cache.new site release
	# shellcheck disable=SC2016
	read -r site release < <(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Identifier: Packages' 'Component: main' \
		'Origin: Debian' | grep -E ' (bookworm|trixie)$' | head -n 1)
	[ -n "${release-}" ] || { echo "apt knows no Debian mirror"; return 1; }
	rm -rf "$new" && mkdir -p "$new/lists/partial" && cd "$new" || return 1
	echo "deb-src $site $release main" >sources.list
	local options=(-q -o "Dir::Etc::SourceList=$new/sources.list" -o Dir::Etc::SourceParts=/nonexistent
		-o "Dir::State::Lists=$new/lists" -o APT::Sandbox::User=root)
	apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only --tar-only bearssl &&
		mkdir source && tar -xf bearssl_*.orig.tar.* -C source --strip-components=1 &&
		mv source "$bearssl_cache" && rm -rf "$new"
}

bearssl_source()
{
	if [ ! -e "$bearssl_cache/inc/bearssl.h" ]; then
		mkdir -p "${bearssl_cache%/*}" 2>/dev/null && (bearssl_fetch) >"$bearssl_cache.log" 2>&1 ||
			{ echo "BearSSL's sources cannot be had: see $bearssl_cache.log"; return 1; }
	fi
	echo "$bearssl_cache"
}

bearssl_files()
{
	(
		cd "$1/src" && ls "$PWD"/codec/{ccopy,enc*,dec*}.c "$PWD"/ec/{ec_c25519_i31,ec_p256_m31,ec_prime_i31,ec_secp*,ec_keygen}.c \
			"$PWD"/ec/ecdsa_{i31_bits,i31_sign_asn1,i31_sign_raw,rta}.c "$PWD"/hash/{sha1,sha2small,sha2big,ghash_ctmul}.c \
			"$PWD"/int/{i31_*,i32_div32}.c "$PWD"/mac/hmac.c "$PWD"/rand/hmac_drbg.c \
			"$PWD"/rsa/rsa_i31_{keygen,keygen_inner,modulus,priv,pub}.c \
			"$PWD"/symcipher/{aes_common,aes_ct,aes_ct_enc,aes_ct_dec,aes_ct_cbcenc,aes_ct_cbcdec,aes_ct_ctr}.c \
			"$PWD"/symcipher/{des_ct,des_ct_cbcenc,des_ct_cbcdec,des_support}.c
	)
}
