/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rows of the table of config.c, for those that go through the configuration key by key.
 */
#ifndef COUNTERSIGN_DAEMON_CONFIG_KEY_H
#define COUNTERSIGN_DAEMON_CONFIG_KEY_H

#include <stddef.h>

#include "daemon/config.h"

/* PATH: absolute. SECRET: the same, or credential:NAME for one that systemd passes. PLACE: a path, or a
 * server's database (daemon/sql.h). URI: of PKCS#11. TEXT: any characters. ADDRESS: numeric address and port;
 * its port's field follows in offset2. FLAG: yes or no. LEVEL: of log.h. */
enum config_type {
	CONFIG_PATH,
	CONFIG_SECRET,
	CONFIG_PLACE,
	CONFIG_URI,
	CONFIG_TEXT,
	CONFIG_ADDRESS,
	CONFIG_NUMBER,
	CONFIG_FLAG,
	CONFIG_LEVEL
};

struct config_key {
	const char *name;
	enum config_type type;
	size_t offset, offset2;
	uint32_t min, max, fallback; /* of numbers; of a flag, the last */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

#endif
