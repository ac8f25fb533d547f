/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealed seeds: written and read.
 */
#include "base/sealed_seed.h"

#include <string.h>

#include "base/hkdf.h"
#include "base/secret.h"
#include "base/tlv.h"

#define SALT_MAX (2 * CS_SEALED_SEED_POINT_MAX)

/* ---- statement ---- */

size_t cs_sealed_seed_point_len(enum cs_sealed_seed_curve curve)
{
	switch (curve) {
	case CS_SEALED_SEED_P256:
		return 65;
	case CS_SEALED_SEED_X25519:
		return 32;
	}
	return 0;
}

void cs_sealed_seed_write(struct cs_writer *w, const struct cs_sealed_seed *seed)
{
	cs_tlv_write_u8(w, CS_SEALED_SEED_TAG_VERSION, CS_SEALED_SEED_VERSION);
	cs_tlv_write_header(w, CS_SEALED_SEED_SERIAL, sizeof(uint32_t));
	cs_write_u32(w, seed->serial);
	cs_tlv_write(w, CS_SEALED_SEED_FIRMWARE, CS_VIEW_OF(seed->firmware));
	cs_tlv_write(w, CS_SEALED_SEED_NAME, seed->name);
	cs_tlv_write_header(w, CS_SEALED_SEED_SHAPE, 2);
	cs_write_u8(w, seed->type_hash);
	cs_write_u8(w, seed->digits);
	cs_tlv_write_u8(w, CS_SEALED_SEED_PROPERTIES, seed->properties);
	if (seed->suite.len)
		cs_tlv_write(w, CS_SEALED_SEED_SUITE, seed->suite);
	cs_tlv_write_header(w, CS_SEALED_SEED_COUNTER, sizeof(uint64_t));
	cs_write_u64(w, seed->counter);
	cs_tlv_write_header(w, CS_SEALED_SEED_SERVER, 1 + seed->server.len);
	cs_write_u8(w, (uint8_t)seed->curve);
	cs_write_view(w, seed->server);
	cs_tlv_write(w, CS_SEALED_SEED_EPHEMERAL, seed->ephemeral);
}

/* An element that is at least min and at most max bytes long. */
static struct cs_view take(struct cs_reader *r, uint32_t tag, size_t min, size_t max)
{
	struct cs_view value = cs_tlv_expect(r, tag);

	if (value.len < min || value.len > max)
		cs_reader_fail(r);
	return r->failed ? CS_VIEW_EMPTY : value;
}

static void take_card(struct cs_reader *r, struct cs_sealed_seed *out)
{
	struct cs_reader serial = cs_reader_of(take(r, CS_SEALED_SEED_SERIAL, 4, 4));
	struct cs_reader firmware = cs_reader_of(take(r, CS_SEALED_SEED_FIRMWARE, 3, 3));

	out->serial = cs_read_u32(&serial);
	cs_read_copy(&firmware, out->firmware, sizeof(out->firmware));
}

static void take_credential(struct cs_reader *r, struct cs_sealed_seed *out)
{
	out->name = take(r, CS_SEALED_SEED_NAME, 1, YKOATH_NAME_MAX);
	struct cs_reader shape = cs_reader_of(take(r, CS_SEALED_SEED_SHAPE, 2, 2));
	struct cs_reader properties = cs_reader_of(take(r, CS_SEALED_SEED_PROPERTIES, 1, 1));

	out->type_hash = cs_read_u8(&shape);
	out->digits = cs_read_u8(&shape);
	out->properties = cs_read_u8(&properties);
	out->suite = CS_VIEW_EMPTY;
	if ((out->type_hash & YKOATH_TYPE_MASK) == YKOATH_TYPE_OCRA)
		out->suite = take(r, CS_SEALED_SEED_SUITE, 1, CS_OCRA_SUITE_MAX);
	struct cs_reader counter = cs_reader_of(take(r, CS_SEALED_SEED_COUNTER, 8, 8));
	out->counter = cs_read_u64(&counter);
	if (!cs_ykoath_shape_valid(out->type_hash, out->digits, out->suite))
		cs_reader_fail(r);
}

