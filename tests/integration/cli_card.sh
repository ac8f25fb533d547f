#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The countersign command on a virtual card: every command about the card over its socket, some over PC/SC, and what goes wrong.
# Codes are checked against oathtool, requests and certificates against openssl.

. "$(dirname "$0")/../lib/card.sh"

for need in jq openssl oathtool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done

cli=$top_builddir/tools/countersign
umask 077
cd "$CARD_DIR" || exit 1
unset COUNTERSIGN_SCP_KEY COUNTERSIGN_PIN COUNTERSIGN_PUK COUNTERSIGN_NEW_PIN COUNTERSIGN_NEW_PUK COUNTERSIGN_SO_PIN COUNTERSIGN_NEW_SO_PIN COUNTERSIGN_MANAGEMENT_KEY

# run STATUS DESC ARGUMENTS...: the exit status is STATUS; what it printed is in $out and $err.
run()
{
	local want=$1 desc=$2
	shift 2
	"$cli" "$@" >out 2>err </dev/null
	local got=$?
	out=$(cat out)
	err=$(cat err)
	tap_is "$desc" "$got" "$want" || tap_note "$out$err"
}

field()
{
	jq -r "$1" <<<"$out"
}

# ---- without a card ----
COUNTERSIGN_TRANSPORT=socket:$CARD_DIR/nobody run 3 "without a card the exit status is 3" card info
COUNTERSIGN_TRANSPORT=socket:$CARD_DIR/nobody run 0 "the socket's reader is listed without a card" card list --json
tap_is "and said to be empty" "$(field '.readers[0].card')" false
COUNTERSIGN_TRANSPORT=pigeon run 2 "an unknown transport is a usage error" card info
COUNTERSIGN_TRANSPORT=pcsc run 3 "without pcscd the exit status is 3" card info
COUNTERSIGN_TRANSPORT=auto run 3 "and without a USB token, where either would do" card info

card_start countersign
export COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET

# ---- usage ----
run 2 "no arguments at all is a usage error"
run 2 "an unknown noun is a usage error" nonsense list
run 2 "an unknown verb is a usage error" card explode
run 2 "an unknown option is a usage error" card info --explode
run 2 "a missing value is a usage error" card info --reader
run 2 "a missing argument is a usage error" key delete
run 2 "an argument too many is a usage error" card info more
run 2 "an unknown slot is a usage error" cert export --slot 9z
run 2 "an unknown algorithm is a usage error" key generate --algorithm rot13
run 2 "a number that is none is a usage error" otp add me --digits six
run 2 "a file that is not there is a usage error" pin change --pin-file nowhere
run 0 "--help is no error" --help
for verb in $(sed -n 's/^  \([a-z]* [a-z]*\) .*/\1/p' out | grep -E '^(card|pin|key|secret|cert|otp) ' | tr ' ' '/'); do
	run 0 "${verb/\// } --help" "${verb%/*}" "${verb#*/}" --help
done
run 0 "--version" --version
run 2 "an error is told in JSON too where that is asked for" card explode --json
run 2 "with a stable code" card info --explode --json
tap_is "that is the usage code" "$(field .error.code)" usage

# ---- card ----
run 0 "card list" card list --json
tap_is "the card is there" "$(field '.readers[0].card')" true
run 0 "card info of a blank card" card info --json
tap_is "it is blank" "$(field .countersign.lifecycle)" blank
tap_like "it has an ATR" "$(field .atr)" '^3b'
run 0 "card info as text" card info
tap_like "says the same" "$out" 'State: +blank'
tap_like "and how many tries there are" "$out" 'Tries left: +PIN 3, PUK 3, SO PIN 3'

export COUNTERSIGN_PUK=73940216 COUNTERSIGN_PIN=482915
COUNTERSIGN_PIN=111111 run 1 "card init refuses a trivial PIN" card init --label Bad --yes
tap_like "and says why" "$err" 'easily guessed'
run 0 "card init" card init --label 'Ada: test' --yes --json
tap_is "gives the label" "$(field .label)" 'Ada: test'
tap_is "the card is issued" "$(field .lifecycle)" issued
COUNTERSIGN_PUK=11223344 run 1 "card init of an issued card wants its SO PIN" card init --yes
tap_like "and tells the tries" "$err" 'SO PIN is wrong; 2 tries'
run 1 "card init of an issued card without --yes is refused" card init
tap_like "and says what would be lost" "$err" 'will be erased'
run 0 "card info of an issued card" card info --json
tap_is "nothing was erased" "$(field .countersign.label)" 'Ada: test'
run 2 "a label that is too long is a usage error" card init --yes --label 123456789012345678901234567890123

