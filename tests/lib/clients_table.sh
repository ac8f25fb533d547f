#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# docs/CLIENTS out of what the tests of tests/lib/client.sh printed:
#
#   clients_table.sh LOGS...     each a directory with the logs of make integration on one release, oldest first
set -eu

# One part of the table: the sections of these logs, in this order; LOGS are in logs.
part()
{
	local files=() name directory
	for name in "$@"; do
		for directory in "${logs[@]}"; do
			files+=("$directory"/*/"$name".log)
		done
	done
	awk '
		/^# client: / { name = $3; version = $4
			if (!(name in seen)) { seen[name] = ++names; by_number[names] = name }
			if (versions[name] !~ ("(^| )" version "( |$)")) versions[name] = versions[name] (versions[name] == "" ? "" : " ") version }
		/^# row: / {
			text = substr($0, 8); n = split(text, part, " [|] ")
			row = part[1]
			if (!((name, row) in known)) { known[name, row] = 1; rows[name, ++count[name]] = row }
			cell = part[2]
			if (cell == "no") {
				if (!((name, part[3]) in note)) { note[name, part[3]] = ++notes[name]; reason[name, notes[name]] = part[3] }
				cell = "no[" note[name, part[3]] "]"
			}
			cells[name, row, version] = cell
		}
		END {
			for (i = 1; i <= names; i++) {
				name = by_number[i]; n = split(versions[name], v, " ")
				line = sprintf("%-58s", name)
				for (j = 1; j <= n; j++) line = line sprintf("%-10s", v[j])
				sub(/ +$/, "", line); print line "\n"
				for (r = 1; r <= count[name]; r++) {
					line = sprintf("  %-56s", rows[name, r])
					for (j = 1; j <= n; j++) line = line sprintf("%-10s", cells[name, rows[name, r], v[j]])
					sub(/ +$/, "", line); print line
				}
				for (r = 1; r <= notes[name]; r++) print (r == 1 ? "\n" : "") "  [" r "] " reason[name, r]
				print ""
			}
		}
	' "${files[@]}"
}

logs=("$@")
{
	cat <<'END'
Countersign: other people's programs on the card
================================================

Subcommand by subcommand, as Debian 12 and Debian 13 have them. Each row is tested by make integration, which also fails where this
table says something else than what was seen; make clients writes it anew from the logs of both releases. pkcs11-provider 1.2.0 is that of
trixie-backports, which the test fetches on Debian 13 and puts in the place of 1.0, which has neither ML-DSA nor ML-KEM; where it cannot be
fetched, its column is not tested. What 1.2.0 asks of the module for them (no CKA_VALUE_LEN; CKA_PARAMETER_SET, C_EncapsulateKey,
C_DecapsulateKey) unit/pkcs11_pqc_test asks too, wherever libcrypto has them.

  yes      it works, and other software (openssl, oathtool, sshd) has checked the result where there is one
  no[n]    it cannot: the program does not have it, or cannot do it with this kind of card; note n of the section says why
  1.2      of a row "with PACKAGE": another program that takes part, or checks the result, and its version

With nothing of ours installed
==============================

What the card's profile piv answers to programs that know nothing of it (tests/integration: opensc.sh, yubico_piv_tool.sh, ykcs11.sh,
ykman.sh, scdaemon.sh).

A card of that profile starts with a 3DES management key. Rows of "AES192 card" are of one that starts with an AES-192 key, as cards
of the reference token's newest firmware do (countersign-card --init piv --management aes192).

END
	part opensc yubico_piv_tool ykcs11 ykman scdaemon
	cat <<'END'
Through the module
==================

Programs that use countersign-pkcs11.so (tests/clients), with a card of the profile countersign that an application has initialised. A
wrong PIN is refused in each of them. pkcs11-tool is what most of them are prepared with; of neither release does it know ML-DSA and ML-KEM.

END
	part openssh openssl openssl_backports gnutls nss browsers java p11_kit pykcs11 disk pam_p11 eap vpn
} | sed '$d'
