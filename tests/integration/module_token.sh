# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A token with an RSA-2048 and two P-256 keys, for the tests of the module. Source it after tests/lib/card.sh: it sets PIN.
# Not a test itself.

PIN=482913

token_make()
{
	local tool=(pkcs11-tool --module "$CARD_MODULE")
	{
		card_start countersign &&
			"${tool[@]}" --init-token --so-pin 82918273 --label Test &&
			"${tool[@]}" --login --login-type so --so-pin 82918273 --init-pin --new-pin "$PIN" &&
			"${tool[@]}" --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 01 &&
			"${tool[@]}" --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 02 &&
			"${tool[@]}" --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 03
	} >"$CARD_DIR/token.log" 2>&1
}
