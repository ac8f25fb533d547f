#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSSL's command and curl with the module: by the engine of libp11, and by pkcs11-provider where that is packaged.
. "${top_srcdir:-.}/tests/lib/card.sh"
tap_need pkcs11-tool openssl curl
. "$top_srcdir/tests/clients/openssl_rows.sh"

[ -e "$engine" ] || [ -e "$provider" ] || tap_skip_all "neither libengine-pkcs11-openssl nor pkcs11-provider is installed"
openssl_token

if [ -e "$engine" ]; then
	client_begin openssl-engine libengine-pkcs11-openssl "with openssl:2" "with curl:2" "req -new" "req -x509" "x509 -CAkey" "dgst -sign" "pkeyutl -decrypt" \
		"pkeyutl -derive" "cms -sign" "cms -decrypt" "s_client" "s_server" "curl" "a key that wants its PIN each time" "beside an Ed25519 key" \
		"beside an Ed25519 key that the module hides"
	printf '%s\n' "openssl_conf = init" "[init]" "engines = engines" "[engines]" "pkcs11 = pkcs11" "[pkcs11]" \
		"dynamic_path = $engine" "MODULE_PATH = $CARD_MODULE" "init = 0" "${request_section[@]}" >engine.cnf
	use=(-engine pkcs11 -keyform engine)
	use_ca=(-engine pkcs11 -CAkeyform engine)
	use_curl=(--engine pkcs11 --key-type ENG)
	export OPENSSL_CONF=$CARD_DIR/engine.cnf
	everything
	sign=(openssl dgst "${use[@]}" -sha256 -sign "$(key 03)" -out beside.sig data)
	tap_ok "an Ed25519 key" token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05
	if "${sign[@]}" >/dev/null 2>&1; then
		tap_ok "beside an Ed25519 key, ECDSA: it verifies" openssl dgst -sha256 -verify 03.pub -signature beside.sig data
	else
		tap_skip "beside an Ed25519 key" "it finds no key at all then; the module can hide it: hide_keys in countersign-pkcs11.conf"
	fi
	rm -f beside.sig
	echo "hide_keys = ed25519" >hide.conf
	tap_ok "beside an Ed25519 key that the module hides, ECDSA" env COUNTERSIGN_PKCS11_CONF="$CARD_DIR/hide.conf" "${sign[@]}"
	tap_ok "beside an Ed25519 key that the module hides, ECDSA: it verifies" \
		openssl dgst -sha256 -verify 03.pub -signature beside.sig data
	token_tool --login --pin "$PIN" --delete-object --type privkey --id 05 >/dev/null 2>&1
	unset OPENSSL_CONF
	client_end
fi

[ ! -e "$provider" ] || provider_rows pkcs11-provider
tap_done
