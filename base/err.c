/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The phrases for enum cs_err.
 */
#include "base/err.h"

static const char *const err_texts[CS_ERR_COUNT] = {
    [CS_OK] = "done",
    [CS_ERR_ARG] = "wrong argument",
    [CS_ERR_MALFORMED] = "malformed input",
    [CS_ERR_LENGTH] = "length not allowed",
    [CS_ERR_NO_SPACE] = "buffer too small",
    [CS_ERR_FULL] = "no room left in the store",
    [CS_ERR_NOT_FOUND] = "not found",
    [CS_ERR_EXISTS] = "exists already",
    [CS_ERR_DENIED] = "not logged in",
    [CS_ERR_WRONG] = "wrong PIN, password, code or signature",
    [CS_ERR_BLOCKED] = "no tries left",
    [CS_ERR_STATE] = "not possible in this state",
    [CS_ERR_UNSUPPORTED] = "not supported",
    [CS_ERR_NO_READER] = "no reader",
    [CS_ERR_NO_CARD] = "no card in the reader",
    [CS_ERR_REMOVED] = "card removed or reset",
    [CS_ERR_BUSY] = "in use by someone else",
    [CS_ERR_TIMEOUT] = "timed out",
    [CS_ERR_CANCELLED] = "cancelled",
    [CS_ERR_CARD] = "refused by the card",
    [CS_ERR_IO] = "input or output error",
    [CS_ERR_CORRUPT] = "stored data is corrupt",
    [CS_ERR_ROLLBACK] = "stored data is not the newest",
    [CS_ERR_CRYPTO] = "cryptographic library error",
    [CS_ERR_MEMORY] = "out of memory",
    [CS_ERR_EXPIRED] = "PIN must be changed first",
};

const char *cs_err_text(enum cs_err err)
{
	if ((unsigned)err >= CS_ERR_COUNT)
		return "unknown error";
	return err_texts[err];
}