# ---- pin ----
run 0 "pin status" pin status --json
tap_is "all PIN tries are there" "$(field .pin.tries_left)" 3
COUNTERSIGN_PIN=999999 COUNTERSIGN_NEW_PIN=593817 run 1 "pin change with a wrong PIN is refused" pin change
tap_like "and tells the tries" "$err" 'PIN is wrong; 2 tries are left'
COUNTERSIGN_NEW_PIN=123456 run 1 "pin change to a trivial PIN is refused" pin change
run 0 "which costs no try" pin status --json
tap_is "two are left" "$(field .pin.tries_left)" 2
echo 593817 >new-pin
run 0 "pin change with the new PIN from a file" pin change --new-pin-file new-pin
export COUNTERSIGN_PIN=593817
for _ in 1 2 3; do
	COUNTERSIGN_PIN=000000 COUNTERSIGN_NEW_PIN=482915 "$cli" pin change >/dev/null 2>&1
done
COUNTERSIGN_NEW_PIN=482915 run 1 "three wrong ones block the PIN" pin change --json
tap_is "and the code says so" "$(field .error.code)" blocked
COUNTERSIGN_NEW_PIN=482915 run 0 "pin unblock" pin unblock
export COUNTERSIGN_PIN=482915
COUNTERSIGN_NEW_PUK=64128395 run 0 "pin change --puk" pin change --puk
export COUNTERSIGN_PUK=64128395
COUNTERSIGN_SO_PIN=73940216 COUNTERSIGN_NEW_SO_PIN=58201734 run 0 "pin change --so" pin change --so
export COUNTERSIGN_SO_PIN=58201734
run 0 "pin limits" pin limits --pin 5 --so 4
run 0 "pin status" pin status --json
tap_is "tells the PIN's limit" "$(field .pin.tries)" 5
tap_is "and the SO PIN's" "$(field .so.tries)" 4
tap_is "and gave nobody a try" "$(field .pin.tries_left)" 3
run 2 "pin limits wants a limit" pin limits
COUNTERSIGN_SO_PIN=64128395 run 1 "the PUK is not the SO PIN any more" pin limits --pin 3
# setsid: no terminal to ask on, so standard input is read.
printf '593817\n593817\n' | setsid "$cli" pin change >out 2>err
tap_is "only what nothing gives is asked for" "$?" 0
tap_is "the prompts go to standard error" "$(cat out err)" 'new PIN: new PIN again: PIN changed'
printf '593817\n482915\n482915\n' | env -u COUNTERSIGN_PIN setsid "$cli" pin change >out 2>err
tap_is "a PIN is asked for where nothing gives it" $? 0
printf '482915\n593817\n593818\n' | env -u COUNTERSIGN_PIN setsid "$cli" pin change >out 2>err
tap_is "two answers that differ change nothing" $? 2

# ---- key, cert ----
run 0 "key list of an empty card" key list --json
tap_is "is empty" "$(field '.keys | length')" 0
run 1 "cert request without a key is refused" cert request --subject /CN=Ada
for alg in p256 p384 rsa2048; do
	run 0 "key generate --algorithm $alg" key generate --slot 9a --algorithm "$alg" --yes --json
	tap_is "$alg: the answer names it" "$(field .algorithm)" "$alg"
	field .public_key >public.pem
	run 0 "$alg: cert request" cert request --subject '/CN=Ada Lovelace/O=Analytical\/Engines' --output request.pem
	tap_ok "$alg: openssl verifies the request" openssl req -in request.pem -verify -noout
	tap_like "$alg: the subject is the one asked for" "$(openssl req -in request.pem -noout -subject)" \
		'CN = Ada Lovelace, O = Analytical/Engines|CN=Ada Lovelace, O=Analytical/Engines'
	tap_is "$alg: the key is the card's" "$(openssl req -in request.pem -noout -pubkey)" "$(cat public.pem)"
	run 0 "$alg: cert request --self-signed" cert request --self-signed --subject /CN=Ada --days 7
	printf '%s\n' "$out" >self.pem
	tap_ok "$alg: openssl verifies the certificate" openssl verify -check_ss_sig -CAfile self.pem self.pem
	run 0 "$alg: cert export" cert export
	tap_is "$alg: what is exported is what was made" "$out" "$(cat self.pem)"
