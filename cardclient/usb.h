/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the USB transport share: cards in CCID readers, without pcscd.
 *
 * The interface is claimed from begin to end, and for a command outside of a transaction; between them the device is anyone's. Nobody
 * tells us what another program did with the card meanwhile, but the kernel notes when a device was last used: where that has
 * moved, the card is said to have been reset (CS_ERR_STATE), as it may have been.
 */
#ifndef COUNTERSIGN_CARDCLIENT_USB_H
#define COUNTERSIGN_CARDCLIENT_USB_H

#include "cardclient/ccid_host.h"
#include "cardclient/usb_lib.h"
#include "cardclient/usb_scan.h"

/* ---- usb_link.c: one card; as struct cc_backend asks of its functions ---- */

/* Switches the card on, or resets it, and releases the reader. Errors as those of connect, and CS_ERR_IO: this user may not
 * open the device; CS_ERR_UNSUPPORTED: libusb is not there, or the reader does what this host cannot. */
CS_MUST_CHECK enum cs_err usb_link_connect(const struct usb_slot *slot, void **link, struct cs_writer *atr);
void usb_link_disconnect(void *link);
void usb_link_forget(void *link);
CS_MUST_CHECK enum cs_err usb_link_reconnect(void *link);
CS_MUST_CHECK enum cs_err usb_link_begin(void *link);
void usb_link_end(void *link);
CS_MUST_CHECK enum cs_err usb_link_reset(void *link);
CS_MUST_CHECK enum cs_err usb_link_transmit(void *link, struct cs_view command, struct cs_writer *response);
bool usb_link_short(void *link);

/* Whether there is a card in the slot, as the reader says, within ms, or little more; without waiting for whoever has it:
 * CS_ERR_BUSY. */
CS_MUST_CHECK enum cs_err usb_link_probe(const struct usb_slot *slot, unsigned ms, bool *present);

/* ---- usb_claim.c ---- */

/* usb_claim, after whoever has the interface, for ms at most: then, or where he is one who keeps it, CS_ERR_BUSY. */
CS_MUST_CHECK enum cs_err usb_claim_wait(struct usb_device *d, const char *node, unsigned ms);
/* Of the monotonic clock. */
uint64_t usb_now_ms(void);

/* ---- usb_holder.c ---- */

/* Whoever has the device open is a program that never gives it back: pcscd, or scdaemon. */
bool usb_kept(const struct usb_roots *roots, const char *node);

/* A sentence on why a card in this slot cannot be had, and what to do: who has the device, who may not use it, what is missing.
 * False: there is nothing to say beside err itself. */
bool usb_explain(const struct usb_roots *roots, const struct usb_slot *slot, enum cs_err err, char *text, size_t size);

/* ---- transport_usb.c ---- */

enum cs_err usb_open(const char *arg, void **state);
void usb_close(void *state);
void usb_forget(void *state);
enum cs_err usb_readers(void *state, struct cc_reader *out, size_t max, size_t *count);
void usb_wake(void *state);
enum cs_err usb_connect(void *state, const char *reader, void **link, struct cs_writer *atr);
/* As wait; returns CS_OK, too, when fd (-1: none) becomes readable, and after ms (-1: never). */
enum cs_err usb_wait_beside(void *state, const struct cc_reader *known, size_t count, int fd, int ms);
bool usb_trouble(void *state, const char *reader, enum cs_err err, char *text, size_t size);

#endif
