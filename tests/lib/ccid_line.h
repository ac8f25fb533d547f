/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The host's side of a USB token for tests: CCID over USB/IP, or over Linux's usbfs, with nobody between test and device.
 */
#ifndef COUNTERSIGN_TESTS_LIB_CCID_LINE_H
#define COUNTERSIGN_TESTS_LIB_CCID_LINE_H

#include "base/bytes.h"

struct ccid_line {
	int fd;
	bool usbfs;
	uint8_t out, in; /* addresses of the bulk pipes */
	uint8_t seq;	 /* of CCID's messages */
	uint32_t seqnum; /* of USB/IP's */
	uint32_t identity; /* over USB/IP: vendor and product */
	unsigned extensions; /* how often the device has asked for time */
	void (*extended)(void); /* called whenever it does; may be NULL */
};

/* False: there is none, now. */
bool ccid_line_usbip(struct ccid_line *line, unsigned port);	    /* on 127.0.0.1 */
bool ccid_line_usbfs(struct ccid_line *line, const char *product); /* idProduct as sysfs has it */
void ccid_line_close(struct ccid_line *line);

/* False: the line broke, or what came is no answer to what was sent. Commands and responses of any length: over chains. */
bool ccid_line_power_on(struct ccid_line *line);
bool ccid_line_exchange(struct ccid_line *line, struct cs_view command, struct cs_writer *response);

/* The two halves of an exchange; between them, the next request for time may be waited for: false where something else comes. */
bool ccid_line_send(struct ccid_line *line, struct cs_view command);
bool ccid_line_extended(struct ccid_line *line);
bool ccid_line_receive(struct ccid_line *line, struct cs_writer *response);

/* For usbfs. */
/* Aborts what was sent: true where that was answered as aborted, and then the abort. */
bool ccid_line_abort(struct ccid_line *line);
/* Resets the bus: what was under way is forgotten. */
bool ccid_line_reset(struct ccid_line *line);

#endif