done
# What this machine's libcrypto has, the card has, and the other way round.
run 0 "card info tells the algorithms" card info --json
algorithms=$(field '.piv.algorithms | join(" ")')
for alg in p521 ed25519 sm2 mldsa44 mldsa65 mldsa87; do
	[[ " $algorithms " = *" $alg "* ]] || { run 1 "$alg: a card without it says so" key generate --algorithm "$alg" --yes; continue; }
	run 0 "key generate --algorithm $alg" key generate --algorithm "$alg" --yes --json
	tap_is "$alg: the answer names it" "$(field .algorithm)" "$alg"
	run 0 "$alg: cert request" cert request --subject /CN=Ada --output request.pem
	signer=()
	[ "$alg" != sm2 ] || signer=(-vfyopt distid:1234567812345678)
	tap_ok "$alg: openssl verifies the request" openssl req -in request.pem -verify -noout "${signer[@]}"
	run 0 "$alg: key attest --chain" key attest --chain --output attested.pem
	csplit -s -f chain- attested.pem '/BEGIN CERTIFICATE/' '{*}'
	tap_ok "$alg: openssl verifies the chain" openssl verify -x509_strict -CAfile chain-03 -untrusted chain-02 chain-01
done
for alg in x25519 mlkem512 mlkem768 mlkem1024; do
	[[ " $algorithms " = *" $alg "* ]] || continue
	run 0 "key generate --algorithm $alg" key generate --algorithm "$alg" --yes
	tap_ok "$alg: openssl reads the public key" openssl pkey -pubin -noout <<<"$out"
	run 1 "$alg: cert request is refused" cert request --subject /CN=Ada
	run 0 "$alg: key attest" key attest --output attested.pem
	tap_ok "$alg: openssl reads the certificate" openssl x509 -in attested.pem -noout
	run 0 "$alg: key list" key list --json
	tap_is "$alg: key list names it" "$(field '.keys[0].algorithm')" "$alg"
done
run 1 "key attest of an empty slot is refused" key attest --slot 82

# key import: what openssl made is on the card then.
import()
{
	local alg=$1
	shift
	openssl genpkey "$@" -out import.key 2>/dev/null
	run 0 "$alg: key import" key import import.key --slot 83 --yes --json
	tap_is "$alg: the answer names it" "$(field .algorithm)" "$alg"
}
for alg in p256:P-256 p384:P-384 p521:P-521; do
	import "${alg%:*}" -algorithm EC -pkeyopt "ec_paramgen_curve:${alg#*:}"
	run 0 "${alg%:*}: the imported key signs" cert request --slot 83 --subject /CN=Ada --output request.pem
	tap_ok "${alg%:*}: openssl verifies it" openssl req -in request.pem -noout -verify
	tap_is "${alg%:*}: the key is the one of the file" "$(openssl req -in request.pem -noout -pubkey)" \
		"$(openssl pkey -in import.key -pubout)"
done
import rsa2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
run 0 "rsa2048: the imported key signs" cert request --slot 83 --subject /CN=Ada --output request.pem
tap_ok "rsa2048: openssl verifies it" openssl req -in request.pem -noout -verify
tap_is "rsa2048: the key is the one of the file" "$(openssl req -in request.pem -noout -pubkey)" \
	"$(openssl pkey -in import.key -pubout)"
for alg in ed25519 x25519 sm2 mldsa65:ML-DSA-65 mlkem768:ML-KEM-768; do
	[[ " $algorithms " = *" ${alg%:*} "* ]] && import "${alg%:*}" -algorithm "${alg#*:}"
