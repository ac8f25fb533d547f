/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands and responses whose messages on USB end at, before and behind a packet's and a message's end:
 * objects of such lengths are written to a card and read back, through PC/SC, or by the USB transport. Usage:
 * lengths PIN [usb] [longest], with a card of the countersign profile in the first reader; longest: also the
 * longest response that a card has, for which its OATH application has to be empty. Prints what differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#include "cardclient/backend.h"
#include "tests/lib/longest.h"

#define CCID_HEADER 10
#define OBJECT_MAX  7000
#define PUT_AROUND  16 /* of a PUT DATA with extended lengths: header 4, Lc 3, 5C03 and tag 5, 53820000 4 */
#define GET_AROUND  6  /* of the response: 53820000 and SW */

static SCARDHANDLE card;
static void *usb_link; /* of the USB transport; NULL: it is PC/SC */
static unsigned char response[70000];

static unsigned long transmit_usb(const unsigned char *command, unsigned long len)
{
	struct cs_writer w = CS_WRITER_OF(response);
	enum cs_err err = cc_backend_usb.transmit(usb_link, cs_view(command, len), &w);

	if (err != CS_OK) {
		printf("a command of %lu bytes: %s\n", len, cs_err_text(err));
		exit(EXIT_FAILURE);
	}
	return cs_writer_view(&w).len;
}

static unsigned long transmit(const unsigned char *command, unsigned long len)
{
	DWORD got = sizeof(response);

	if (usb_link != NULL)
		return transmit_usb(command, len);
	LONG rv = SCardTransmit(card, SCARD_PCI_T1, command, len, NULL, response, &got);

	if (rv != SCARD_S_SUCCESS) {
		printf("a command of %lu bytes: %s\n", len, pcsc_stringify_error(rv));
		exit(EXIT_FAILURE);
	}
	return got;
}

static unsigned status_word(unsigned long len)
{
	return len < 2 ? 0 : (unsigned)response[len - 2] << 8 | response[len - 1];
}

static void expect(const char *what, unsigned got, unsigned want)
{
	if (got == want)
		return;
	printf("%s: %04X, not %04X\n", what, got, want);
	exit(EXIT_FAILURE);
}

static void write_and_read(unsigned n)
{
	static unsigned char command[OBJECT_MAX + 100];
	static const unsigned char get[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00, 0x00, 0x05,
					    0x5C, 0x03, 0x5F, 0xFF, 0x30, 0x00, 0x00};
	unsigned char *at = command;
	unsigned data = n + 9;
	const unsigned char head[] = {
	    0x00, 0xDB, 0x3F, 0xFF, 0x00, (unsigned char)(data >> 8), (unsigned char)data, 0x5C, 0x03,
	    0x5F, 0xFF, 0x30, 0x53, 0x82, (unsigned char)(n >> 8),    (unsigned char)n};
	unsigned long got;

	memcpy(at, head, sizeof(head));
	for (unsigned i = 0; i < n; i++)
		at[sizeof(head) + i] = (unsigned char)(n + i * 3 + (i >> 8));
	expect("PUT DATA", status_word(transmit(command, sizeof(head) + n)), 0x9000);
	got = transmit(get, sizeof(get));
	expect("GET DATA", status_word(got), 0x9000);
	if (got < n + 2 || memcmp(response + got - 2 - n, command + sizeof(head), n) != 0) {
		printf("an object of %u bytes came back as another\n", n);
		exit(EXIT_FAILURE);
	}
}

static void connect_first(void)
{
	SCARDCONTEXT context;
	char readers[4096];
	DWORD len = sizeof(readers), protocol;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
	    SCardListReaders(context, NULL, readers, &len) != SCARD_S_SUCCESS ||
	    SCardConnect(context, readers, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol) !=
		SCARD_S_SUCCESS) {
		puts("no card");
		exit(EXIT_FAILURE);
	}
}

static void connect_usb(void)
{
	struct cc_reader readers[CC_READERS_MAX];
	uint8_t atr[CC_ATR_MAX];
	struct cs_writer w = CS_WRITER_OF(atr);
	size_t count;
	void *state;

	if (cc_backend_usb.open("", &state) != CS_OK ||
	    cc_backend_usb.readers(state, readers, CC_READERS_MAX, &count) != CS_OK || count == 0 ||
	    cc_backend_usb.connect(state, readers[0].name, &usb_link, &w) != CS_OK ||
	    cc_backend_usb.begin(usb_link) != CS_OK) {
		puts("no card");
		exit(EXIT_FAILURE);
	}
}

static bool transmit_longest(void *ctx, struct cs_view command, struct cs_writer *out)
{
	(void)ctx;
	cs_write_view(out, cs_view(response, transmit(command.ptr, command.len)));
	return true;
}

static void right(const char *wrong)
{
	if (wrong == NULL)
		return;
	puts(wrong);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	static const unsigned char select_piv[] = {0x00, 0xA4, 0x04, 0x00, 0x05,
						   0xA0, 0x00, 0x00, 0x03, 0x08};
	static const int ends[] = {64, 128, 192, 256, 512, 1024, 1536, 2560, 3072, 3072 * 2 - 10, 3584};
	unsigned char verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, 0xFF, 0xFF,
				  0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
	unsigned count = 0;
	bool usb = argc > 2 && strcmp(argv[2], "usb") == 0,
	     with_longest = argc > 2 && strcmp(argv[argc - 1], "longest") == 0;

	if (argc < 2 || argc != 2 + usb + with_longest || strlen(argv[1]) > 8)
		return 2;
	memcpy(verify + 5, argv[1], strlen(argv[1]));
	if (usb)
		connect_usb();
	else
		connect_first();
	expect("SELECT", status_word(transmit(select_piv, sizeof(select_piv))), 0x9000);
	expect("VERIFY", status_word(transmit(verify, sizeof(verify))), 0x9000);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		for (int by = -1; by <= 1; by++) {
			int around[] = {PUT_AROUND, GET_AROUND};
			for (int k = 0; k < 2; k++) {
				int n = ends[i] + by - CCID_HEADER - around[k];
				if (n > 0 && n <= OBJECT_MAX) {
					write_and_read((unsigned)n);
					count++;
				}
			}
		}
	}
	right(longest_command(transmit_longest, NULL));
	expect("VERIFY", status_word(transmit(verify, sizeof(verify))), 0x9000);
	write_and_read(1);
	if (with_longest)
		right(longest_response(transmit_longest, NULL));
	printf("%u lengths\n", count);
	return EXIT_SUCCESS;
}
