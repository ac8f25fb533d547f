/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The profiles of PKCS #11 Profiles v3.1 (4.1, 4.3 to 4.5), shown as CKO_PROFILE objects. Each is there only while what it says is true
 * of the token, by what is known of it; nothing is read from the card to find out but which keys there are.
 *
 *   baseline, extended    the module has all that they ask for, whatever the token
 *   authentication token  there is a user who can log in, and a private key that signs whose public key is shown
 *   public certificates   every certificate can be read without a login, is found by the CKA_ID of its private key, and so is
 *                         that key or its public key. A certificate that has not been read yet counts as its slot's.
 *                         Not said of a token that has no place for certificates
 */
#ifndef COUNTERSIGN_PKCS11_PROFILE_H
#define COUNTERSIGN_PKCS11_PROFILE_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

#define PROFILES 4u

struct token;

CK_PROFILE_ID profile_id(size_t index);
CS_MUST_CHECK enum cs_err profile_true(struct token *token, size_t index, bool *truth);

#endif
