/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Command and response APDUs: a command that parses can be built again, and parses to the same then.
 */
#include "base/apdu.h"
#include "tests/fuzz/fuzz.h"

static void require_same_again(const struct cs_apdu *cmd)
{
	uint8_t *buf = malloc(CS_APDU_COMMAND_MAX);
	struct cs_writer w = cs_writer_of(buf, CS_APDU_COMMAND_MAX);
	struct cs_apdu again;

	FUZZ_REQUIRE(buf != NULL);
	FUZZ_REQUIRE(cs_apdu_build(cmd, &w) == CS_OK);
	FUZZ_REQUIRE(cs_apdu_parse(cs_writer_view(&w), &again) == CS_OK);
	FUZZ_REQUIRE(again.cla == cmd->cla && again.ins == cmd->ins && again.p1 == cmd->p1 &&
		     again.p2 == cmd->p2);
	FUZZ_REQUIRE(again.ne == cmd->ne && cs_view_equal(again.data, cmd->data));
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_view in = cs_view(data, size);
	struct cs_apdu cmd;
	struct cs_response response;

	if (cs_apdu_parse(in, &cmd) == CS_OK) {
		FUZZ_REQUIRE(cmd.data.len <= CS_APDU_DATA_MAX && cmd.ne <= CS_APDU_NE_MAX);
		require_same_again(&cmd);
	}
	if (cs_response_parse(in, &response) == CS_OK)
		FUZZ_REQUIRE(response.data.len + 2 == size);
	else
		FUZZ_REQUIRE(size < 2);
	return 0;
}
