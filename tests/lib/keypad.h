/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel has of a token's keyboard, read from its event device.
 */
#ifndef COUNTERSIGN_TESTS_LIB_KEYPAD_H
#define COUNTERSIGN_TESTS_LIB_KEYPAD_H

/* The event device of the keyboard whose USB device has this idProduct, in hexadecimal; NULL: of any that has
 * our name. Below 0: it is not there. */
int keypad_open(const char *product);

/* A key (KEY_ of linux/input.h): digits of the keypad as they are, N for NumLock, E for the keypad's Enter, ? for any other. */
char keypad_letter(unsigned code);

/* The next key that is pressed, waited for. '\0': the device has gone. */
char keypad_read(int fd);

#endif
