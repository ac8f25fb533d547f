/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a call off the network to a request: "METHOD URI\nBODY". What is accepted, keeper's side of the stream
 * accepts.
 */
#include <string.h>

#include "daemon/front_call.h"
#include "tests/fuzz/fuzz.h"

static void require_takable(struct front_request *request)
{
	static uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_request parsed;

	FUZZ_REQUIRE(ipc_request_build(&request->ipc, &w) == CS_OK);
	FUZZ_REQUIRE(ipc_request_parse(cs_writer_view(&w), &parsed) == CS_OK);
}

static struct cs_view take_until(struct cs_view *in, char end)
{
	const uint8_t *at = in->len > 0 ? memchr(in->ptr, end, in->len) : NULL;
	size_t len = at != NULL ? (size_t)(at - in->ptr) : in->len;
	struct cs_view part = cs_view(in->ptr, len);

	len += at != NULL ? 1 : 0;
	*in = cs_view(in->ptr + len, in->len - len);
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_view rest = cs_view(data, size);
	struct cs_view method = take_until(&rest, ' ');
	struct front_call *call = front_call_new(take_until(&rest, '\n'));
	struct front_header header = {
	    .method = method,
	    .credential = {.authorization = CS_VIEW_TEXT("Bearer x"), .countersign = CS_VIEW_TEXT("x")},
	    .content_type = CS_VIEW_TEXT("application/json"),
	    .chunked = true,
	};
	struct front_request request;
	uint8_t body[FRONT_ERROR_BODY_MAX];
	struct cs_writer w = CS_WRITER_OF(body);

	FUZZ_REQUIRE(call != NULL);
	front_json_init();
	if (rest.len > 0 && rest.ptr[0] != '{') {
		header.content_type = cs_view_starts_with(rest, CS_VIEW_TEXT("--"))
					  ? CS_VIEW_TEXT("multipart/form-data; boundary=x")
					  : CS_VIEW_TEXT("application/x-www-form-urlencoded");
	}
	if (rest.len == 0) {
		header.chunked = false;
		header.credential.authorization = CS_VIEW_TEXT("Basic YWxpY2U6MTIzNDU2");
	}
	front_call_judge(call, &header);
	(void)(rest.len > 0 && front_call_feed(call, rest));
	if (call->err.refusal == FRONT_ACCEPTED && !call->options &&
	    front_call_request(call, &header.credential, CS_VIEW_TEXT("::1"), &request) == FRONT_ACCEPTED) {
		require_takable(&request);
	}
	front_error_body(&call->err, &w);
	FUZZ_REQUIRE(cs_writer_done(&w) == CS_OK);
	front_call_free(call);
	return 0;
}
