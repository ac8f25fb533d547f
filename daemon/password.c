/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords and PINs: Argon2id, and the rules for new ones.
 */
#include "daemon/password.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/secret.h"

#define PASSWORD_VERSION  1u
#define PASSWORD_SALT_LEN 16u
#define PASSWORD_TAG_LEN  32u

enum cs_err password_secret(const struct seal_key *key, uint8_t secret[32])
{
	static const uint8_t purpose[] = "countersign password secret 1";
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), key->bytes, SEAL_KEY_LEN, purpose, sizeof(purpose) - 1, secret, &len) ||
	    len != 32)
		return CS_ERR_CRYPTO;
	return CS_OK;
}

static enum cs_err password_tag(const uint8_t secret[32], const struct password_cost *cost,
				const uint8_t salt[PASSWORD_SALT_LEN], struct cs_view password,
				uint8_t tag[PASSWORD_TAG_LEN])
{
	uint8_t copy[PASSWORD_MAX], salt_copy[PASSWORD_SALT_LEN], secret_copy[32];
	argon2_context context = {.out = tag,
				  .outlen = PASSWORD_TAG_LEN,
				  .pwd = copy,
				  .pwdlen = (uint32_t)password.len,
				  .salt = salt_copy,
				  .saltlen = sizeof(salt_copy),
				  .secret = secret_copy,
				  .secretlen = sizeof(secret_copy),
				  .t_cost = cost->passes,
				  .m_cost = cost->memory,
				  .lanes = 1,
				  .threads = 1,
				  .version = ARGON2_VERSION_13,
				  .flags = ARGON2_DEFAULT_FLAGS};

	if (password.len > sizeof(copy))
		return CS_ERR_LENGTH;
	if (password.len)
		memcpy(copy, password.ptr, password.len);
	memcpy(salt_copy, salt, sizeof(salt_copy));
	memcpy(secret_copy, secret, sizeof(secret_copy));
	int result = argon2id_ctx(&context);
	cs_wipe(copy, sizeof(copy));
	cs_wipe(secret_copy, sizeof(secret_copy));
	return result == ARGON2_OK			  ? CS_OK
	       : result == ARGON2_MEMORY_ALLOCATION_ERROR ? CS_ERR_MEMORY
							  : CS_ERR_CRYPTO;
}

enum cs_err password_store(const uint8_t secret[32], const struct password_cost *cost,
			   struct cs_view password, uint8_t out[PASSWORD_STORED_LEN])
{
	struct cs_writer w = cs_writer_of(out, PASSWORD_STORED_LEN);

	cs_write_u8(&w, PASSWORD_VERSION);
	cs_write_u32(&w, cost->memory);
	cs_write_u32(&w, cost->passes);
	uint8_t *salt = cs_write_space(&w, PASSWORD_SALT_LEN), *tag = cs_write_space(&w, PASSWORD_TAG_LEN);
	if (!salt || !tag)
		return CS_ERR_NO_SPACE;
	enum cs_err err = seal_random(salt, PASSWORD_SALT_LEN);
	return err ? err : password_tag(secret, cost, salt, password, tag);
}

enum cs_err password_matches(const uint8_t secret[32], const struct password_cost *cost,
			     struct cs_view stored, struct cs_view password, bool *same)
{
	static const uint8_t no_salt[PASSWORD_SALT_LEN];
	struct password_cost paid = *cost;
	struct cs_view salt = CS_VIEW_OF(no_salt), tag = CS_VIEW_EMPTY;
	uint8_t computed[PASSWORD_TAG_LEN];

	if (stored.len) {
		struct cs_reader r = cs_reader_of(stored);
		uint8_t version = cs_read_u8(&r);
		paid.memory = cs_read_u32(&r);
		paid.passes = cs_read_u32(&r);
		salt = cs_read_view(&r, PASSWORD_SALT_LEN);
		tag = cs_read_view(&r, PASSWORD_TAG_LEN);
		if (cs_reader_done(&r) || version != PASSWORD_VERSION)
			return CS_ERR_CORRUPT;
	}
	enum cs_err err = password_tag(secret, &paid, salt.ptr, password, computed);
	if (!err)
		*same = tag.len && CS_PUBLIC(cs_equal_ct(computed, tag.ptr, PASSWORD_TAG_LEN));
	cs_wipe(computed, sizeof(computed));
	return err;
}

/* ---- rules ---- */

static uint8_t password_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* The step from a to b where they are neighbours, in the alphabet or on a row of a keyboard: -1, 0, 1; 2:
 * they are not. */
static int password_step(uint8_t a, uint8_t b)
{
	static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qwertzuiop"};
	int step = b - a;

	if (step >= -1 && step <= 1)
		return step;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strchr(rows[i], a), *to = strchr(rows[i], b);
		if (a && b && at && to && (to - at == 1 || to - at == -1))
			return (int)(to - at);
	}
	return 2;
}

/* Characters without those that end a run of three or more. */
static size_t password_beyond_runs(const uint8_t *text, size_t len)
{
	size_t counted = 0, run = 1;
	int before = 2;

	for (size_t i = 0; i < len; i++) {
		int step = i ? password_step(text[i - 1], text[i]) : 2;
		run = step != 2 && step == before ? run + 1 : step != 2 ? 2 : 1;
		before = step;
		counted++;
		if (run == 3)
			counted -= 2; /* the second one had been counted */
		else if (run > 3)
			counted--;
	}
	return counted;
}

/* The length of what the text repeats; len where it repeats nothing. */
static size_t password_period(const uint8_t *text, size_t len)
{
	for (size_t period = 1; period < len; period++) {
		size_t i = period;
		while (i < len && text[i] == text[i - period])
			i++;
		if (i == len)
			return period;
	}
	return len;
}

static bool password_contains(struct cs_view whole, struct cs_view part)
{
	for (size_t at = 0; part.len && at + part.len <= whole.len; at++)
		if (memcmp(whole.ptr + at, part.ptr, part.len) == 0)
			return true;
	return false;
}

enum password_fault password_fault(struct cs_view password, size_t min, size_t max, struct cs_view name)
{
	uint8_t text[PASSWORD_MAX];
	enum password_fault fault = PASSWORD_GOOD;

	if (password.len < min)
		return PASSWORD_SHORT;
	if (password.len > max || password.len > sizeof(text))
		return PASSWORD_LONG;
	for (size_t i = 0; i < password.len; i++)
		text[i] = password_lower(password.ptr[i]);
	size_t period = password_period(text, password.len);
	size_t counted = password_beyond_runs(text, password.len), first = password_beyond_runs(text, period);
	struct cs_view lower = cs_view(text, password.len);
	counted = first < counted ? first : counted;
	if (counted < (min + 1) / 2 + (min < 6))
		fault = PASSWORD_TRIVIAL;
	else if (name.len >= 3 && (password_contains(lower, name) || password_contains(name, lower)))
		fault = PASSWORD_NAME;
	cs_wipe(text, sizeof(text));
	return fault;
}