done
openssl pkey -in import.key -aes256 -passout pass:opensesame -out locked.key
COUNTERSIGN_PASSPHRASE=opensesame run 0 "an encrypted key file is opened with its passphrase" key import locked.key --slot 83 --yes
COUNTERSIGN_PASSPHRASE=wrong run 2 "a wrong one is a usage error" key import locked.key --slot 83 --yes
run 1 "key import over a key without --yes is refused" key import import.key --slot 83
run 1 "an imported key is not attested" key attest --slot 83
tap_like "and the reason told" "$err" 'it was imported'
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out import.key 2>/dev/null
run 1 "a key that no card takes is refused" key import import.key --slot 83 --yes
run 2 "a file that holds no key is a usage error" key import request.pem --slot 83 --yes
run 0 "key delete 83" key delete 83 --yes
run 0 "key generate over all that" key generate --yes
run 0 "cert request --self-signed for it" cert request --self-signed --subject /CN=Ada
run 1 "key generate over a key without --yes is refused" key generate
run 0 "key generate in slot 9c, by its name" key generate --slot signature --json
run 0 "slot 9c signs a request" cert request --slot 9c --subject /CN=Ada --output request.pem
tap_ok "openssl verifies it" openssl req -in request.pem -verify -noout
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 3 2>/dev/null
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out issued.pem 2>/dev/null
run 0 "cert import of what a CA made of the request" cert import --slot 9c issued.pem
run 1 "cert import of another key's certificate is refused" cert import --slot 9c ca.pem
tap_like "and says why" "$err" 'another key'
run 0 "cert import --force" cert import --slot 9d --force ca.pem
run 2 "cert import of something else is a usage error" cert import "$cli"
run 0 "cert export to a file" cert export --slot 9c --output exported.pem
tap_ok "is the one imported" cmp <(openssl x509 -in exported.pem) <(openssl x509 -in issued.pem)
run 1 "cert export of an empty slot is refused" cert export --slot 82
run 0 "key list" key list --json
tap_is "shows the slots in use" "$(field '[.keys[].slot] | join(" ")')" '9a 9c 9d'
tap_is "and the subject" "$(field '.keys[0].subject')" /CN=Ada
run 1 "a wrong PIN keeps a key from being made" key generate --slot 9e --pin-file <(echo 271828)
run 1 "key delete without --yes is refused" key delete 9a
run 0 "key delete" key delete 9a --yes
run 1 "key delete of an empty slot is refused" key delete 9a --yes
run 0 "key list after it" key list --json
tap_is "the key and its certificate are gone" "$(field '[.keys[].slot] | join(" ")')" '9c 9d'

# ---- secret ----
run 0 "secret list of a card without any" secret list --json
tap_is "is empty" "$(field '.secrets | length')" 0
run 0 "secret generate" secret generate --json
tap_is "makes AES-256 in the first place" "$(field '"\(.number) \(.algorithm)"')" "1 aes256"
run 0 "secret generate of an HMAC key, with everything said" secret generate --algorithm hmac-sha512 --length 100 --usage verify \
	--label "for mail" --number 7 --pin-policy always --json
openssl rand -out aes.bin 16
run 0 "secret import of 16 bytes" secret import aes.bin --usage encrypt,decrypt,sign --json
tap_is "takes them for AES-128" "$(field '"\(.number) \(.algorithm)"')" "2 aes128"
run 0 "secret list" secret list --json
tap_is "tells numbers, lengths and usage" "$(field '[.secrets[] | "\(.number):\(.length):\(.uses | join("+"))"] | join(" ")')" \
	"1:32:encrypt+decrypt 2:16:encrypt+decrypt+sign 7:100:verify"
tap_is "labels, policies and where they are from" "$(field '.secrets[2] | "\(.label), \(.pin_policy), \(.origin)"')" "for mail, always, generated"
tap_is "that a key was brought" "$(field '.secrets[1].origin')" imported
run 0 "for people too" secret list
tap_like "secret list has a line for each" "$out" 'secret key  7  hmac-sha512, PIN always, touch never, generated  for mail'
run 1 "a number in use is refused" secret generate --number 7 --json
tap_is "and the code says why" "$(field .error.code)" in_use
run 1 "a key of a length that its algorithm has not is refused" secret import aes.bin --algorithm aes256 --json
tap_is "by the card" "$(field .error.code)" unsupported
run 2 "an empty file is a usage error" secret import /dev/null
run 2 "a file that is longer than any key is a usage error" secret import request.pem
run 2 "an unknown usage is a usage error" secret generate --usage encrypt,copy
run 2 "an unknown algorithm of a secret key is a usage error" secret generate --algorithm des
run 2 "a number that no secret key has is a usage error" secret generate --number 33
run 1 "a wrong PIN keeps a secret key from being made" secret generate --pin-file <(echo 271828)
run 1 "secret delete without --yes is refused" secret delete 7
run 2 "secret delete of no number is a usage error" secret delete seven --yes
run 0 "secret delete" secret delete 7 --yes
run 1 "secret delete of one that is not there is refused" secret delete 7 --yes --json
tap_is "which is not found" "$(field .error.code)" not_found
for number in 1 2; do
	run 0 "secret delete $number" secret delete "$number" --yes
