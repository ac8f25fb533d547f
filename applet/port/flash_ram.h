/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A flash in memory that loses power when told to, and watches that its user keeps the contract of
 * applet/store.h: for tests. Power goes at the n-th program, erase or sync; what that leaves behind is chosen
 * by the way it tears. Until flash_ram_power_on everything then fails with CS_ERR_IO.
 */
#ifndef COUNTERSIGN_APPLET_PORT_FLASH_RAM_H
#define COUNTERSIGN_APPLET_PORT_FLASH_RAM_H

#include "applet/store.h"

enum flash_tear {
	FLASH_TEAR_NOTHING, /* the operation leaves no trace */
	FLASH_TEAR_PART,    /* its first half is done, the rest not */
	FLASH_TEAR_WHOLE,   /* it is done, but its user never hears so */
	FLASH_TEAR_MIX,	    /* each of its bytes is old, new, or has some of its bits changed */
	/* The operations since the last sync reach the medium in any order, each of them not at all, in part, whole
	   or mixed: what a write-back cache or a controller makes of them. */
	FLASH_TEAR_REORDER,
	/* No power loss: the store's process is killed before the operation. What is not synced yet is still on its
	   way, for whoever opens the flash next to see, and for power loss to take. */
	FLASH_TEAR_KILL,
	FLASH_TEAR_COUNT
};

/* A raise of the counter that power goes in is done after WHOLE, is not after NOTHING, and else either. */

/* What has been done since flash_ram_new. */
struct flash_ram_count {
	uint64_t operations; /* programs, erases, syncs and raises of the counter */
	uint64_t programs;
	uint64_t erases;
	uint64_t syncs;
	uint64_t raises;
	uint64_t bytes; /* programmed */
	uint64_t
	    violations; /* breaches of the contract: a unit programmed twice, misalignment, out of bounds, a counter
			   not raised by one */
};

struct flash_ram;

/* NULL without memory. A new flash is blank. */
struct flash_ram *flash_ram_new(uint32_t page_size, uint32_t page_count, uint32_t write_size);
void flash_ram_free(struct flash_ram *ram);

/* Borrowed, for the life of ram. */
const struct flash *flash_ram_flash(struct flash_ram *ram);

/* Gives the flash a counter (applet/store.h), which reads 0. It is not part of flash_ram_bytes. */
void flash_ram_counter_add(struct flash_ram *ram);
uint64_t flash_ram_counter(const struct flash_ram *ram);

/* Power goes at the n-th operation from now (1: the next); 0: never. seed decides what is random in the tear.
 */
void flash_ram_cut_at(struct flash_ram *ram, uint64_t n, enum flash_tear tear, uint64_t seed);
/* Power goes now, and what was not synced comes out as FLASH_TEAR_REORDER says; flash_ram_power_on as after any
 * other loss. */
void flash_ram_pull(struct flash_ram *ram, uint64_t seed);
/* True once the power has gone. */
bool flash_ram_is_cut(const struct flash_ram *ram);
/* Power again, and no further cut planned. Units that an interrupted operation may have touched count as
 * programmed. */
void flash_ram_power_on(struct flash_ram *ram);

struct flash_ram_count flash_ram_counted(const struct flash_ram *ram);
uint32_t flash_ram_erase_count(const struct flash_ram *ram, uint32_t page);

/* The bytes themselves, page after page, to look at, to spoil, to keep and to put back. */
uint8_t *flash_ram_bytes(struct flash_ram *ram);
size_t flash_ram_size(const struct flash_ram *ram);
/* A second flash with the same content, wear and operations on their way, powered, with nothing planned. NULL
 * without memory. */
struct flash_ram *flash_ram_clone(const struct flash_ram *ram);

#endif
