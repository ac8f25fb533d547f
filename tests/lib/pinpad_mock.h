/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A PIN pad that is none: what the firmware of a reader with secure PIN entry does, by the structures of pcsc-lite's reader.h, with a
 * person whose typing is given. vpcd has no PIN pad, so that no test can have a real one.
 */
#ifndef COUNTERSIGN_TESTS_PINPAD_MOCK_H
#define COUNTERSIGN_TESTS_PINPAD_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINPAD_MOCK_FEATURES 0x42000D48u /* CM_IOCTL_GET_FEATURE_REQUEST */
#define PINPAD_MOCK_VERIFY   0x42330006u
#define PINPAD_MOCK_MODIFY   0x42330007u

/* The answer to PINPAD_MOCK_FEATURES: both, and one that nobody knows. Its length. */
size_t pinpad_mock_features(uint8_t out[24]);

struct pinpad_mock_typing {
	const char *old_pin, *new_pin, *again; /* of a verification: old_pin alone */
	bool cancels, sleeps;		       /* presses the red key; does nothing */
};

/* What leaves the reader. sw 0: this command, to the card; else nothing, and the host is answered sw (6B80: a structure that the
 * firmware does not take). */
struct pinpad_mock_result {
	uint16_t sw;
	uint8_t command[64];
	size_t len;
};

void pinpad_mock_run(bool modify, const uint8_t *structure, size_t len, const struct pinpad_mock_typing *typing,
		     struct pinpad_mock_result *out);

#endif
