/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The device's side of CCID (USB Device Class: Smart Card, CCID, revision 1.1): one slot that always has its card in it, T=1,
 * short and extended APDUs. A pure function: packets of the bulk-OUT pipe in, messages for the bulk-IN pipe out; what is to be
 * done with the card is told to the caller, who does it when and where he likes, and says when it is done. No OS, no memory but
 * the struct.
 *
 *	next = ccid_receive(c, packet, last, out)          a packet of bulk-OUT has come
 *	  CCID_IDLE      nothing to do
 *	  CCID_SEND      send what is in out on bulk-IN
 *	  CCID_POWER_ON  switch the card on, or reset it where it is on; then ccid_powered(c, atr, out)
 *	  CCID_POWER_OFF switch it off; then ccid_powered(c, empty, out)
 *	  CCID_EXECUTE   have the card execute ccid_command(c); then ccid_executed(c, response, out)
 *
 * Between CCID_POWER_*, CCID_EXECUTE and the call that says it is done, packets may be received (the host may abort), and
 * ccid_tick, once a second, keeps the host waiting. Each call writes at most one message, to a writer with room for
 * CCID_MESSAGE_MAX bytes.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CCID_H
#define COUNTERSIGN_APPLET_PORT_CCID_H

#include "applet/card.h"
#include "applet/port/ccid_input.h"

/* An extended APDU with all the data that the card takes: header, Lc, data, Le. */
#define CCID_COMMAND_MAX (4u + 3u + CARD_COMMAND_MAX + 2u)
#define CCID_NOTICE_LEN	 2u
/* dwFeatures: parameters, activation, voltage, clock, rate and PPS are the reader's business; IFSD too; extended APDUs. */
#define CCID_FEATURES	 0x000400FEu

/* bRequest of the class's requests on the control pipe (5.3). There is one clock and one rate, and both are automatic, so
 * that ABORT is all that is offered. */
#define CCID_REQUEST_ABORT 0x01u

enum ccid_next { CCID_IDLE, CCID_SEND, CCID_POWER_ON, CCID_POWER_OFF, CCID_EXECUTE };

/* What is under way with the card. */
enum ccid_work { CCID_WORK_NONE, CCID_WORK_POWER, CCID_WORK_COMMAND };

struct ccid {
	struct ccid_input in;
	/* the slot */
	bool on;
	enum ccid_work work;
	uint8_t work_seq, work_answer; /* bSeq and the message type of the answer */
	bool abandoned;		       /* the answer of what is under way is not wanted any more */
	bool power_next;	       /* the bus was reset meanwhile, and the host wants the card on when it ends */
	bool abort_asked, abort_sent;  /* on the control pipe, on bulk-OUT */
	uint8_t abort_seq;
	/* the APDU, over a chain of messages */
	bool chain; /* its beginning has come, its end has not */
	size_t command_len; /* counts on where the card would refuse the length */
	uint8_t command[CCID_COMMAND_MAX];
	/* the response: what the host has still to fetch; borrowed from ccid_executed's caller */
	struct cs_view rest;
	bool fetching;
};

/* A device that has just been configured: off, nothing under way. ccid_wipe: the bus was reset, or the device unplugged.
 * Where something is under way its end is still to be told, and is then nothing but the end. */
void ccid_init(struct ccid *c);
void ccid_wipe(struct ccid *c);

/* How many bytes a transport shall ask the pipe for: one packet of this size, or exactly what is missing of the message that
 * has begun. (Hosts send no empty packet behind a message that fills its last one; more would wait for the next message.) */
size_t ccid_wanted(const struct ccid *c, size_t packet_max);

/* last: the packet is shorter than the pipe's packets are, or the host's transfer ends with it: no more of this message comes. */
CS_MUST_CHECK enum ccid_next ccid_receive(struct ccid *c, struct cs_view packet, bool last, struct cs_writer *out);

/* The APDU to execute, borrowed until ccid_executed. Where the host's is longer than any that the card takes, or shorter than
 * a header, it is one whose lengths do not add up, so that the card's own answer (6700) says so. */
struct cs_view ccid_command(const struct ccid *c);

/* response stays the caller's, and stays as it is until the next CCID_EXECUTE or CCID_POWER_*, or ccid_wipe. */
CS_MUST_CHECK enum ccid_next ccid_executed(struct ccid *c, struct cs_view response, struct cs_writer *out);
CS_MUST_CHECK enum ccid_next ccid_powered(struct ccid *c, struct cs_view atr, struct cs_writer *out);

/* The control pipe's ABORT: wValue is slot and bSeq (low and high byte). False: the slot is not there; refuse the request.
 * *next as above. */
CS_MUST_CHECK bool ccid_abort(struct ccid *c, uint16_t value, enum ccid_next *next, struct cs_writer *out);

/* The host has not fetched all of the response that ccid_executed was given. */
bool ccid_fetching(const struct ccid *c);

/* True while what the card executes is no longer wanted: a touch that it waits for may be called off. */
bool ccid_aborting(const struct ccid *c);

/* Where something is under way: asks the host for more time (bStatus 80). Call it each second. */
CS_MUST_CHECK enum ccid_next ccid_tick(const struct ccid *c, struct cs_writer *out);

/* For the interrupt pipe, once after the device was configured: RDR_to_PC_NotifySlotChange, a card has been put in. */
void ccid_notice(struct cs_writer *out);

#endif
