/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealed seeds, which a server reads from whoever enrols: what parses has fields within their limits, and is
 * written again byte for byte.
 */
#include <string.h>

#include "base/sealed_seed.h"
#include "tests/fuzz/fuzz.h"

static bool within(struct cs_view part, struct cs_view whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void require_within(const struct cs_sealed_seed *seed, struct cs_view in)
{
	const struct cs_view parts[] = {seed->name,	 seed->suite,	  seed->server,
					seed->ephemeral, seed->sealed,	  seed->statement,
					seed->aad,	 seed->signature, seed->certificate};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		FUZZ_REQUIRE(within(parts[i], in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_sealed_seed seed;
	uint8_t again[CS_SEALED_SEED_STATEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(again);

	if (cs_sealed_seed_parse(cs_view(data, size), &seed) != CS_OK)
		return 0;
	require_within(&seed, cs_view(data, size));
	size_t point = cs_sealed_seed_point_len(seed.curve);
	FUZZ_REQUIRE(point != 0 && seed.server.len == point && seed.ephemeral.len == point);
	FUZZ_REQUIRE(seed.name.len >= 1 && seed.name.len <= YKOATH_NAME_MAX);
	FUZZ_REQUIRE(cs_ykoath_shape_valid(seed.type_hash, seed.digits, seed.suite));
	FUZZ_REQUIRE(seed.sealed.len ==
		     cs_hash_size(cs_ykoath_hash(seed.type_hash)) + CS_SEALED_SEED_GCM_TAG_LEN);
	/* Lengths in a longer form than they need are read, not written: then it is shorter. */
	cs_sealed_seed_write(&w, &seed);
	FUZZ_REQUIRE(cs_writer_done(&w) == CS_OK && w.len <= seed.aad.len);
	FUZZ_REQUIRE(w.len < seed.aad.len || memcmp(again, seed.aad.ptr, w.len) == 0);
	return 0;
}
