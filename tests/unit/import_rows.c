/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/import_rows.h"

static uint8_t rows_space[IPC_ROWS_BYTES];
static struct cs_writer rows;

void rows_begin(void)
{
	rows = CS_WRITER_OF(rows_space);
}

static void row_field(struct cs_writer *w, enum ipc_tag tag, struct cs_view value)
{
	cs_write_u8(w, (uint8_t)tag);
	cs_write_u16(w, (uint16_t)value.len);
	cs_write_view(w, value);
}

/* A row with a seed of its own, 20 bytes of seed_byte; user and serial may be NULL. */
void row_add(const char *type, uint8_t seed_byte, const char *user, const char *serial, uint64_t position)
{
	uint8_t space[512], number[8];
	struct cs_writer w = CS_WRITER_OF(space), n = CS_WRITER_OF(number);
	uint8_t secret[20];

	memset(secret, seed_byte, sizeof secret);
	row_field(&w, IPC_TAG_TYPE, cs_view_string(type));
	row_field(&w, IPC_TAG_SECRET, CS_VIEW_OF(secret));
	if (user)
		row_field(&w, IPC_TAG_USER, cs_view_string(user));
	if (serial)
		row_field(&w, IPC_TAG_SERIAL, cs_view_string(serial));
	cs_write_u64(&n, position);
	if (position)
		row_field(&w, IPC_TAG_POSITION, cs_writer_view(&n));
	cs_write_u16(&rows, (uint16_t)cs_writer_view(&w).len);
	cs_write_view(&rows, cs_writer_view(&w));
}

uint16_t import_open(uint32_t count, const char *users, char id[32])
{
	struct ipc_request request = ask(IPC_IMPORT_OPEN, world.admin);

	with(&request, IPC_TAG_DIGEST, DIGEST);
	with(&request, IPC_TAG_LABEL, "tokens.csv");
	with(&request, IPC_TAG_USERS, users);
	with_number(&request, IPC_TAG_COUNT_OF, count, 4);
	uint16_t status = one(&request);
	if (status < 300)
		member("import", id, 32);
	return status;
}

uint16_t import_rows(const char *id, uint32_t first)
{
	struct ipc_request request = ask(IPC_IMPORT_ROWS, world.admin);

	with(&request, IPC_TAG_IMPORT, id);
	with_number(&request, IPC_TAG_FIRST, first, 4);
	request.field[IPC_TAG_ROWS] = cs_writer_view(&rows);
	return one(&request);
}

uint16_t import_call(enum ipc_op op, const char *id)
{
	struct ipc_request request = ask(op, world.admin);

	if (id)
		with(&request, IPC_TAG_IMPORT, id);
	return one(&request);
}
