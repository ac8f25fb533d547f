/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A transport within whose functions a thread is away from the gate.
 */
#include "pkcs11/gate.h"

#include "cardclient/backend.h"

/* The one that does the work; states and links are its own. */
static const struct cc_backend *inner;

static enum cs_err away_open(const char *arg, void **state)
{
	bool was = gate_away();
	enum cs_err err = inner->open(arg, state);

	gate_back(was);
	return err;
}

static void away_close(void *state)
{
	bool was = gate_away();

	inner->close(state);
	gate_back(was);
}

static enum cs_err away_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	bool was = gate_away();
	enum cs_err err = inner->readers(state, out, max, count);

	gate_back(was);
	return err;
}

static enum cs_err away_connect(void *state, const char *reader, void **link, struct cs_writer *atr)
{
	bool was = gate_away();
	enum cs_err err = inner->connect(state, reader, link, atr);

	gate_back(was);
	return err;
}

static void away_disconnect(void *link)
{
	bool was = gate_away();

	inner->disconnect(link);
	gate_back(was);
}

static enum cs_err away_reconnect(void *link)
{
	bool was = gate_away();
	enum cs_err err = inner->reconnect(link);

	gate_back(was);
	return err;
}

static enum cs_err away_begin(void *link)
{
	bool was = gate_away();
	enum cs_err err = inner->begin(link);

	gate_back(was);
	return err;
}

static void away_end(void *link)
{
	bool was = gate_away();

	inner->end(link);
	gate_back(was);
}

static enum cs_err away_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool was = gate_away();
	enum cs_err err = inner->transmit(link, command, response);

	gate_back(was);
	return err;
}

static enum cs_err away_reader_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	bool was = gate_away();
	enum cs_err err = inner->reader_control(link, code, in, out);

	gate_back(was);
	return err;
}

/* What takes no time, and what is not called inside (wait, wake, forget), is the transport's own. */
const struct cc_backend *gate_transport(const struct cc_backend *transport)
{
	static struct cc_backend outer;

	inner = transport;
	outer = *transport;
	outer.open = away_open;
	outer.close = away_close;
	outer.readers = away_readers;
	outer.connect = away_connect;
	outer.disconnect = away_disconnect;
	outer.reconnect = away_reconnect;
	outer.begin = away_begin;
	outer.end = away_end;
	outer.transmit = away_transmit;
	if (transport->reader_control != NULL)
		outer.reader_control = away_reader_control;
	outer.away = gate_away;
	outer.back = gate_back;
	return &outer;
}
