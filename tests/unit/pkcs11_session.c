/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A session for tests of the module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

CK_SESSION_HANDLE p11_session;

int p11_session_make(void **state)
{
	(void)state;
	return p11_token_make(&transport_card, &p11_session) ? 0 : -1;
}

int p11_session_end(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

struct bytes hex(const char *text)
{
	struct bytes b = {{0}, 0};
	struct cs_writer w = CS_WRITER_OF(b.at);

	assert_int_equal(cs_hex_decode(cs_view_string(text), &w), CS_OK);
	b.len = w.len;
	return b;
}

void assert_bytes(const CK_BYTE *got, CK_ULONG len, const char *want)
{
	struct bytes b = hex(want);

	assert_int_equal(len, b.len);
	assert_memory_equal(got, b.at, b.len);
}

CK_RV p11_secret(CK_KEY_TYPE type, const char *value, const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	struct bytes b = hex(value);
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE, b.at, b.len},
				   {0, NULL, 0}};

	if (more != NULL)
		template[3] = *more;
	return C_CreateObject(p11_session, template, more != NULL ? 4 : 3, key);
}

CK_OBJECT_HANDLE p11_key(CK_KEY_TYPE type, const char *value)
{
	CK_OBJECT_HANDLE key = 0;

	assert_int_equal(p11_secret(type, value, NULL, &key), CKR_OK);
	return key;
}
