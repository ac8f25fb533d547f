/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long a command takes on its way, and how many P-256 signatures fit in a second: through a USB reader's
 *PC/SC, over the Unix socket of the same card, and beside them how long a USB device takes that sends back
 *what it is sent.
 *
 *	bench_usb pcsc ROUNDS		the first reader's card, of the countersign profile with its first PIN
 *	bench_usb socket PATH ROUNDS	the same card's socket (docs/PROTOCOL, 8)
 *	bench_usb echo BYTES ROUNDS	the USB device 1209:0002, which echoes on its first bulk pipes
 *
 * Prints microseconds of a round trip, and for a card of a signature.
 */
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define ECHO_VENDOR  0x1209
#define ECHO_PRODUCT 0x0002
#define TIMEOUT_MS   60000 /* for one transfer, on a machine that is busy */

static const unsigned char select_piv[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
static const unsigned char verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '1', '2',
				       '3',  '4',  '5',	 '6',  0xFF, 0xFF};
static const unsigned char generate[] = {0x00, 0x47, 0x00, 0x9A, 0x05, 0xAC, 0x03, 0x80, 0x01, 0x11, 0x00};
static const unsigned char is_verified[] = {0x00, 0x20, 0x00, 0x80};
static const unsigned char sign[] = {0x00, 0x87, 0x11, 0x9A, 0x26, 0x7C, 0x24, 0x82, 0x00, 0x81, 0x20,
				     1,	   2,	 3,    4,    5,	   6,	 7,    8,    9,	   10,	 11,
				     12,   13,	 14,   15,   16,   17,	 18,   19,   20,   21,	 22,
				     23,   24,	 25,   26,   27,   28,	 29,   30,   31,   32,	 0x00};

static void die(const char *what)
{
	fprintf(stderr, "bench_usb: %s\n", what);
	exit(EXIT_FAILURE);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- two ways to a card ---- */

static SCARDHANDLE card;
static int card_fd = -1;
static unsigned char response[70000];

static void pcsc_open(void)
{
	static char readers[1000];
	DWORD len = sizeof(readers), protocol;
	SCARDCONTEXT context;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
	    SCardListReaders(context, NULL, readers, &len) != SCARD_S_SUCCESS ||
	    SCardConnect(context, readers, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol) !=
		SCARD_S_SUCCESS)
		die("there is no card in a reader");
}

static size_t pcsc_transmit(const unsigned char *command, size_t len)
{
	DWORD got = sizeof(response);

	if (SCardTransmit(card, SCARD_PCI_T1, command, len, NULL, response, &got) != SCARD_S_SUCCESS)
		die("the reader fails");
	return got;
}

static void socket_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		die("the path is too long");
	memcpy(address.sun_path, path, strlen(path));
	card_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (card_fd < 0 || connect(card_fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("nobody listens at the socket");
}

static size_t socket_transmit(const unsigned char *command, size_t len)
{
	unsigned char frame[300] = {(unsigned char)(len >> 8), (unsigned char)len}, head[2];
	size_t got;

	memcpy(frame + 2, command, len);
	if (send(card_fd, frame, len + 2, MSG_NOSIGNAL) != (ssize_t)(len + 2) ||
	    recv(card_fd, head, 2, MSG_WAITALL) != 2)
		die("the card is gone");
	got = (size_t)(head[0] << 8 | head[1]);
	if (got < 2 || recv(card_fd, response, got, MSG_WAITALL) != (ssize_t)got)
		die("the card is gone");
	return got;
}

static void command(const unsigned char *bytes, size_t len)
{
	size_t got = card_fd < 0 ? pcsc_transmit(bytes, len) : socket_transmit(bytes, len);

	if (got < 2 || response[got - 2] != 0x90 || response[got - 1] != 0)
		die("the card refuses");
}

static double each_us(const unsigned char *bytes, size_t len, unsigned rounds)
{
	double begin = now_us();

	for (unsigned i = 0; i < rounds; i++)
		command(bytes, len);
	return (now_us() - begin) / rounds;
}

static void measure(unsigned rounds)
{
	double trip;

	command(select_piv, sizeof(select_piv));
	command(verify, sizeof(verify));
	command(generate, sizeof(generate));
	trip = each_us(is_verified, sizeof(is_verified), rounds);
	printf("%.0f %.0f\n", trip, each_us(sign, sizeof(sign), rounds));
}

/* ---- an echo ---- */

/* The bulk pipes of the device: which ones the kernel takes depends on the controller. */
static void pipes_find(libusb_device_handle *device, unsigned char *out, unsigned char *in)
{
	struct libusb_config_descriptor *configuration;
	const struct libusb_interface_descriptor *face;

	if (libusb_get_active_config_descriptor(libusb_get_device(device), &configuration) != 0)
		die("the device that echoes is not configured");
	face = configuration->interface[0].altsetting;
	for (int i = 0; i < face->bNumEndpoints; i++) {
		unsigned char address = face->endpoint[i].bEndpointAddress;

		*(address & LIBUSB_ENDPOINT_IN ? in : out) = address;
	}
	libusb_free_config_descriptor(configuration);
}

static void echo(int len, unsigned rounds)
{
	unsigned char out[512] = {1, 2, 3}, back[512], pipe_out = 0, pipe_in = 0;
	libusb_device_handle *device;
	double begin;
	int done;

	if (len < 1 || len >= (int)sizeof(out) || libusb_init(NULL) != 0)
		die("echo takes 1 to 511 bytes");
	device = libusb_open_device_with_vid_pid(NULL, ECHO_VENDOR, ECHO_PRODUCT);
	if (device == NULL || libusb_claim_interface(device, 0) != 0)
		die("there is no device that echoes");
	pipes_find(device, &pipe_out, &pipe_in);
	begin = now_us();
	for (unsigned i = 0; i < rounds; i++) {
		out[0] = (unsigned char)i;
		if (libusb_bulk_transfer(device, pipe_out, out, len, &done, TIMEOUT_MS) != 0 ||
		    libusb_bulk_transfer(device, pipe_in, back, sizeof(back), &done, TIMEOUT_MS) != 0 ||
		    done != len || memcmp(out, back, (size_t)len) != 0)
			die("the device does not echo");
	}
	printf("%.0f\n", (now_us() - begin) / rounds);
	libusb_close(device);
	libusb_exit(NULL);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[argc - 1], NULL, 10) : 0;

	if (rounds == 0)
		return 2;
	if (strcmp(argv[1], "pcsc") == 0) {
		pcsc_open();
		measure(rounds);
	} else if (argc == 4 && strcmp(argv[1], "socket") == 0) {
		socket_open(argv[2]);
		measure(rounds);
	} else if (argc == 4 && strcmp(argv[1], "echo") == 0) {
		echo((int)strtol(argv[2], NULL, 10), rounds);
	} else {
		return 2;
	}
	return 0;
}
