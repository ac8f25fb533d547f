/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Status words (ISO/IEC 7816-4, 5.6) that the card sends and hosts tell apart.
 */
#ifndef COUNTERSIGN_BASE_SW_H
#define COUNTERSIGN_BASE_SW_H

#define CS_SW_OK                   0x9000u
#define CS_SW_BYTES_LEFT           0x6100u /* | number of bytes, 00 for 256 or more */
#define CS_SW_TRIES_LEFT           0x63C0u /* | number of tries, at most 15 */
#define CS_SW_TOUCH_WANTED         0x6401u /* touch the card, and send the command again */
#define CS_SW_MEMORY_FAILURE       0x6581u
#define CS_SW_WRONG_LENGTH         0x6700u
#define CS_SW_CHANNEL_UNSUPPORTED  0x6881u
#define CS_SW_SM_UNSUPPORTED       0x6882u
#define CS_SW_LAST_OF_CHAIN        0x6883u
#define CS_SW_CHAINING_UNSUPPORTED 0x6884u
#define CS_SW_SECURITY_STATUS      0x6982u
#define CS_SW_BLOCKED              0x6983u
#define CS_SW_REFERENCE_UNUSABLE   0x6984u
#define CS_SW_CONDITIONS           0x6985u
#define CS_SW_SM_MISSING           0x6987u
#define CS_SW_SM_INCORRECT         0x6988u
#define CS_SW_WRONG_DATA           0x6A80u
#define CS_SW_FUNCTION_UNSUPPORTED 0x6A81u
#define CS_SW_NOT_FOUND            0x6A82u
#define CS_SW_NO_SPACE             0x6A84u
#define CS_SW_WRONG_P1P2           0x6A86u
#define CS_SW_REFERENCE_NOT_FOUND  0x6A88u
#define CS_SW_WRONG_LE             0x6C00u /* | the right Le */
#define CS_SW_WRONG_INS            0x6D00u
#define CS_SW_WRONG_CLA            0x6E00u
#define CS_SW_UNKNOWN              0x6F00u

#endif
