/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an object of each class and kind of key has: each attribute that the standard's tables give it (PKCS #11
 * v3.2, 4.4 to 4.14, 6.1, 6.3, 6.67, 6.68).
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_TEMPLATE_CHECK_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_TEMPLATE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "pkcs11/pkcs11.h"

#define TEMPLATE_MAX 64u

enum shape { BOOL, ULONG, DATE, BYTES, LIST, SHAPES };

struct attribute {
	CK_ATTRIBUTE_TYPE type;
	enum shape shape;
};

struct template {
	struct attribute rows[TEMPLATE_MAX];
	size_t count;
	bool hidden; /* what is secret is told to be so */
};

/* Half of a key pair; and what of that only keys of this kind have. */
struct template template_of_half(CK_KEY_TYPE type, bool private);
struct template template_of_kind(CK_KEY_TYPE type, bool private);
struct template template_of_secret(bool hidden, bool has_check_value);
struct template template_of_otp(void);
/* Data, certificates, profiles. */
struct template template_of_class(CK_OBJECT_CLASS class);

/* It answers for each, in a value of that attribute's type or as sensitive, all in one call. */
void template_has_all(CK_OBJECT_HANDLE object, const struct template *t);
/* And it has none of what belongs to objects of another kind. */
void template_is_whole(CK_OBJECT_HANDLE object, const struct template *t);

#endif
