/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front and keeper read from each other: a request that parses builds to a frame that parses to the
 * same.
 */
#include <string.h>

#include "daemon/ipc.h"
#include "tests/fuzz/fuzz.h"

static void require_request_again(const struct ipc_request *request)
{
	uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_request again;

	FUZZ_REQUIRE(ipc_rule(request->op) != NULL);
	FUZZ_REQUIRE(ipc_request_build(request, &w) == CS_OK);
	FUZZ_REQUIRE(ipc_request_parse(cs_writer_view(&w), &again) == CS_OK);
	FUZZ_REQUIRE(again.id == request->id && again.op == request->op);
	for (unsigned i = 0; i < IPC_TAG_COUNT; i++)
		FUZZ_REQUIRE(cs_view_equal(again.field[i], request->field[i]));
}

static void require_reply_again(const struct ipc_reply *reply)
{
	size_t cap = reply->body.len + IPC_HEADER_LEN + 8u;
	uint8_t *frame = malloc(cap);
	struct cs_writer w = cs_writer_of(frame, cap);
	struct ipc_reply again;

	FUZZ_REQUIRE(frame != NULL);
	FUZZ_REQUIRE(ipc_reply_build(reply, &w) == CS_OK);
	FUZZ_REQUIRE(ipc_reply_parse(cs_writer_view(&w), &again) == CS_OK);
	FUZZ_REQUIRE(again.id == reply->id && again.status == reply->status);
	FUZZ_REQUIRE(cs_view_equal(again.body, reply->body));
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_view rest = cs_view(data, size), frame;
	struct ipc_request request;
	struct ipc_reply reply;

	while (ipc_frame_next(rest, IPC_REPLY_MAX, &frame) == CS_OK) {
		FUZZ_REQUIRE(frame.ptr == rest.ptr && frame.len >= IPC_HEADER_LEN && frame.len <= rest.len);
		if (ipc_request_parse(frame, &request) == CS_OK)
			require_request_again(&request);
		if (ipc_reply_parse(frame, &reply) == CS_OK)
			require_reply_again(&reply);
		rest = cs_view(rest.ptr + frame.len, rest.len - frame.len);
	}
	return 0;
}
