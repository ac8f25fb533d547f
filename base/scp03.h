/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GlobalPlatform's Secure Channel Protocol 03 (Amendment D, version 1.2) on the wire. The one source for card and host.
 */
#ifndef COUNTERSIGN_BASE_SCP03_H
#define COUNTERSIGN_BASE_SCP03_H

#include <stdint.h>

enum scp03_ins { SCP03_INS_INITIALIZE_UPDATE = 0x50, SCP03_INS_EXTERNAL_AUTHENTICATE = 0x82 };

#define SCP03_CLA_SM 0x04u /* bit of CLA: secure messaging of GlobalPlatform's own format */

/* P1 of EXTERNAL AUTHENTICATE: what every following command and response has. */
enum scp03_level {
	SCP03_C_MAC = 0x01,
	SCP03_C_DEC = 0x02,
	SCP03_R_MAC = 0x10,
	SCP03_R_ENC = 0x20,
	SCP03_ALL = 0x33,
};

/* Derivation constants (table 4-1). */
enum scp03_constant {
	SCP03_CARD_CRYPTOGRAM = 0x00,
	SCP03_HOST_CRYPTOGRAM = 0x01,
	SCP03_S_ENC = 0x04,
	SCP03_S_MAC = 0x06,
	SCP03_S_RMAC = 0x07,
};

#define SCP03_ID  0x03u
#define SCP03_I   0x60u /* parameter "i": random card challenge, R-MAC and R-ENC */
#define SCP03_S16 0x01u /* bit of it: 16 bytes of challenge, cryptogram and MAC, not 8 */

#define SCP03_KEY_MAX           32u
#define SCP03_S8_LEN            8u
#define SCP03_S16_LEN           16u
#define SCP03_DIVERSIFICATION   10u /* bytes that name the card in INITIALIZE UPDATE's answer */
#define SCP03_KEY_INFO          3u  /* key version, SCP03_ID, "i" */
#define SCP03_VERSION_MAX       0x7Fu
#define SCP03_RESPONSE_COUNTER  0x80u /* first byte of the counter block that encrypts a response */
#define SCP03_TRIES             10u   /* failed authentications until the key set is blocked */

#endif
