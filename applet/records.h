/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record ids of the card's store: which number holds what. docs/PROTOCOL says what each datum means; the
 * formats of the values stand with the functions that write them. A free range may be given away, a used one
 * never changes.
 */
#ifndef COUNTERSIGN_APPLET_RECORDS_H
#define COUNTERSIGN_APPLET_RECORDS_H

enum record_id {
	/* The card as a whole: RECORD_DEVICE_FIRST..LAST survive a wipe, each command says what it then
	   rewrites. */
	RECORD_DEVICE_FIRST = 0x0001,
	RECORD_DEVICE =
	    0x0001, /* device.c: profile, life-cycle; its presence says that the card has been made */
	RECORD_WIPE = 0x0002,		  /* device.c: the erasure that has to be completed, or none */
	RECORD_ATTESTATION_KEY = 0x0003,  /* slot F9, as piv_key.h has it */
	RECORD_ATTESTATION_CERT = 0x0004, /* object 5FFF01 */
	RECORD_ATTESTATION_CHAIN = 0x0005, /* object 5FFF02 */
	RECORD_ATTESTATION_LAST = 0x0008,
	RECORD_MARK = 0x0009, /* content.c: the change mark */
	RECORD_DEVICE_LAST = 0x000F,

	/* All from here on a wipe of the whole card erases. */
	RECORD_CONTENT_FIRST = 0x0010,
	RECORD_LABEL = 0x0010,
	RECORD_HOLDER = 0x0011, /* UTF-8 */
	RECORD_EXPIRY = 0x0012, /* CSGN_EXPIRY_LEN digits */

	/* Reference data and tries: pin.h. */
	RECORD_PIN = 0x0020,
	RECORD_PIN_TRIES = 0x0021,
	RECORD_PUK = 0x0022,
	RECORD_PUK_TRIES = 0x0023,
	RECORD_SO = 0x0024,
	RECORD_SO_TRIES = 0x0025,
	RECORD_SECRET = 0x0026,	  /* secret.c: what seals secrets where no PIN is at hand */
	RECORD_UNSEALED = 0x0027, /* pin_migrate.c: keys of an earlier version are still to be sealed */
	RECORD_MANAGEMENT_KEY = 0x0028, /* piv_management.h */

	/* The administrator's, who erases and issues cards: erased with all else, but by an erasure that he
	   sends himself, in a session. */
	RECORD_SM_FIRST = 0x0030,
	RECORD_SCP_KEYS = 0x0030, /* scp03.c: version, length, K-ENC, K-MAC */
	RECORD_SCP_TRIES = 0x0031,
	RECORD_SM_LAST = 0x0031,

	RECORD_PIV_SM_KEY = 0x0032, /* piv_sm.c: cipher suite, private and public part */

	RECORD_KEY_FIRST = 0x0100, /* + key reference: piv_key.h */
	RECORD_KEY_LAST = 0x01FF,
	RECORD_OBJECT_FIRST = 0x0200, /* + last byte of a tag 5FC1xx; the contents of tag 53 */
	RECORD_OBJECT_LAST = 0x02FF,
	RECORD_VENDOR_OBJECT_FIRST = 0x0300, /* + last byte of a tag 5FFFxx */
	RECORD_VENDOR_OBJECT_LAST = 0x03FF,

	RECORD_OATH_FIRST = 0x0400, /* the OATH application's, to divide as it likes */
	RECORD_OATH_LAST = 0x05FF,

	RECORD_CSGN_FIRST = 0x0600, /* the Countersign application's: as PIV's content, it goes with the PIN */
	RECORD_ATTRIBUTES_FIRST = 0x0600, /* of the records from RECORD_KEY_FIRST to _VENDOR_OBJECT_LAST: attribute.c */
	RECORD_ATTRIBUTES_LAST = 0x08FF,
	RECORD_SECRET_FIRST = 0x0900, /* + number: secret_key.c */
	RECORD_SECRET_LAST = 0x09FF,
	RECORD_SECRET_ATTRIBUTES_FIRST = 0x0A00,
	RECORD_CSGN_LAST = 0x0AFF,

	RECORD_CONTENT_LAST = 0xFFFE,
};

#endif
