# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A token with an RSA-2048 and two P-256 keys, for the tests of the module. Source it after tests/lib/card.sh: it sets PIN.
# Not a test itself.
#
#   token_make                        the token, with the label Test; the keys have the IDs 01, 02 (its PIN each time) and 03
#   token_public ID FILE              the public key with that ID, as PEM
#   ca_make [NAME]                    a CA in ca.pem and ca.key of the current folder
#   ca_issue CSR CERT [LINE...]       a certificate for a request, lines of its extensions after it
#   p11_kit_alone                     p11-kit knows our module and no other, in these namespaces
#   token_certify ID SUBJECT [LINE...]  a certificate by the CA for the key with that ID, written beside it; leaves it in ID.crt (PEM)

PIN=482913

token_tool()
{
	pkcs11-tool --module "$CARD_MODULE" "$@"
}

token_make()
{
	{
		card_start countersign &&
			token_tool --init-token --so-pin 82918273 --label Test &&
			token_tool --login --login-type so --so-pin 82918273 --init-pin --new-pin "$PIN" &&
			token_tool --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 01 &&
			token_tool --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 02 &&
			token_tool --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 03
	} >"$CARD_DIR/token.log" 2>&1
}

token_public()
{
	token_tool --read-object --type pubkey --id "$1" --output-file "$2.der" >/dev/null 2>&1 &&
		openssl pkey -pubin -inform DER -in "$2.der" -out "$2"
}

p11_kit_alone()
{
	mkdir -p p11-kit.modules
	sed "s,^module:.*,module: $(realpath "$CARD_MODULE")," "$top_srcdir/pkcs11/countersign.module.in" >p11-kit.modules/countersign.module
	mount --bind p11-kit.modules /usr/share/p11-kit/modules
}

ca_make()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "/CN=${1:-Test CA}" -days 30 2>/dev/null
}

ca_issue()
{
	local request=$1 certificate=$2
	shift 2
	openssl x509 -req -in "$request" -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -out "$certificate" \
		-extfile <(printf '%s\n' "basicConstraints=CA:FALSE" "$@") 2>/dev/null
}

token_certify()
{
	local id=$1 subject=$2
	shift 2
	{
		token_public "$id" "$id.pub" &&
			openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj "/CN=any" -out any.csr &&
			openssl x509 -req -in any.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -force_pubkey "$id.pub" -subj "$subject" \
				-extfile <(printf '%s\n' "basicConstraints=CA:FALSE" "$@") -out "$id.crt" &&
			openssl x509 -in "$id.crt" -outform DER -out "$id.crt.der" &&
			token_tool --login --pin "$PIN" --write-object "$id.crt.der" --type cert --id "$id"
	} >>"$CARD_DIR/token.log" 2>&1
}