done

# ---- otp ----
seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
run 0 "otp list of an empty card" otp list --json
tap_is "is empty" "$(field '.credentials | length')" 0
for hash in SHA1 SHA256 SHA512; do
	COUNTERSIGN_OTP_SECRET=$seed run 0 "otp add, TOTP with $hash" otp add "$hash" --algorithm $hash --digits 8
	run 0 "otp code at a given time" otp code $hash --time 1234567890
	tap_is "$hash: oathtool computes the same" "$out" \
		"$(oathtool --totp=$hash -b -d 8 -N '@1234567890' $seed)"
done
echo "otpauth://totp/Example%20Inc:ada@example.org?secret=$seed&issuer=Example%20Inc&period=60" >uri
run 0 "otp add --uri-file" otp add --uri-file uri --json
tap_is "the name carries period and issuer" "$(field .name)" '60/Example Inc:ada@example.org'
run 0 "otp code by the account alone" otp code ada@example.org --time 59 --json
tap_is "the period is minded" "$(field .code)" "$(oathtool --totp -s 60s -b -N '@59' $seed)"
tap_is "and the end of the code's life told" "$(field .valid_until)" 60
run 0 "otp add of an otpauth: URI for HOTP" otp add "otpauth://hotp/counter?secret=$seed&counter=5"
run 0 "otp code makes the HOTP code of the first counter" otp code counter
tap_is "oathtool computes the same" "$out" "$(oathtool -c 5 -b $seed)"
run 0 "otp code again" otp code counter
tap_is "makes the next one" "$out" "$(oathtool -c 6 -b $seed)"
run 0 "otp code now" otp code SHA1 --json
tap_like "is 8 digits" "$(field .code)" '^[0-9]{8}$'
COUNTERSIGN_OTP_SECRET=$seed run 0 "otp add --touch" otp add touched --touch
run 0 "otp code of it" otp code touched
tap_is "a touch that is there at once is not told of" "$err" ""
run 0 "otp list" otp list --json
tap_is "lists them all" "$(field '.credentials | length')" 6
tap_is "and tells which wants a touch" "$(field '[.credentials[] | select(.touch) | .name] | join(" ")')" touched
COUNTERSIGN_OTP_SECRET=$seed run 1 "otp add over a credential without --yes is refused" otp add SHA1
COUNTERSIGN_OTP_SECRET='not base32!' run 2 "a secret that is no base32 is a usage error" otp add bad
run 2 "a URI without a secret is a usage error" otp add otpauth://totp/x
run 1 "otp code of an unknown name is refused" otp code nobody
run 2 "otp code of a part that several names have is a usage error" otp code SHA
run 1 "otp delete without --yes is refused" otp delete touched
run 1 "otp delete takes no part of a name" otp delete touch --yes
run 0 "otp delete" otp delete touched --yes
run 1 "otp code of a deleted one is refused" otp code touched

run 0 "otp rename" otp rename SHA256 'Bank:ada'
run 0 "otp code by its new name" otp code Bank:ada --time 1234567890
tap_is "makes the same code" "$out" "$(oathtool --totp=SHA256 -b -d 8 -N '@1234567890' $seed)"
run 1 "otp rename to a name that is taken is refused" otp rename Bank:ada SHA512
tap_like "and says why" "$err" 'there is a credential "SHA512" already'

