/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets in the memory of p11_host: whether they are there, and where. A secret comes to the program with each byte moved up by one, so
 * that what is found is the module's and not an argument of ours.
 */
#ifndef COUNTERSIGN_TESTS_INTEGRATION_P11_MEMORY_H
#define COUNTERSIGN_TESTS_INTEGRATION_P11_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "pkcs11/pkcs11.h"

#define MEMORY_SECRET_MAX 64u

/* The secret that `moved` is, to be wiped by the caller; its length, 0 if it is longer than MEMORY_SECRET_MAX or empty. */
size_t memory_secret(const char *moved, unsigned char out[MEMORY_SECRET_MAX]);
/* Does it in a thread whose stack is used for nothing else and stays as it is left, for memory_search to find what was not wiped there. */
CK_RV memory_apart(CK_RV (*act)(void));
/* What memory_search looks for from now on: text; or bytes, two hexadecimal digits for each. Both moved. */
bool memory_seek(const char *moved);
bool memory_seek_bytes(const char *moved_hex);
/* From now on the system refuses this process to lock memory, and memory_search wants pages that are not. False where it does not. */
bool memory_refuse_lock(void);
/* How often it is in pages that are locked, left out of dumps and empty in a child (kept), and in others. False where memory cannot be read. */
bool memory_search(unsigned *kept, unsigned *elsewhere);

#endif
