/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The virtual card's flash: one image file, with what a device would have in fuses (serial number, device
 * key) at its head. A change survives kill -9 as soon as program or erase has returned, and power loss as
 * soon as sync has.
 *
 * What the device key is worth here: it stands in the image itself, in the clear, so whoever can read the
 * file can read the card; the file's mode (0600) is the protection. The sealing shows accidental damage, and
 * records moved between images. It cannot show a whole image put back from an older copy:
 * a counter does (flash_file_count). A device with
 * protected storage keeps the key there, and gains the rest.
 */
#ifndef COUNTERSIGN_APPLET_PORT_FLASH_FILE_H
#define COUNTERSIGN_APPLET_PORT_FLASH_FILE_H

#include "applet/platform.h"
#include "applet/port/counter_file.h"
#include "applet/store.h"

/* What flash_file_create makes: 1 MiB, enough for all that a card can hold at once. An image of another shape
 * (the first ones had 128 pages) opens as well. */
#define FLASH_FILE_PAGE_SIZE  4096u
#define FLASH_FILE_PAGE_COUNT 256u
#define FLASH_FILE_WRITE_SIZE 8u

struct flash_file;

/* Makes a blank image with a new random serial number and device key. It appears under its name whole or not
 * at all; mode 0600. An existing file is CS_ERR_EXISTS, or with replace is replaced, unless some process has
 * it open: CS_ERR_BUSY. CS_ERR_IO (errno says why), CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err flash_file_create(const char *path, bool replace);

/* Opens an image and locks it against every other process until flash_file_close. CS_ERR_NOT_FOUND,
 * CS_ERR_BUSY where another process has it, CS_ERR_CORRUPT where it is not an image, CS_ERR_IO (errno says
 * why), CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err flash_file_open(const char *path, struct flash_file **out);

/* Gives the flash a counter (applet/store.h), borrowed for the life of file; before the store is opened. */
void flash_file_count(struct flash_file *file, struct counter_file *counter);

/* Takes NULL. Nothing is pending: what sync was called for is on the disk. */
void flash_file_close(struct flash_file *file);

/* Borrowed, for the life of file. Once an operation has failed, each further one fails: after a failed sync
 * nobody knows what the disk holds. */
const struct flash *flash_file_flash(struct flash_file *file);

/* Fills in serial and device_key, and leaves the other fields alone. */
void flash_file_identify(const struct flash_file *file, struct platform *platform);

#endif
