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
	uint8_t seq;	 /* of CCID's messages */
	uint32_t seqnum; /* of USB/IP's */
};

/* False: there is none, now. */
bool ccid_line_usbip(struct ccid_line *line, unsigned port);	    /* on 127.0.0.1 */
bool ccid_line_usbfs(struct ccid_line *line, const char *product); /* idProduct as sysfs has it */
void ccid_line_close(struct ccid_line *line);

/* False: the line broke, or what came is no answer to what was sent. */
bool ccid_line_power_on(struct ccid_line *line);
bool ccid_line_exchange(struct ccid_line *line, struct cs_view command, struct cs_writer *response);

#endif