# ---- otp bound to the PIN, OCRA ----
COUNTERSIGN_OTP_SECRET=$seed run 0 "otp add --pin-bound" otp add bound --type hotp --pin-bound
run 0 "otp list tells what is bound" otp list --json
tap_is "the one that is" "$(field '[.credentials[] | select(.pin) | .name] | join(" ")')" bound
COUNTERSIGN_PIN=000000 run 1 "otp code of it with a wrong PIN is refused" otp code bound
tap_like "and tells the tries" "$err" 'PIN is wrong; [0-9]+ tries are left'
run 0 "otp code of it with the PIN" otp code bound
tap_is "is the first one" "$out" "$(oathtool -b -c 0 $seed)"
# The vectors of RFC 6287, appendix C; its keys, in base32.
key20=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
key32=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA
run 2 "otp add --ocra of what is no suite is a usage error" otp add bad --ocra OCRA-2:HOTP
COUNTERSIGN_OTP_SECRET=$key20 run 0 "otp add --ocra" otp add login --ocra OCRA-1:HOTP-SHA1-6:QN08
run 0 "otp code --challenge" otp code login --challenge 11111111
tap_is "answers as RFC 6287 has it" "$out" 243178
run 2 "a challenge of another form is a usage error" otp code login --challenge abc
tap_like "that says which form it has" "$err" 'up to 8 digits'
run 2 "no challenge is a usage error" otp code login
COUNTERSIGN_OTP_SECRET=$key32 run 0 "otp add --ocra with counter and PIN" otp add sign --ocra OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1
for want in 65347737 86775851; do
	COUNTERSIGN_OCRA_PIN=1234 run 0 "otp code with PIN and counter" otp code sign --challenge 12345678 --json
	tap_is "answers as RFC 6287 has it" "$(field .code)" $want
done
run 0 "otp list tells the suites" otp list --json
tap_is "both" "$(field '[.credentials[] | select(.type == "ocra") | .suite] | join(" ")')" \
	'OCRA-1:HOTP-SHA1-6:QN08 OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1'

# ---- seeds that the card makes ----
openssl ecparam -name prime256v1 -genkey -noout -out server.key
openssl pkey -in server.key -pubout -out server.pub
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 2>/dev/null | openssl pkey -pubout -out rsa.pub
run 2 "otp add --seal-to without --output is a usage error" otp add made --seal-to server.pub
run 2 "a server's key of another kind is a usage error" otp add made --seal-to rsa.pub --output seed
run 0 "otp add --seal-to" otp add made --type hotp --algorithm SHA256 --seal-to server.pub --output seed
run 2 "a file that is there is not written over" otp add made --seal-to server.pub --output seed --yes
openssl genpkey -algorithm X25519 -out x25519.key
openssl pkey -in x25519.key -pubout -out x25519.pub
run 0 "otp add --seal-to of X25519" otp add madex --seal-to x25519.pub --output seedx
run 0 "otp sealed tells so" otp sealed seedx --json
tap_is "its curve" "$(field .curve)" X25519
run 0 "otp delete of it" otp delete madex --yes
run 0 "otp sealed" otp sealed seed --json
tap_is "tells the credential" "$(field '.name + " " + .type + " " + .algorithm')" 'made hotp SHA256'
tap_is "and the server's key" "$(field .server_key)" \
	"$(openssl pkey -pubin -in server.pub -outform DER | tail -c 65 | od -An -v -tx1 | tr -d ' \n')"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca2.key -out ca2.pem -subj /CN=Other -days 3 2>/dev/null
run 1 "otp sealed by a certificate that has nothing to do with it is refused" otp sealed seed --trust ca2.pem
run 0 "key attest --chain has the card's certificates" key attest --slot 9c --chain --output chain.pem
for n in 2 3; do
	awk -v n=$n '/BEGIN/ { at++ } at == n' chain.pem >trusted.pem
	run 0 "otp sealed by certificate $n of it is the card's word" otp sealed seed --trust trusted.pem --json
	tap_is "and trusted, $n" "$(field .trusted)" true
done
cp seed changed && printf X | dd of=changed bs=1 seek=40 conv=notrunc 2>/dev/null
run 1 "otp sealed of a changed file is refused" otp sealed changed
run 0 "otp code of what the card made" otp code made
run 0 "otp list" otp list --json
tap_is "tells what the card made" "$(field '[.credentials[] | select(.made_by_card) | .name] | join(" ")')" made

# ---- the password ----
run 0 "otp status without a password" otp status --json
tap_is "there is none" "$(field .password)" false
COUNTERSIGN_NEW_PASSWORD=secret run 0 "otp password" otp password
run 0 "otp status with a password" otp status --json
tap_is "it has all tries" "$(field '.tries_left')" 15
COUNTERSIGN_PASSWORD=wrong run 1 "a wrong password is refused" otp list
tap_like "and tells the tries" "$err" '14 of 15 tries are left$'
COUNTERSIGN_PASSWORD=secret run 0 "the right one is good" otp list
for _ in 1 2 3 4 5; do
	COUNTERSIGN_PASSWORD=wrong run 1 "a wrong password" otp list