static enum cs_err take_keys(struct cs_reader *r, struct cs_sealed_seed *out)
{
	struct cs_reader server =
	    cs_reader_of(take(r, CS_SEALED_SEED_SERVER, 1, 1 + CS_SEALED_SEED_POINT_MAX));

	out->curve = (enum cs_sealed_seed_curve)cs_read_u8(&server);
	out->server = cs_read_rest(&server);
	size_t len = cs_sealed_seed_point_len(out->curve);
	if (!r->failed && len == 0)
		return CS_ERR_UNSUPPORTED;
	if (out->server.len != len)
		cs_reader_fail(r);
	out->ephemeral = take(r, CS_SEALED_SEED_EPHEMERAL, len, len);
	return CS_OK;
}

static enum cs_err parse_statement(struct cs_sealed_seed *out)
{
	struct cs_reader r = cs_reader_of(out->statement);
	struct cs_view version = take(&r, CS_SEALED_SEED_TAG_VERSION, 1, 1);

	if (!r.failed && version.ptr[0] != CS_SEALED_SEED_VERSION)
		return CS_ERR_UNSUPPORTED;
	take_card(&r, out);
	take_credential(&r, out);
	enum cs_err err = take_keys(&r, out);
	if (err)
		return err;
	out->aad = cs_view(out->statement.ptr, out->statement.len - r.left);
	size_t len = cs_hash_size(cs_ykoath_hash(out->type_hash)) + CS_SEALED_SEED_GCM_TAG_LEN;
	out->sealed = take(&r, CS_SEALED_SEED_SEALED, len, len);
	return cs_reader_done(&r);
}

enum cs_err cs_sealed_seed_parse(struct cs_view in, struct cs_sealed_seed *out)
{
	struct cs_reader r = cs_reader_of(in);
	struct cs_sealed_seed seed = {0};

	seed.statement = take(&r, CS_SEALED_SEED_STATEMENT, 1, CS_SEALED_SEED_STATEMENT_MAX);
	seed.signature = take(&r, CS_SEALED_SEED_SIGNATURE, 1, CS_SEALED_SEED_MAX);
	seed.certificate = take(&r, CS_SEALED_SEED_CERTIFICATE, 1, CS_SEALED_SEED_MAX);
	enum cs_err err = cs_reader_done(&r);
	if (err == CS_OK)
		err = parse_statement(&seed);
	if (err == CS_OK)
		*out = seed;
	return err;
}

/* ---- keys ---- */

enum cs_err cs_sealed_seed_derive(const struct cs_hmac *hmac, const struct cs_sealed_seed *seed,
				  struct cs_view shared, struct cs_sealed_seed_keys *out)
{
	uint8_t salt_bytes[SALT_MAX], info_bytes[CS_SEALED_SEED_LABEL_LEN + 1];
	uint8_t both[CS_SEALED_SEED_KEY_LEN + CS_SEALED_SEED_NONCE_LEN];
	struct cs_writer salt = CS_WRITER_OF(salt_bytes), info = CS_WRITER_OF(info_bytes);

	cs_write_view(&salt, seed->ephemeral);
	cs_write_view(&salt, seed->server);
	cs_write_view(&info, cs_view(CS_SEALED_SEED_LABEL, CS_SEALED_SEED_LABEL_LEN));
	cs_write_u8(&info, (uint8_t)seed->curve);
	enum cs_err err = cs_writer_done(&salt);
	if (err == CS_OK)
		err = cs_hkdf(hmac, cs_writer_view(&salt), shared, cs_writer_view(&info), both, sizeof(both));
	if (err == CS_OK) {
		memcpy(out->key, both, sizeof(out->key));
		memcpy(out->nonce, both + sizeof(out->key), sizeof(out->nonce));
	}
	cs_wipe(both, sizeof(both));
	return err;
}
