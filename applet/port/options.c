/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads the command line of countersign-card.
 */
#include "applet/port/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/piv.h"
#include "base/ykoath.h"
#include "config.h"

static const struct {
	const char *name;
	enum csgn_profile profile;
} profiles[] = {
    {"piv", CSGN_PROFILE_PIV},
    {"countersign", CSGN_PROFILE_COUNTERSIGN},
};

static const struct {
	const char *name;
	uint8_t algorithm;
} managements[] = {
    {"3des", PIV_ALG_3DES},
    {"aes128", PIV_ALG_AES128},
    {"aes192", PIV_ALG_AES192},
    {"aes256", PIV_ALG_AES256},
};

static const struct {
	const char *name;
	enum plain which;
} plains[] = {
    {"piv", PLAIN_PIV},
    {"oath", PLAIN_OATH},
};

static const struct option long_options[] = {
    {"image", required_argument, NULL, 'i'},
    {"init", required_argument, NULL, 'n'},
    {"counter", required_argument, NULL, 'c'},
    {"vpcd", required_argument, NULL, 'v'},
    {"socket", required_argument, NULL, 's'},
    {"touch", required_argument, NULL, 't'},
    {"management", required_argument, NULL, 'm'},
    {"notify", required_argument, NULL, 'y'},
    {"plain", optional_argument, NULL, 'g'},
    {"usbip", optional_argument, NULL, 'u'},
    {"gadget", required_argument, NULL, 'a'},
    {"virtual-usb", no_argument, NULL, 'p'},
    {"usb-id", required_argument, NULL, 'd'},
    {"usb-speed", required_argument, NULL, 'e'},
    {"keyboard", required_argument, NULL, 'k'},
    {"no-enter", no_argument, NULL, 'r'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char usage_text[] =
    "usage: countersign-card --image FILE [--counter FILE] [--init PROFILE [--management CIPHER]]\n"
    "                        [--vpcd HOST:PORT] [--socket PATH] [--usbip [ADDR:PORT] | --virtual-usb | "
    "--gadget UDC]\n"
    "                        [--usb-id VID:PID] [--usb-speed SPEED] [--keyboard NAME [--no-enter]]\n"
    "                        [--touch HOW] [--notify PROGRAM]\n"
    "  --image FILE      the card's memory; made if it is not there\n"
    "  --counter FILE    a counter, to be kept elsewhere, that shows an older image put back; made if it is\n"
    "                    not there\n"
    "  --init PROFILE    make the image anew as piv or countersign; what is in it is lost\n"
    "  --management CIPHER\n"
    "                    what its management key starts as: 3des (piv's), aes128, aes192 (countersign's),\n"
    "                    aes256\n"
    "  --vpcd HOST:PORT  be the card in pcscd's virtual reader (usually 127.0.0.1:35963)\n"
    "  --socket PATH     listen on this Unix socket\n"
    "  --usbip [ADDR:PORT]\n"
    "                    be a USB token that USB/IP attaches from there (127.0.0.1:3240 where it is not "
    "said)\n"
    "  --virtual-usb     be a USB token plugged into this computer (wants root and the module vhci_hcd)\n"
    "  --gadget UDC      be a USB token on this computer's own device port, which countersign-gadget has set "
    "up\n"
    "  --usb-id VID:PID  its vendor and product, in hexadecimal; 1209:0001 is for tests only\n"
    "  --usb-speed SPEED high (default) or full\n"
    "  --keyboard NAME   be a keyboard, too, that types the next code of this OATH credential, and Enter, "
    "when\n"
    "                    the button of --touch is touched and no command waits for it\n"
    "  --no-enter        type no Enter behind the code\n"
    "  --touch HOW       touches: auto (default), never, ask (countersign card touch), or that and a "
    "button:\n"
    "                    a named pipe's path, fd:N (a descriptor), gpio:CHIP/LINE (to ground)\n"
    "  --notify PROGRAM  start this, notify-send for example, when a touch is wanted\n"
    "  --plain[=piv|oath]\n"
    "                    do as if it were any vendor's PIV and OATH card, or have one of them alone: without "
    "the\n"
    "                    Countersign application\n"
    "  --help, --version\n";

void complain(const char *what, const char *which, const char *why)
{
	fprintf(stderr, "countersign-card: %s%s%s: %s\n", what, which[0] ? " " : "", which, why);
}

static bool profile_parse(const char *name, struct options *o)
{
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
		if (strcmp(name, profiles[i].name) == 0) {
			o->init = true;
			o->profile = profiles[i].profile;
			return true;
		}
	}
	complain("there is no profile", name, "it is piv or countersign");
	return false;
}

static bool management_parse(const char *name, struct options *o)
{
	for (size_t i = 0; i < sizeof managements / sizeof managements[0]; i++) {
		if (strcmp(name, managements[i].name) == 0) {
			o->management = managements[i].algorithm;
			return true;
		}
	}
	complain("--management", name, "it is 3des, aes128, aes192 or aes256");
	return false;
}

/* Without a name: both. */
static bool plain_parse(const char *name, struct options *o)
{
	o->plain = PLAIN_PIV_AND_OATH;
	if (name == NULL)
		return true;
	for (size_t i = 0; i < sizeof plains / sizeof plains[0]; i++) {
		if (strcmp(name, plains[i].name) == 0) {
			o->plain = plains[i].which;
			return true;
		}
	}
	complain("--plain", name, "it is piv or oath; without either, both");
	return false;
}

static bool usb_id_parse(const char *text, struct options *o)
{
	o->usb_said = true;
	if (usb_identity_parse(text, &o->usb.id))
		return true;
	complain("--usb-id", text, "it is VID:PID, four hexadecimal digits each, as lsusb prints them");
	return false;
}

static bool usb_speed_parse(const char *text, struct options *o)
{
	if (strcmp(text, "high") != 0 && strcmp(text, "full") != 0) {
		complain("--usb-speed", text, "it is high or full");
		return false;
	}
	o->usb_said = true;
	o->usb.speed = text[0] == 'h' ? USB_HIGH : USB_FULL;
	return true;
}

bool options_serve(const struct options *o)
{
	return o->vpcd || o->socket || o->usb.usbip || o->usb.plug_in || o->usb.gadget;
}

/* A keyboard wants a port to be plugged in at, and a button. */
static bool keyboard_judge(const struct options *o)
{
	size_t len = strlen(o->keyboard.credential);

	if (len == 0 || len > YKOATH_NAME_MAX)
		complain("--keyboard", o->keyboard.credential, "a credential's name has 1 to 64 characters");
	else if (!o->usb.usbip && !o->usb.plug_in && !o->usb.gadget)
		complain("--keyboard", o->keyboard.credential,
			 "it goes with --virtual-usb, --usbip or --gadget");
	else if (strcmp(o->touch, "auto") == 0 || strcmp(o->touch, "never") == 0 ||
		 strcmp(o->touch, "ask") == 0)
		complain("--keyboard", o->keyboard.credential,
			 "its button is --touch PIPE, fd:N or gpio:CHIP/LINE");
	else
		return true;
	return false;
}

/* What the options say together. */
static int options_judge(const struct options *o, bool more)
{
	if (o->management && !o->init) {
		complain("--management", "",
			 "it goes with --init: the key of a card that is there is changed by its holder");
		return EXIT_USAGE;
	}
	if ((o->usb.usbip != NULL) + (o->usb.gadget != NULL) + o->usb.plug_in > 1) {
		complain("--usbip, --virtual-usb, --gadget", "",
			 "only one of them: a token is plugged in at one place");
		return EXIT_USAGE;
	}
	if (o->usb.gadget && o->usb_said) {
		complain("--gadget", o->usb.gadget, "its --usb-id and --usb-speed are countersign-gadget's");
		return EXIT_USAGE;
	}
	if (o->keyboard.credential && !keyboard_judge(o))
		return EXIT_USAGE;
	if (!more && o->image && (o->init || options_serve(o)))
		return EXIT_SUCCESS;
	fputs("countersign-card: needs --image, and --vpcd, --socket, --usbip, --virtual-usb, --gadget or "
	      "--init\n",
	      stderr);
	fputs(usage_text, stderr);
	return EXIT_USAGE;
}

/* That of --usbip, which may be behind it with or without a '='; "": it is not said. */
static const char *address_said(int argc, char **argv)
{
	if (optarg)
		return optarg;
	return optind < argc && argv[optind][0] != '-' ? argv[optind++] : "";
}

/* One option. EXIT_SUCCESS: on to the next. */
static int option_take(int c, int argc, char **argv, struct options *o)
{
	const struct {
		char option;
		const char **text;
	} texts[] = {{'i', &o->image}, {'c', &o->counter}, {'v', &o->vpcd},	 {'s', &o->socket},
		     {'t', &o->touch}, {'y', &o->notify},  {'a', &o->usb.gadget}};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i].option == c) {
			*texts[i].text = optarg;
			return EXIT_SUCCESS;
		}
	}
	switch (c) {
	case 'u':
		o->usb.usbip = address_said(argc, argv);
		return EXIT_SUCCESS;
	case 'n':
		return profile_parse(optarg, o) ? EXIT_SUCCESS : EXIT_USAGE;
	case 'm':
		return management_parse(optarg, o) ? EXIT_SUCCESS : EXIT_USAGE;
	case 'd':
		return usb_id_parse(optarg, o) ? EXIT_SUCCESS : EXIT_USAGE;
	case 'e':
		return usb_speed_parse(optarg, o) ? EXIT_SUCCESS : EXIT_USAGE;
	case 'k':
		o->keyboard.credential = optarg;
		o->usb.id.keyboard = true;
		return EXIT_SUCCESS;
	case 'r':
		o->keyboard.enter = false;
		return EXIT_SUCCESS;
	case 'g':
		return plain_parse(optarg, o) ? EXIT_SUCCESS : EXIT_USAGE;
	case 'p':
		o->usb.plug_in = true;
		return EXIT_SUCCESS;
	case 'h':
		fputs(usage_text, stdout);
		return -1;
	case 'V':
		puts("countersign-card " PACKAGE_VERSION);
		return -1;
	default:
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
}

int options_parse(int argc, char **argv, struct options *o)
{
	int c, status = EXIT_SUCCESS;
	*o = (struct options){.touch = "auto", .profile = CSGN_PROFILE_COUNTERSIGN};
	o->keyboard.enter = true;
	o->usb = (struct usb_settings){.id = {.vendor = USB_TEST_VENDOR, .product = USB_TEST_PRODUCT},
				       .speed = USB_HIGH};
	while (!status && (c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		status = option_take(c, argc, argv, o);
	return status ? status : options_judge(o, optind < argc);
}