done
tap_like "after the fifth in a row one has to wait" "$err" '10 of 15 tries are left, the next in [1-5] seconds'
COUNTERSIGN_PASSWORD=secret run 1 "not even the right one is looked at before" otp list
tap_like "and it says so" "$err" 'try again in [1-5] seconds'
run 0 "otp unblock" otp unblock
COUNTERSIGN_PASSWORD=secret run 0 "ends the wait" otp list
COUNTERSIGN_PASSWORD=secret run 0 "otp password --remove" otp password --remove
run 0 "no password is asked for then" otp list
run 1 "otp unblock without a password is refused" otp unblock
run 1 "otp reset without --yes is refused" otp reset
run 0 "otp reset" otp reset --yes
run 0 "otp list after it" otp list --json
tap_is "nothing is left" "$(field '.credentials | length')" 0
COUNTERSIGN_OTP_SECRET=$seed run 0 "otp add after it" otp add SHA256 --algorithm SHA256 --digits 8

# ---- the trace ----
COUNTERSIGN_TRACE=$CARD_DIR/trace run 0 "a command with COUNTERSIGN_TRACE" key generate --slot 9e
tap_like "the trace has headers and status words" "$(cat trace)" ' 00 20 00 80 Lc=8 Le=0 -> 9000'
tap_ok "and no PIN, in no form" bash -c '! grep -qiE "482915|343832393135|34 38 32 39" trace'
tap_is "only its owner may read it" "$(stat -c %a trace)" 600

# ---- over PC/SC ----
export COUNTERSIGN_TRANSPORT=pcsc
run 0 "card list over PC/SC" card list --json
tap_is "the reader has the card" "$(jq -r --arg r "$CARD_READER" '.readers[] | select(.reader == $r) | .card' <<<"$out")" true
run 0 "card info over PC/SC, by --reader" card info --reader "$CARD_READER" --json
tap_is "is the same card" "$(field .countersign.label)" 'Ada: test'
run 3 "a reader that is not there: 3" card info --reader Nobody
run 0 "key generate over PC/SC (RSA)" key generate --slot 9a --algorithm rsa2048
run 0 "cert request over PC/SC" cert request --subject /CN=Ada --output request.pem
tap_ok "openssl verifies it" openssl req -in request.pem -verify -noout
run 0 "a certificate that is longer than a short APDU" cert request --self-signed --subject /CN=Ada --output self.pem
run 0 "read back over PC/SC" cert export
tap_is "is the same" "$out" "$(cat self.pem)"
run 0 "otp code over PC/SC" otp code SHA256 --time 59
tap_is "oathtool computes the same" "$out" "$(oathtool --totp=SHA256 -b -d 8 -N '@59' $seed)"
card_pull
run 3 "a card that is pulled: 3" card info
card_insert
run 0 "and is there again when it is put back" card info
export COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET

# ---- reset; the piv profile ----
COUNTERSIGN_SO_PIN=00000000 run 1 "card reset wants the SO PIN" card reset --yes
run 0 "card reset" card reset --yes
run 0 "card info after it" card info --json
tap_is "the card is blank" "$(field .countersign.lifecycle)" blank
run 0 "and holds no keys" key list --json
tap_is "none at all" "$(field '.keys | length')" 0
run 2 "an unknown cipher is a usage error" card init --profile piv --management des --yes
run 2 "a PIN cannot be as short as one likes" card init --min-pin 4 --yes
run 0 "card init --management aes256 --min-pin 6" card init --profile piv --management aes256 --min-pin 6 --yes
COUNTERSIGN_MANAGEMENT_KEY=0102030405060708010203040506070801020304050607080102030405060708 \
	run 0 "key generate with a management key of that cipher" key generate --slot 9c
run 0 "card init --profile piv" card init --profile piv --yes --json
tap_is "issues it as that" "$(field .profile)" piv
run 0 "key generate with the factory's management key" key generate --json
COUNTERSIGN_MANAGEMENT_KEY=010203040506070801020304050607080102030405060718 \
	run 1 "key generate with a wrong management key is refused" key generate --slot 9c
COUNTERSIGN_MANAGEMENT_KEY=010203040506070801020304050607080102030405060708 \
	run 0 "key generate with the right one" key generate --slot 9c
