/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token's button: a named pipe, a descriptor that was inherited, or a line of a GPIO chip (Linux, linux/gpio.h, version 2 of
 * its interface). What comes from it is one touch until it has been silent for a while: contacts bounce, and a program
 * may write a line where a byte would do.
 */
#ifndef COUNTERSIGN_APPLET_PORT_BUTTON_H
#define COUNTERSIGN_APPLET_PORT_BUTTON_H

#include <linux/gpio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BUTTON_SILENCE_MS  300u	  /* behind a touch, before there can be another */
#define BUTTON_DEBOUNCE_US 20000u /* what the kernel takes for one edge of a GPIO line */
#define BUTTON_CHIP_MAX	   64u	  /* of a chip's device, with "/dev/" and its end */

struct button {
	int fd;		  /* to poll for reading; -1: there is no button (any more) */
	bool heard;	  /* something has come */
	uint64_t last_ms; /* when */
};

#define BUTTON_NONE ((struct button){.fd = -1})

/* how: fd:N, a descriptor that is open for reading: it is taken over, becomes one that does not block, and is closed by
 * button_close; gpio:CHIP/LINE, a push-button between that line and ground; else the path of a named pipe, which is made if it is
 * not there. CS_ERR_MALFORMED: it is none of these; CS_ERR_NOT_FOUND: no such descriptor, chip or line; CS_ERR_EXISTS: it is something
 * that no touch can come from; CS_ERR_BUSY: another process has the line; CS_ERR_DENIED; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err button_open(const char *how, struct button *b);
void button_close(struct button *b);

/* Reads all that has come. True: a touch is in it. */
bool button_take(struct button *b, uint64_t now_ms);

/* CHIP/LINE, the chip's name under /dev or its number alone. False: it is none. */
bool button_line_parse(const char *text, char chip[BUTTON_CHIP_MAX], uint32_t *line);

/* What the kernel is asked for: the line pulled up, active when it is low, its edges to active told, debounced. */
void button_line_request(uint32_t line, struct gpio_v2_line_request *request);

#endif