run 0 "cert request --self-signed with management key and PIN" cert request --self-signed --subject /CN=Ada
COUNTERSIGN_NEW_PIN=739251 run 0 "pin init --must-change" pin init --must-change
run 0 "pin status of it" pin status --json
tap_is "says so" "$(field .must_change)" true
COUNTERSIGN_PIN=739251 run 1 "a PIN that must be changed signs nothing" cert request --self-signed --subject /CN=Ada --json
tap_is "and the code says why" "$(field .error.code)" pin_expired
COUNTERSIGN_PIN=739251 COUNTERSIGN_NEW_PIN=739251 run 1 "it is not changed to itself" pin change
new=$COUNTERSIGN_PIN
COUNTERSIGN_NEW_PIN=$new COUNTERSIGN_PIN=739251 run 0 "pin change is what it takes" pin change
run 0 "with the new one the key signs" cert request --self-signed --subject /CN=Ada

# ---- the card's life ----
run 2 "card personalise with nothing to set is a usage error" card personalise
run 2 "what is no date is a usage error" card personalise --expires 20301331
run 0 "card personalise" card personalise --holder "Ada Lovelace" --expires 20301231
run 0 "card info tells it" card info --json
tap_is "the holder" "$(field .countersign.holder)" "Ada Lovelace"
tap_is "and until when" "$(field .countersign.expires)" 20301231
run 0 "card inventory" card inventory --json
tap_is "lists the keys" "$(field '[.keys[].slot] | sort | join(" ")')" "9a 9c f9"
tap_is "and the attestation certificate" "$(field '.objects[] | select(.tag == "5FFF01") | .readable')" true
COUNTERSIGN_SO_PIN=00000000 run 1 "card lock wants the SO PIN" card lock
run 0 "card lock" card lock --json
tap_is "locks it" "$(field .lifecycle)" locked
run 1 "a locked card signs nothing" cert request --self-signed --subject /CN=Ada
run 1 "and is not reset" card reset --yes --json
run 1 "nor locked again" card lock --json
tap_is "and the code says why" "$(field .error.code)" wrong_state
run 0 "card unlock" card unlock
run 0 "it signs again" cert request --self-signed --subject /CN=Ada

# ---- SCP03 ----
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >batch.key
echo 2:101112131415161718191a1b1c1d1e1f,202122232425262728292a2b2c2d2e2f >own.key
echo 2:zz >bad.key
run 2 "a key set that is none is a usage error" card scp-key --new-scp-key-file bad.key
run 1 "a card without a key set has no session" card init --yes --scp-key-file batch.key
run 0 "card scp-key gives a card its key set, with the PUK" card scp-key --new-scp-key-file batch.key --json
tap_is "of version 1" "$(field .version)" 1
run 1 "but only once" card scp-key --new-scp-key-file own.key
run 1 "a session with another key set is refused" card init --yes --scp-key-file own.key
COUNTERSIGN_PUK=80417362 run 0 "card init in a session needs no SO PIN, and sets one" card init --yes --label SCP --scp-key-file batch.key --json
tap_is "the card is issued" "$(field .label)" SCP
COUNTERSIGN_PUK=80417362 run 0 "whose PUK is the new one" pin unblock --new-pin-file <(echo 482915)
run 0 "key generate in a session needs neither PIN nor management key" key generate --slot 9c --scp-key-file batch.key --json
run 0 "the key set is replaced in a session" card scp-key --scp-key-file batch.key --new-scp-key-file own.key
COUNTERSIGN_SCP_KEY=$(cat own.key) run 0 "key delete with a key set from the environment" key delete 9c --yes
run 1 "the old one is of no use" key generate --scp-key-file batch.key
run 2 "an unknown suite is a usage error" card secure-messaging --suite cs9 --scp-key-file own.key
run 0 "card secure-messaging makes a key of suite CS7" card secure-messaging --suite cs7 --scp-key-file own.key
run 0 "and another of suite CS2" card secure-messaging --scp-key-file own.key
run 0 "card reset in a session" card reset --yes --scp-key-file own.key
run 1 "erases the key set" card reset --yes --scp-key-file own.key
run 0 "a card to be terminated" card init --yes
run 0 "card terminate" card terminate --yes --json
tap_is "ends its life" "$(field .lifecycle)" terminated
run 1 "it is not issued again" card init --yes
run 0 "what it was is told" card info --json
tap_is "by its serial number" "$(field '.countersign.serial > 0')" true
card_stop
run 3 "a card whose process has ended: 3" card info

tap_done
